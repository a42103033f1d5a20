#include "train/side_by_side.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace gradus {
namespace {

TEST(SideBySide, EveryJobOnceForAnyThreads) {
  for (const int threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> calls(20);
    side_by_side(20, threads, [&](int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  side_by_side(0, 4, [](int64_t) { FAIL(); });
}

TEST(SideBySide, TheErrorIsThatOfTheLowestJob) {
  for (const int threads : {1, 2, 5}) {
    std::atomic<int> started{0};
    try {
      side_by_side(100, threads, [&](int64_t i) {
        ++started;
        if (i % 2 == 1) throw std::runtime_error(std::to_string(i));
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "1");
    }
    EXPECT_LT(started, 100);
  }
}

TEST(SideBySide, StartsNothingOnceToldToStop) {
  std::atomic<int> done{0};
  side_by_side(
      100, 3, [&](int64_t) { ++done; }, [&] { return done >= 10; });
  EXPECT_GE(done, 10);
  EXPECT_LE(done, 13);
}

}  // namespace
}  // namespace gradus
