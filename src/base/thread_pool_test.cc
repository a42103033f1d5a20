#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

namespace gradus {
namespace {

TEST(ThreadPool, HasTheThreadsItWasAskedFor) {
  for (const int threads : {1, 2, 3, 8}) EXPECT_EQ(ThreadPool(threads).threads(), threads);
}

TEST(ThreadPool, CallsEveryPartOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (const int64_t parts : {0, 1, 2, 7, 8, 9, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(parts));
      pool.run(parts, [&](int64_t part) { ++calls[static_cast<std::size_t>(part)]; });
      for (const auto& count : calls) ASSERT_EQ(count, 1) << threads << " threads, " << parts << " parts";
    }
  }
}

// Plain memory on purpose: what one run wrote must be seen by the caller and by the next run, whichever thread it was.
TEST(ThreadPool, ARunSeesWhatTheRunBeforeWrote) {
  for (const int threads : {2, 3, 8}) {
    ThreadPool pool(threads);
    std::vector<int64_t> values(16, 0);
    constexpr int kRuns = 1000;
    for (int run = 0; run < kRuns; ++run) {
      pool.run(16, [&](int64_t part) {
        const auto i = static_cast<std::size_t>(part);
        values[run % 2 == 0 ? i : 15 - i] += 1;
      });
    }
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), int64_t{0}), int64_t{16} * kRuns) << threads;
  }
}

TEST(ThreadPool, WakesWorkersThatSleep) {
  ThreadPool pool(3);
  for (int run = 0; run < 5; ++run) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // far beyond the spinning
    std::atomic<int> calls{0};
    pool.run(50, [&](int64_t) { ++calls; });
    EXPECT_EQ(calls, 50);
  }
}

TEST(ThreadPool, WaitsForSlowParts) {
  ThreadPool pool(2);
  std::atomic<int> finished{0};
  pool.run(4, [&](int64_t part) {
    if (part % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ++finished;
  });
  EXPECT_EQ(finished, 4);
}

TEST(ThreadPool, PoolsComeAndGoAtAnyMoment) {
  for (int i = 0; i < 200; ++i) {
    ThreadPool outer(1 + i % 4);
    std::atomic<int> calls{0};
    {
      ThreadPool inner(3);
      if (i % 2 == 0) inner.run(5, [&](int64_t) { ++calls; });
    }
    outer.run(5, [&](int64_t) { ++calls; });
    ASSERT_EQ(calls, i % 2 == 0 ? 10 : 5);
  }
}

TEST(ThreadPool, APartMayUseAPoolOfItsOwn) {
  ThreadPool outer(2);
  std::atomic<int> calls{0};
  outer.run(4, [&](int64_t) {
    ThreadPool inner(2);
    inner.run(10, [&](int64_t) { ++calls; });
  });
  EXPECT_EQ(calls, 40);
}

TEST(ThreadPool, MovesWithItsThreads) {
  ThreadPool first(3);
  ThreadPool second(std::move(first));
  std::atomic<int> calls{0};
  second.run(9, [&](int64_t) { ++calls; });
  first = ThreadPool(2);
  first.run(9, [&](int64_t) { ++calls; });
  second = std::move(first);
  second.run(9, [&](int64_t) { ++calls; });
  EXPECT_EQ(calls, 27);
  EXPECT_EQ(second.threads(), 2);
}

}  // namespace
}  // namespace gradus
