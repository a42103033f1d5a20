#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace gradus {
namespace {

using Words = std::array<uint32_t, 4>;

/// Philox of a counter, lowest word first, and a key: the seed's upper byte is in the one, the purpose in the other.
Words philox(const Words& counter, uint64_t key) {
  constexpr uint64_t kUpperByte = uint64_t{0xff} << 56;
  const uint64_t low = static_cast<uint64_t>(counter[1]) << 32 | counter[0];
  const uint64_t seed = (low & kUpperByte) | (key & ~kUpperByte);
  return RandomStream(seed, static_cast<Purpose>(key >> 56), counter[2], counter[3]).words(low & ~kUpperByte);
}

// Random123's kat_vectors for "philox4x32 10": counter of four words, key of two, result.
TEST(Random, PublishedVectorsOfPhilox) {
  EXPECT_EQ(philox({0, 0, 0, 0}, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffff),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, EveryPartOfTheNameMakesAnotherStream) {
  std::set<Words> drawn;
  int streams = 0;
  // The later seeds are purposes moved to every byte: folded into the seed, a purpose would meet some of them.
  for (const uint64_t seed : {0ull, 1ull, 1ull << 32, 1ull << 63, 1ull << 56, 2ull << 56, 3ull << 56, 4ull << 56,
                              5ull << 56, 6ull << 56, 7ull << 56, 1ull << 48, 4ull << 48, 1ull << 24}) {
    for (const Purpose purpose : {Purpose::initialize, Purpose::shuffle, Purpose::split, Purpose::dropout}) {
      for (const uint32_t a : {0u, 1u}) {
        for (const uint32_t b : {0u, 1u}) {
          for (const uint64_t index : {0ull, 1ull, 1ull << 40, 1ull << 55}) {
            drawn.insert(RandomStream(seed, purpose, a, b).words(index));
            ++streams;
          }
        }
      }
    }
  }
  EXPECT_EQ(drawn.size(), static_cast<std::size_t>(streams));
}

TEST(Random, UniformFillsTheUnitIntervalEvenly) {
  const RandomStream stream(7, Purpose::dropout);
  constexpr int kDraws = 100000;
  double sum = 0.0;
  std::array<int, 10> tenths{};
  for (uint64_t i = 0; i < kDraws; ++i) {
    const double value = stream.uniform(i);
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
    ++tenths[static_cast<std::size_t>(value * 10.0)];
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  for (const int count : tenths) EXPECT_NEAR(count, kDraws / 10, 500);  // 5 standard deviations
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  const RandomStream stream(7, Purpose::split);
  EXPECT_EQ(stream.below(0, 1), 0u);
  std::vector<int> counts(7);
  for (uint64_t i = 0; i < 70000; ++i) {
    const uint64_t value = stream.below(i, 7);
    ASSERT_LT(value, 7u);
    ++counts[value];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  bool upper_half = false;
  for (uint64_t i = 0; i < 64; ++i) upper_half = upper_half || stream.below(i, UINT64_MAX) > UINT64_MAX / 2;
  EXPECT_TRUE(upper_half);
}

}  // namespace
}  // namespace gradus
