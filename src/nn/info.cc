#include "gradus/info.h"

#include <fmt/format.h>
#include <nettle/version.h>
#include <sched.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cctype>
#include <thread>

#include <nlohmann/detail/abi_macros.hpp>

#include "gradus/error.h"

#include "kernels/highway_version.h"
#include "kernels/target.h"

namespace gradus {

std::string version() {
  return GRADUS_VERSION;
}

std::string simd_target() {
  std::string target = kernels::target_name();
  if (target == "portable") return target;
  std::transform(target.begin(), target.end(), target.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  return target;
}

void force_simd(const std::string& target) {
  if (kernels::set_target(target)) return;
  throw Error(ErrorCode::usage, fmt::format("--simd: found \"{}\", expected auto or what this machine has: {}", target,
                                            fmt::join(kernels::available_targets(), ", ")));
}

int hardware_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // Fails on machines with more processors than cpu_set_t holds.
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(CPU_COUNT(&set), 1);
  return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
}

std::vector<std::pair<std::string, std::string>> libraries() {
  return {
      {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"zlib", ::zlibVersion()},
      {"zstd", ::ZSTD_versionString()},
      {"nettle", fmt::format("{}.{}", ::nettle_version_major(), ::nettle_version_minor())},
      {"highway", kernels::highway_version()},
      {"fast_float", GRADUS_FAST_FLOAT_VERSION},
      {"random123", GRADUS_RANDOM123_VERSION},
      {"nlohmann_json",
       fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
  };
}

std::string build() {
#if defined(__clang__)
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "g++ " __VERSION__;
#endif
  return fmt::format("{}, {}", compiler, *GRADUS_BUILD_TYPE ? GRADUS_BUILD_TYPE : "no build type");
}

}  // namespace gradus
