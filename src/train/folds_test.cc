#include "train/folds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace gradus {
namespace {

/// Every position validates in one split, trains in all others, and both lists ascend.
void expect_partition(const std::vector<Split>& splits, std::size_t rows) {
  std::vector<int> validated(rows);
  for (const Split& split : splits) {
    EXPECT_EQ(split.training.size() + split.validation.size(), rows);
    EXPECT_TRUE(std::is_sorted(split.training.begin(), split.training.end()));
    EXPECT_TRUE(std::is_sorted(split.validation.begin(), split.validation.end()));
    for (const uint32_t row : split.validation) {
      ++validated[row];
      EXPECT_FALSE(std::binary_search(split.training.begin(), split.training.end(), row));
    }
  }
  for (const int times : validated) EXPECT_EQ(times, 1);
}

TEST(DealFolds, EveryRowIsHeldOutOnceAndSizesDifferByOne) {
  for (const int64_t rows : {7, 20, 101}) {
    const std::vector<Split> splits = deal_folds(rows, {}, 4, 3);
    expect_partition(splits, static_cast<std::size_t>(rows));
    for (const Split& split : splits) {
      EXPECT_GE(std::ssize(split.validation), rows / 4);
      EXPECT_LE(std::ssize(split.validation), rows / 4 + 1);
    }
  }
}

TEST(DealFolds, AreAFunctionOfTheSeedAndMixTheRows) {
  const auto held_out = [](uint64_t seed) { return deal_folds(40, {}, 4, seed)[0].validation; };
  EXPECT_EQ(held_out(1), held_out(1));
  EXPECT_NE(held_out(1), held_out(2));
  std::vector<uint32_t> first(10);
  std::iota(first.begin(), first.end(), 0u);
  EXPECT_NE(held_out(1), first);
}

TEST(DealFolds, SharesOfEveryClassDifferByAtMostOne) {
  std::vector<int32_t> classes;
  for (int i = 0; i < 103; ++i) classes.push_back(i % 10 == 0 ? 2 : i % 3 == 0 ? 1 : 0);
  const std::vector<Split> splits = deal_folds(103, classes, 5, 9);
  expect_partition(splits, 103);
  for (int32_t c = 0; c < 3; ++c) {
    const auto all = std::count(classes.begin(), classes.end(), c);
    for (const Split& split : splits) {
      const auto here = std::count_if(split.validation.begin(), split.validation.end(),
                                      [&](uint32_t row) { return classes[row] == c; });
      EXPECT_GE(here, all / 5);
      EXPECT_LE(here, all / 5 + 1);
    }
  }
}

TEST(DealGroups, NoGroupOnBothSidesAndLoadsAreEven) {
  std::vector<int32_t> groups;
  for (int32_t g = 0; g < 12; ++g) groups.insert(groups.end(), static_cast<std::size_t>(1 + g), g);  // 78 rows
  const std::vector<Split> splits = deal_groups(groups, {}, 3, 1);
  expect_partition(splits, groups.size());
  for (const Split& split : splits) {
    std::set<int32_t> held_out;
    for (const uint32_t row : split.validation) held_out.insert(groups[row]);
    for (const uint32_t row : split.training) EXPECT_EQ(held_out.count(groups[row]), 0u);
    EXPECT_EQ(split.validation.size(), 26u);  // 12+7+6+1, 11+8+5+2 and 10+9+4+3
  }
}

TEST(DealGroups, ClassesAreSharedOutAmongTheFolds) {
  // Eight groups of ten rows; in half of them every row is of class 1. By size alone they are all alike.
  std::vector<int32_t> groups, classes;
  for (int32_t g = 0; g < 8; ++g) {
    groups.insert(groups.end(), 10, g);
    classes.insert(classes.end(), 10, g % 2);
  }
  for (const uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    for (const Split& split : deal_groups(groups, classes, 4, seed)) {
      EXPECT_EQ(split.validation.size(), 20u);
      EXPECT_EQ(std::count_if(split.validation.begin(), split.validation.end(),
                              [&](uint32_t row) { return classes[row] == 1; }),
                10);
    }
  }
}

TEST(DealGroups, NoneWithFewerGroupsThanFolds) {
  const std::vector<int32_t> groups = {0, 0, 1, 1};
  EXPECT_TRUE(deal_groups(groups, {}, 3, 1).empty());
  EXPECT_EQ(deal_groups(groups, {}, 2, 1).size(), 2u);
}

TEST(ExpandingWindows, TrainOnThePastOnly) {
  // 11 rows, the latest first; three folds of 11 / 4 = 2 rows, the first training rows are the other five.
  std::vector<int32_t> times(11);
  for (int i = 0; i < 11; ++i) times[static_cast<std::size_t>(i)] = 10 - i;
  const std::vector<Split> splits = expanding_windows(times, 3);
  ASSERT_EQ(splits.size(), 3u);
  EXPECT_EQ(splits[0].training, (std::vector<uint32_t>{6, 7, 8, 9, 10}));
  EXPECT_EQ(splits[0].validation, (std::vector<uint32_t>{4, 5}));
  EXPECT_EQ(splits[1].training, (std::vector<uint32_t>{4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(splits[1].validation, (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(splits[2].validation, (std::vector<uint32_t>{0, 1}));
}

TEST(ExpandingWindows, RowsOfOneTimeStayTogether) {
  const std::vector<int32_t> times = {0, 0, 0, 1, 1, 1, 2, 2, 2};  // cuts at 3 and 6 of 9, then at ties
  const std::vector<Split> even = expanding_windows(times, 2);
  ASSERT_EQ(even.size(), 2u);
  EXPECT_EQ(even[0].training, (std::vector<uint32_t>{0, 1, 2}));
  const std::vector<int32_t> uneven = {0, 0, 0, 0, 1, 1, 1, 2, 2};
  const std::vector<Split> moved = expanding_windows(uneven, 2);
  ASSERT_EQ(moved.size(), 2u);
  EXPECT_EQ(moved[0].training, (std::vector<uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(moved[0].validation, (std::vector<uint32_t>{4, 5, 6}));
  EXPECT_EQ(moved[1].validation, (std::vector<uint32_t>{7, 8}));
  EXPECT_TRUE(expanding_windows(std::vector<int32_t>(9, 0), 2).empty());
}

}  // namespace
}  // namespace gradus
