#include "train/member_splits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace gradus {
namespace {

const Split kSplit = {{0, 2, 3, 4, 6, 7, 8, 9}, {1, 5}, {10, 11}};

TEST(MemberSplits, EveryRowChecksOneMemberAndTrainsTheOthers) {
  const std::vector<Split> splits = member_splits({kSplit, {}, {}}, 5, 1);
  ASSERT_EQ(splits.size(), 5u);
  std::multiset<uint32_t> checked;
  for (const Split& split : splits) {
    EXPECT_EQ(split.training.size() + split.validation.size(), 10u);
    EXPECT_TRUE(std::ranges::is_sorted(split.training));
    for (const uint32_t row : split.validation) {
      EXPECT_FALSE(std::ranges::binary_search(split.training, row));
      checked.insert(row);
    }
  }
  EXPECT_EQ(checked, (std::multiset<uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(MemberSplits, MoreMembersThanRowsShareFolds) {
  const Split two = {{0}, {1}};
  const std::vector<Split> splits = member_splits({two, {}, {}}, 5, 1);
  ASSERT_EQ(splits.size(), 5u);
  for (const Split& split : splits) EXPECT_EQ(split.training.size(), 1u);
}

TEST(MemberSplits, GroupsStayWhole) {
  const RowOrder order = {{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, {}};
  for (const Split& split : member_splits({kSplit, {}, order}, 3, 1))
    for (const uint32_t row : split.validation)
      for (const uint32_t other : split.training) EXPECT_NE(row / 2, other / 2);
}

TEST(MemberSplits, InTimeAndWithoutValidationRowsAllHaveOneSplit) {
  const RowOrder times = {{}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
  for (const Split& split : member_splits({kSplit, {}, times}, 3, 1)) EXPECT_EQ(split.validation, kSplit.validation);
  const Split none = {{0, 1, 2}, {}};
  for (const Split& split : member_splits({none, {}, {}}, 3, 1)) EXPECT_EQ(split.training, none.training);
}

TEST(MemberSplits, TogetherTheyTrainOnAllThatSomeTrainsOn) {
  const Split dealt = of_all_members(member_splits({kSplit, {}, {}}, 5, 1));
  EXPECT_EQ(dealt.training, (std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(dealt.validation.empty());
  // Two groups are fewer than three members: all are checked on the same rows, which train none.
  const RowOrder two = {{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, {}};
  const Split alike = of_all_members(member_splits({kSplit, {}, two}, 3, 1));
  EXPECT_EQ(alike.training, kSplit.training);
  EXPECT_EQ(alike.validation, kSplit.validation);
}

TEST(MemberSplits, SeedsOfMembersDiffer) {
  EXPECT_NE(member_seed(1, 0), member_seed(1, 1));
  EXPECT_NE(member_seed(1, 0), member_seed(2, 0));
}

}  // namespace
}  // namespace gradus
