#include "base/float_mode.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cfenv>
#include <chrono>
#include <limits>
#include <thread>

#include "base/thread_pool.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace gradus {
namespace {

// volatile: the sums must happen at run time, in the mode of that moment.
bool rounds_to_nearest() {
  volatile float one = 1.0f;
  volatile float quarter_ulp = std::numeric_limits<float>::epsilon() / 4.0f;
  volatile float up = one + quarter_ulp;
  volatile float down = one - quarter_ulp / 2.0f;
  return up == 1.0f && down == 1.0f;
}

bool keeps_denormals() {
  volatile float smallest = std::numeric_limits<float>::min();
  volatile float half = smallest * 0.5f;
  volatile float twice = half * 2.0f;
  return half > 0.0f && twice == smallest;
}

TEST(FloatMode, SetsNearestRoundingAndRestores) {
  ASSERT_EQ(std::fesetround(FE_UPWARD), 0);
  EXPECT_FALSE(rounds_to_nearest());
  {
    const FloatMode mode;
    EXPECT_TRUE(rounds_to_nearest());
  }
  EXPECT_FALSE(rounds_to_nearest()) << "the host's own mode is back";
  ASSERT_EQ(std::fesetround(FE_TONEAREST), 0);
}

#if defined(__x86_64__)
constexpr unsigned kFlushToZeroAndDenormalsAreZero = 0x8040;

TEST(FloatMode, KeepsDenormalsThatAHostFlushes) {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | kFlushToZeroAndDenormalsAreZero);  // what -ffast-math does at start
  EXPECT_FALSE(keeps_denormals());
  {
    const FloatMode mode;
    EXPECT_TRUE(keeps_denormals());
  }
  EXPECT_FALSE(keeps_denormals());
  _mm_setcsr(before);
}

TEST(FloatMode, PoolThreadsHaveItWhateverTheirMakerHad) {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | kFlushToZeroAndDenormalsAreZero);
  ThreadPool pool(3);
  _mm_setcsr(before);
  const auto caller = std::this_thread::get_id();
  bool denormals[64] = {};
  std::atomic<int> by_workers{0};
  pool.run(64, [&](int64_t part) {
    denormals[part] = keeps_denormals();
    if (std::this_thread::get_id() != caller) ++by_workers;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // leaves parts for the workers
  });
  EXPECT_GT(by_workers, 0);
  for (const bool kept : denormals) EXPECT_TRUE(kept);
}
#endif

}  // namespace
}  // namespace gradus
