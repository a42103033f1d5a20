// What must hold of the files a command will write, checked before any work is spent on them.
#pragma once

#include <string>
#include <vector>

namespace gradus::cli {

/// Throws Error(usage) when `output` is also one of `inputs`, Error(cannot_create) when it could not be written.
/// Creates and changes nothing.
void check_output(const std::string& flag, const std::string& output, const std::vector<std::string>& inputs);

}  // namespace gradus::cli
