// Where the tests find the data they read.
#pragma once

#include <string>

namespace gradus {

/// The path of a file of the source tree, given from its root: "data/iris.csv". A function rather than a macro, so that
/// only one object file depends on where the tree lies.
std::string source_path(const std::string& from_root);

}  // namespace gradus
