#include "comm/tree_sum.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "comm/test_ranks.h"

namespace gradus {
namespace {

constexpr int64_t kSize = 5;

/// Values whose sum depends on the order: magnitudes from 1 to 2^20.
std::vector<float> gradient_of(int64_t shard) {
  std::vector<float> values;
  for (int64_t i = 0; i < kSize; ++i) {
    const auto mixed = static_cast<uint32_t>((shard * kSize + i + 1) * 2654435761);
    values.push_back((static_cast<float>(mixed >> 9) / 8192.0f) / static_cast<float>(1 << (mixed % 11)));
  }
  return values;
}

using Node = std::optional<std::vector<float>>;

/// The order as it is written down, level by level over whole arrays.
std::vector<float> naive_tree(int64_t shards, int64_t rows) {
  std::vector<Node> level;
  for (int64_t s = 0; s < shards; ++s) {
    const bool empty = s * rows / shards == (s + 1) * rows / shards;
    level.push_back(empty ? Node() : Node(gradient_of(s)));
  }
  while (level.size() > 1) {
    std::vector<Node> above;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      Node sum = level[i];
      if (i + 1 < level.size() && level[i + 1]) {
        if (!sum) {
          sum = level[i + 1];
        } else {
          for (std::size_t k = 0; k < sum->size(); ++k) (*sum)[k] += (*level[i + 1])[k];
        }
      }
      above.push_back(sum);
    }
    level = above;
  }
  return level[0].value();
}

std::vector<float> tree(int64_t shards, int64_t rows, Communicator& group) {
  TreeSum<float> sum(shards, kSize, group);
  std::vector<float> total(kSize, -1.0f);
  const auto leaf = [](int64_t shard, std::span<float> into) { std::ranges::copy(gradient_of(shard), into.begin()); };
  sum.run({shards, rows, group.ranks()}, leaf, total);
  return total;
}

TEST(TreeSum, HasTheOrderOfItsNaiveTwin) {
  for (const int64_t shards : {1, 2, 3, 4, 5, 6, 7, 8, 13, 64, 65, 100})
    for (const int64_t rows : {1, 2, 3, 7, 64, 1000})
      EXPECT_EQ(tree(shards, rows, local_communicator()), naive_tree(shards, rows)) << shards << " " << rows;
}

TEST(TreeSum, TheOrderMatters) {
  std::vector<float> in_a_row(kSize);
  for (int64_t s = 0; s < 8; ++s)
    for (std::size_t k = 0; k < in_a_row.size(); ++k) in_a_row[k] += gradient_of(s)[k];
  EXPECT_NE(tree(8, 8, local_communicator()), in_a_row);
}

TEST(TreeSum, SameBitsOnEveryNumberOfRanks) {
  for (const int64_t shards : {6, 12, 60}) {
    for (const int64_t rows : {1, 5, 7, 59, 300}) {
      const std::vector<float> expected = naive_tree(shards, rows);
      for (const int ranks : {1, 2, 3, 6}) {
        on_ranks(ranks, [&](TestCommunicator& group) {
          EXPECT_EQ(tree(shards, rows, group), expected) << shards << " shards, " << rows << " rows, " << ranks;
          EXPECT_TRUE(group.whole());
        });
      }
    }
  }
}

TEST(TreeSum, AnEmptyShardIsNotAskedFor) {
  TreeSum<float> sum(8, 1, local_communicator());
  std::set<int64_t> asked;
  std::vector<float> total(1);
  sum.run(
      {8, 3, 1}, [&](int64_t shard, std::span<float>) { asked.insert(shard); }, total);
  EXPECT_EQ(asked, (std::set<int64_t>{2, 5, 7}));  // floor(3 (s + 1) / 8) grows there
}

TEST(Shards, CoverEveryRowOnceInOrder) {
  for (const int64_t shards : {1, 2, 3, 5, 8, 64}) {
    for (const int64_t rows : {0, 1, 2, 7, 8, 255}) {
      const Shards cut{shards, rows, 1};
      int64_t next = 0;
      for (int64_t s = 0; s < shards; ++s) {
        EXPECT_EQ(cut.range(s).first, next);
        EXPECT_LE(cut.range(s).count, most_rows_in_shard(rows, shards));
        next += cut.range(s).count;
      }
      EXPECT_EQ(next, rows);
    }
  }
}

TEST(Shards, RanksHaveNeighbouringOnes) {
  const Shards cut{6, 13, 3};
  std::vector<int> owners;
  for (int64_t s = 0; s < 6; ++s) owners.push_back(cut.owner(s));
  EXPECT_EQ(owners, (std::vector<int>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(cut.range_of_rank(1).first, 4);  // floor(2 * 13 / 6)
  EXPECT_EQ(cut.range_of_rank(1).count, 4);  // to floor(4 * 13 / 6) = 8
}

TEST(Communicator, EveryRankHearsWhatRankZeroSays) {
  on_ranks(3, [](TestCommunicator& group) { EXPECT_EQ(agreed(group, group.rank() == 0), true); });
  EXPECT_EQ(agreed(local_communicator(), 7), 7);
}

}  // namespace
}  // namespace gradus
