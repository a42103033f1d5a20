#include "gradus/info.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "gradus/error.h"

namespace gradus {
namespace {

TEST(Info, VersionHasThreeNumbers) {
  const std::string text = version();
  EXPECT_EQ(std::count(text.begin(), text.end(), '.'), 2) << text;
}

TEST(Info, EveryLibrarySaysItsVersion) {
  std::set<std::string> libraries_named;
  for (const auto& [library, number] : libraries()) {
    EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(number[0]))) << library << " " << number;
    libraries_named.insert(library);
  }
  for (const char* library : {"fmt", "zlib", "zstd", "nettle", "highway", "fast_float", "random123", "nlohmann_json"}) {
    EXPECT_TRUE(libraries_named.contains(library)) << library;
  }
}

TEST(Info, SimdCanBeForcedToWhatTheMachineHas) {
  force_simd("portable");
  EXPECT_EQ(simd_target(), "portable");
  EXPECT_THROW(force_simd("sse2"), Error);
  EXPECT_EQ(simd_target(), "portable") << "a refusal changes nothing";
  force_simd("auto");
}

TEST(Info, ThreadsAndBuildAreSaid) {
  EXPECT_GE(hardware_threads(), 1);
  EXPECT_NE(build().find(", "), std::string::npos);
}

}  // namespace
}  // namespace gradus
