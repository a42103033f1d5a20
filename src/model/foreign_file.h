// Files that people take for a Gradus model.
#pragma once

#include <string>
#include <string_view>

namespace gradus {

/// What a file that is no Gradus model seems to be by its first bytes (32 or more, if it has them): "a Python pickle",
/// "an HDF5 file", ...
std::string describe_foreign(std::string_view first_bytes);

}  // namespace gradus
