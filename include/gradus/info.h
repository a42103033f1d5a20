// Version, build and machine.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gradus {

std::string version();
/// The vector instruction set in use: "AVX512", "AVX2", "NEON", "portable".
std::string simd_target();
/// "auto", "avx512", "avx2", "neon" or "portable"; for the whole process, before any other call.
/// Throws Error(usage) when the machine doesn't have it.
void force_simd(const std::string& target);
/// Processors this process may run on.
int hardware_threads();
/// Name and version of every library linked.
std::vector<std::pair<std::string, std::string>> libraries();
/// Compiler and build type.
std::string build();

}  // namespace gradus
