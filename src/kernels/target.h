// Which vector instruction set runs.
#pragma once

#include <string>
#include <vector>

namespace gradus::kernels {

/// "avx512", "avx2", "neon" or "portable".
std::string target_name();
/// The targets this machine can run, best first; "portable" is always among them.
std::vector<std::string> available_targets();
/// "auto" or one of available_targets(). Returns false when the machine doesn't have it.
bool set_target(const std::string& name);

}  // namespace gradus::kernels
