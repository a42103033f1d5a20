#include "train/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

namespace gradus {
namespace {

void expect_partition(const Split& split, int64_t rows) {
  EXPECT_TRUE(std::is_sorted(split.training.begin(), split.training.end()));
  EXPECT_TRUE(std::is_sorted(split.validation.begin(), split.validation.end()));
  std::vector<uint32_t> all;
  std::merge(split.training.begin(), split.training.end(), split.validation.begin(), split.validation.end(),
             std::back_inserter(all));
  std::vector<uint32_t> expected(static_cast<std::size_t>(rows));
  std::iota(expected.begin(), expected.end(), 0u);
  EXPECT_EQ(all, expected);
}

std::vector<int64_t> counts(const std::vector<uint32_t>& positions, const std::vector<int32_t>& classes) {
  std::vector<int64_t> found(4);
  for (const uint32_t p : positions) ++found[static_cast<std::size_t>(classes[p])];
  return found;
}

TEST(SplitRows, PartsTheRows) {
  for (const int64_t rows : {2, 3, 10, 101, 1797}) {
    for (const double fraction : {0.01, 0.1, 0.3, 0.5, 0.99}) {
      const Split split = split_rows(rows, {}, fraction, 1);
      expect_partition(split, rows);
      const auto wanted = static_cast<int64_t>(fraction * static_cast<double>(rows) + 0.5);
      EXPECT_EQ(static_cast<int64_t>(split.validation.size()), std::clamp<int64_t>(wanted, 1, rows - 1));
    }
  }
}

TEST(SplitRows, NoneWithoutAFractionOrWithoutTwoRows) {
  EXPECT_TRUE(split_rows(100, {}, 0.0, 1).validation.empty());
  EXPECT_EQ(split_rows(1, {}, 0.5, 1).training, std::vector<uint32_t>{0});
  EXPECT_TRUE(split_rows(0, {}, 0.5, 1).training.empty());
}

TEST(SplitRows, IsAFunctionOfTheSeed) {
  EXPECT_EQ(split_rows(100, {}, 0.2, 5).validation, split_rows(100, {}, 0.2, 5).validation);
  EXPECT_NE(split_rows(100, {}, 0.2, 5).validation, split_rows(100, {}, 0.2, 6).validation);
}

TEST(SplitRows, SharesClassesOutInProportion) {
  std::vector<int32_t> classes;
  for (int i = 0; i < 1000; ++i) classes.push_back(i % 10 < 7 ? 0 : (i % 10 < 9 ? 1 : 2));
  const Split split = split_rows(1000, classes, 0.1, 3);
  expect_partition(split, 1000);
  EXPECT_EQ(counts(split.validation, classes), (std::vector<int64_t>{70, 20, 10, 0}));
}

TEST(SplitRows, LargestRemainderThenLowestClass) {
  // Shares of 0.25 x (5, 5, 2) are 1.25, 1.25 and 0.5: one, one, and the third row to class 2.
  const std::vector<int32_t> classes = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2};
  EXPECT_EQ(counts(split_rows(12, classes, 0.25, 1).validation, classes), (std::vector<int64_t>{1, 1, 1, 0}));
  // 0.25 x (5, 5) asks for round(2.5) = 3 rows: the odd one goes to class 0.
  const std::vector<int32_t> two(classes.begin(), classes.begin() + 10);
  EXPECT_EQ(counts(split_rows(10, two, 0.25, 1).validation, two), (std::vector<int64_t>{2, 1, 0, 0}));
}

TEST(SplitRows, EveryClassKeepsATrainingRow) {
  const std::vector<int32_t> classes = {0, 0, 0, 0, 0, 0, 1, 2, 2, 3};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Split split = split_rows(10, classes, 0.9, seed);
    expect_partition(split, 10);
    EXPECT_EQ(counts(split.training, classes), (std::vector<int64_t>{1, 1, 1, 1}));
  }
}

TEST(SplitRows, EveryRowIsDrawnAboutEquallyOften) {
  std::vector<int> drawn(10);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    for (const uint32_t row : split_rows(10, {}, 0.3, seed).validation) ++drawn[row];
  }
  // Binomial(2000, 0.3): deviation 20.5; five of them.
  for (const int count : drawn) EXPECT_NEAR(count, 600, 103);
}

TEST(SplitRows, CalibrationRowsAreNeitherTrainedNorValidatedOn) {
  std::vector<int32_t> classes;
  for (int i = 0; i < 1000; ++i) classes.push_back(i % 10 < 7 ? 0 : 1);
  const Split split = split_rows(1000, classes, 0.1, 0.2, 3);
  EXPECT_EQ(counts(split.calibration, classes), (std::vector<int64_t>{140, 60, 0, 0}));
  EXPECT_EQ(counts(split.validation, classes), (std::vector<int64_t>{56, 24, 0, 0}));  // a tenth of what is left
  std::vector<uint32_t> all = split.training;
  all.insert(all.end(), split.validation.begin(), split.validation.end());
  all.insert(all.end(), split.calibration.begin(), split.calibration.end());
  std::sort(all.begin(), all.end());
  std::vector<uint32_t> expected(1000);
  std::iota(expected.begin(), expected.end(), 0u);
  EXPECT_EQ(all, expected);
  EXPECT_EQ(split_rows(1000, classes, 0.1, 0.0, 3).validation, split_rows(1000, classes, 0.1, 3).validation);
}

TEST(SplitGroups, WholeGroupsOfAboutTheFraction) {
  std::vector<int32_t> groups;
  for (int i = 0; i < 200; ++i) groups.push_back(i * 7 % 40);  // 40 groups of five
  const Split split = split_groups(groups, 0.1, 5);
  EXPECT_EQ(split.validation.size(), 20u);
  std::set<int32_t> held_out;
  for (const uint32_t row : split.validation) held_out.insert(groups[row]);
  EXPECT_EQ(held_out.size(), 4u);
  for (const uint32_t row : split.training) EXPECT_EQ(held_out.count(groups[row]), 0u);
  EXPECT_NE(split_groups(groups, 0.1, 6).validation, split.validation);
  EXPECT_TRUE(split_groups(groups, 0.0, 5).validation.empty());
}

TEST(SplitGroups, OneGroupAtLeastAndNeverAll) {
  const std::vector<int32_t> two = {0, 0, 0, 1, 1, 1};
  EXPECT_EQ(split_groups(two, 0.01, 1).validation.size(), 3u);
  EXPECT_EQ(split_groups(two, 0.99, 1).validation.size(), 3u);
  EXPECT_TRUE(split_groups(std::vector<int32_t>(6, 0), 0.5, 1).validation.empty());
}

TEST(SplitInTime, TheLastRowsValidate) {
  const std::vector<int32_t> times = {9, 0, 8, 1, 7, 2, 6, 3, 5, 4};
  EXPECT_EQ(split_in_time(times, 0.3).validation, (std::vector<uint32_t>{0, 2, 4}));
  EXPECT_EQ(split_in_time(times, 0.3).training.size(), 7u);
  const std::vector<int32_t> tied = {0, 0, 1, 1, 1, 1};
  EXPECT_EQ(split_in_time(tied, 0.2).validation, (std::vector<uint32_t>{2, 3, 4, 5}));
  const std::vector<int32_t> early = {0, 0, 0, 1};
  EXPECT_EQ(split_in_time(early, 0.5).validation, (std::vector<uint32_t>{3}));
  EXPECT_TRUE(split_in_time(std::vector<int32_t>(4, 0), 0.5).validation.empty());
}

TEST(PickRows, TakesRowsByPosition) {
  const std::vector<uint32_t> rows = {10, 20, 30, 40};
  const std::vector<uint32_t> positions = {0, 3};
  EXPECT_EQ(pick_rows(rows, positions), (std::vector<uint32_t>{10, 40}));
}

}  // namespace
}  // namespace gradus
