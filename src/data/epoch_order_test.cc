#include "data/epoch_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace gradus {
namespace {

constexpr int64_t kBlock = EpochOrder::kBlockRows;
constexpr int64_t kWindow = EpochOrder::kWindowRows;

std::vector<std::vector<uint32_t>> windows_of(EpochOrder& order, int64_t places, uint32_t epoch, bool shuffled = true) {
  std::vector<std::vector<uint32_t>> windows;
  order.start(places, epoch, shuffled);
  for (auto window = order.next_window(); !window.empty(); window = order.next_window())
    windows.emplace_back(window.begin(), window.end());
  return windows;
}

std::vector<uint32_t> all_of(const std::vector<std::vector<uint32_t>>& windows) {
  std::vector<uint32_t> all;
  for (const auto& window : windows) all.insert(all.end(), window.begin(), window.end());
  return all;
}

std::vector<uint32_t> in_order(int64_t places) {
  std::vector<uint32_t> all(static_cast<std::size_t>(places));
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

/// The rule as it is written down, on one list. Draws by the same named streams.
std::vector<uint32_t> naive_order(int64_t places, uint64_t seed, uint32_t epoch) {
  const auto shuffle = [&](std::vector<uint32_t>& values, uint32_t stream) {
    const RandomStream draws(seed, Purpose::shuffle, epoch, stream);
    for (std::size_t i = values.size(); i-- > 1;) std::swap(values[i], values[draws.below(i, i + 1)]);
  };
  std::vector<uint32_t> order = in_order(places);
  if (places <= kWindow) {
    shuffle(order, 0);
    return order;
  }
  const int64_t windows = (places + kWindow - 1) / kWindow;
  const int64_t block_count = (places + kBlock - 1) / kBlock;
  std::vector<uint32_t> blocks = in_order(block_count);
  shuffle(blocks, 0);
  order.clear();
  for (int64_t w = 0; w < windows; ++w) {
    std::vector<uint32_t> window;
    for (int64_t b = w * block_count / windows; b < (w + 1) * block_count / windows; ++b)
      for (int64_t i = 0; i < kBlock; ++i) {
        const int64_t place = blocks[static_cast<std::size_t>(b)] * kBlock + i;
        if (place < places) window.push_back(static_cast<uint32_t>(place));
      }
    shuffle(window, static_cast<uint32_t>(w) + 1);
    order.insert(order.end(), window.begin(), window.end());
  }
  return order;
}

TEST(EpochOrder, IsItsNaiveTwin) {
  for (const int64_t places : {int64_t{1}, int64_t{2}, int64_t{1000}, kWindow, kWindow + 1, 3 * kWindow + 17}) {
    EpochOrder order(places, 5);
    EXPECT_EQ(all_of(windows_of(order, places, 3)), naive_order(places, 5, 3)) << places;
  }
}

TEST(EpochOrder, EveryPlaceOnceInWindowsOfABoundedSize) {
  for (const int64_t places : {kWindow, kWindow + 1, kWindow + kBlock, 5 * kWindow - 1}) {
    EpochOrder order(places, 1);
    const auto windows = windows_of(order, places, 0);
    EXPECT_EQ(std::ssize(windows), (places + kWindow - 1) / kWindow);
    for (const auto& window : windows) {
      EXPECT_LE(std::ssize(window), kWindow);
      EXPECT_GE(std::ssize(window), places / std::ssize(windows) - kBlock);  // no small one is left over
    }
    std::vector<uint32_t> sorted = all_of(windows);
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, in_order(places));
  }
}

TEST(EpochOrder, IsAFunctionOfSeedAndEpoch) {
  const int64_t places = 2 * kWindow + 5;
  EpochOrder one(places, 7), two(places, 7), other(places, 8);
  const auto third = windows_of(one, places, 3);
  EXPECT_NE(windows_of(one, places, 4), third);
  EXPECT_EQ(windows_of(two, places, 3), third) << "without the epochs before it";
  EXPECT_NE(windows_of(other, places, 3), third);
}

TEST(EpochOrder, NotShuffledPlacesComeAsTheyAre) {
  for (const int64_t places : {int64_t{10}, 2 * kWindow + 3}) {
    EpochOrder order(places, 7);
    EXPECT_EQ(all_of(windows_of(order, places, 0, false)), in_order(places));
  }
}

TEST(EpochOrder, TellsTheBlocksOfThisWindowAndTheNext) {
  for (const int64_t places : {int64_t{100}, 3 * kWindow}) {
    EpochOrder order(places, 7);
    order.start(places, 0, true);
    std::vector<uint32_t> ahead(order.blocks_ahead().begin(), order.blocks_ahead().end());
    for (auto window = order.next_window(); !window.empty(); window = order.next_window()) {
      EXPECT_TRUE(std::ranges::equal(order.blocks(), ahead));
      std::vector<uint32_t> blocks;
      for (const uint32_t place : window) {
        if (place % kBlock == 0) blocks.push_back(static_cast<uint32_t>(place / kBlock));
      }
      std::sort(blocks.begin(), blocks.end());
      std::sort(ahead.begin(), ahead.end());
      EXPECT_EQ(ahead, blocks);
      ahead.assign(order.blocks_ahead().begin(), order.blocks_ahead().end());
    }
    EXPECT_TRUE(ahead.empty());
  }
}

// The worst case: places sorted by class, two classes of equal size. The share of the first class in a window has
// standard deviation 1/2 / sqrt(blocks in it), less for being drawn without replacement; 40 epochs of 4 windows.
TEST(EpochOrder, MixesASortedTable) {
  const int64_t places = 4 * kWindow;
  EpochOrder order(places, 3);
  double squares = 0.0;
  int count = 0;
  for (uint32_t epoch = 0; epoch < 40; ++epoch) {
    for (const auto& window : windows_of(order, places, epoch)) {
      const auto first =
          std::count_if(window.begin(), window.end(), [&](uint32_t place) { return place < places / 2; });
      const double off = static_cast<double>(first) / static_cast<double>(window.size()) - 0.5;
      squares += off * off;
      ++count;
    }
  }
  const double deviation = std::sqrt(squares / count);
  const double expected = 0.5 / std::sqrt(static_cast<double>(kWindow) / kBlock) * std::sqrt(0.75);
  EXPECT_NEAR(deviation, expected, 0.2 * expected);  // 160 windows: some 3 standard errors
}

// Rows that were neighbours are no nearer to one another in a window than any others: their mean distance is a third of
// the window, as that of two places drawn at random.
TEST(EpochOrder, NeighboursAreTornApart) {
  const int64_t places = 2 * kWindow;
  EpochOrder order(places, 3);
  double sum = 0.0;
  int64_t pairs = 0;
  for (const auto& window : windows_of(order, places, 0)) {
    std::vector<int64_t> position(static_cast<std::size_t>(places), -1);
    for (std::size_t i = 0; i < window.size(); ++i) position[window[i]] = static_cast<int64_t>(i);
    for (int64_t place = 0; place + 1 < places; ++place) {
      const int64_t here = position[static_cast<std::size_t>(place)];
      const int64_t next = position[static_cast<std::size_t>(place + 1)];
      if (place % kBlock == kBlock - 1 || here < 0) continue;
      sum += static_cast<double>(std::abs(here - next)) / static_cast<double>(window.size());
      ++pairs;
    }
  }
  EXPECT_NEAR(sum / static_cast<double>(pairs), 1.0 / 3.0, 0.005);
}

}  // namespace
}  // namespace gradus
