#include "data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace gradus {
namespace {

// Row i holds (i, i + 0.5) and the target 10 i.
struct Data {
  explicit Data(int64_t rows) : x(static_cast<std::size_t>(rows * 2)), y(static_cast<std::size_t>(rows)) {
    for (int64_t i = 0; i < rows; ++i) {
      x[static_cast<std::size_t>(2 * i)] = static_cast<float>(i);
      x[static_cast<std::size_t>(2 * i + 1)] = static_cast<float>(i) + 0.5f;
      y[static_cast<std::size_t>(i)] = 10.0f * static_cast<float>(i);
    }
  }
  MatrixView<const float> features() const { return {x.data(), static_cast<int64_t>(y.size()), 2}; }
  MatrixView<const float> targets() const { return {y.data(), static_cast<int64_t>(y.size()), 1}; }
  std::vector<float> x;
  std::vector<float> y;
};

// The rows of an epoch in the order they came; checks that features and targets belong together.
std::vector<float> epoch(MinibatchSampler<float>& sampler, uint32_t number) {
  std::vector<float> order;
  MatrixView<const float> x;
  MatrixView<const float> y;
  sampler.start_epoch(number);
  while (sampler.next(x, y)) {
    EXPECT_LE(x.rows(), sampler.batch_size());
    for (int64_t i = 0; i < x.rows(); ++i) {
      EXPECT_EQ(x(i, 1), x(i, 0) + 0.5f);
      EXPECT_EQ(y(i, 0), x(i, 0) * 10.0f);
      order.push_back(x(i, 0));
    }
  }
  return order;
}

TEST(MinibatchSampler, EveryListedRowOnceAnEpoch) {
  const Data data(100);
  const std::vector<uint32_t> rows = {3, 5, 8, 13, 21, 34, 55, 89, 90, 91, 99};
  MinibatchSampler<float> sampler(data.features(), data.targets(), rows, 4, true, 7);
  EXPECT_EQ(sampler.steps_per_epoch(), 3);
  for (uint32_t e = 0; e < 5; ++e) {
    std::vector<float> order = epoch(sampler, e);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, std::vector<float>(rows.begin(), rows.end()));
  }
}

TEST(MinibatchSampler, OrderIsAFunctionOfSeedAndEpoch) {
  const Data data(50);
  MinibatchSampler<float> one(50, 2, 1, 8, true, 7);
  MinibatchSampler<float> two(50, 2, 1, 8, true, 7);
  MinibatchSampler<float> other(50, 2, 1, 8, true, 8);
  for (auto* sampler : {&one, &two, &other}) sampler->bind(data.features(), data.targets());
  const std::vector<float> third = epoch(one, 3);
  EXPECT_NE(epoch(one, 4), third);
  EXPECT_EQ(epoch(two, 3), third) << "without the epochs before it";
  EXPECT_NE(epoch(other, 3), third);
}

TEST(MinibatchSampler, PermutationsAreEven) {
  // Each of 3 rows comes first in a third of 3000 epochs: 1000 +- 5 standard deviations (129).
  const Data data(3);
  MinibatchSampler<float> sampler(3, 2, 1, 1, true, 1);
  sampler.bind(data.features(), data.targets());
  std::vector<int> first(3);
  for (uint32_t e = 0; e < 3000; ++e) ++first[static_cast<std::size_t>(epoch(sampler, e)[0])];
  for (const int count : first) EXPECT_NEAR(count, 1000, 129);
}

TEST(MinibatchSampler, WithoutShuffleInTheOrderListed) {
  const Data data(10);
  const std::vector<uint32_t> rows = {7, 2, 9};
  MinibatchSampler<float> sampler(data.features(), data.targets(), rows, 2, false, 7);
  EXPECT_EQ(epoch(sampler, 0), (std::vector<float>{7, 2, 9}));
}

TEST(MinibatchSampler, BatchOfAllRows) {
  const Data data(10);
  const std::vector<uint32_t> rows = {7, 2, 9};
  for (const int64_t batch : {0, 3, 1000}) {
    MinibatchSampler<float> sampler(data.features(), data.targets(), rows, batch, true, 7);
    EXPECT_EQ(sampler.batch_size(), 3);
    EXPECT_EQ(epoch(sampler, 0), (std::vector<float>{7, 2, 9}));
    EXPECT_EQ(epoch(sampler, 1), (std::vector<float>{7, 2, 9}));
  }
  MinibatchSampler<float> every(10, 2, 1, 0, true, 7);
  every.bind(data.features(), data.targets());
  MatrixView<const float> x;
  MatrixView<const float> y;
  every.start_epoch(0);
  ASSERT_TRUE(every.next(x, y));
  EXPECT_EQ(x.data(), data.x.data()) << "nothing is copied";
}

TEST(MinibatchSampler, BindsToOtherDataOfTheSameShape) {
  const Data small(4);
  const Data large(9);
  MinibatchSampler<float> sampler(9, 2, 1, 100, true, 7);
  sampler.bind(large.features(), large.targets());
  EXPECT_EQ(epoch(sampler, 0).size(), 9u);
  const std::vector<uint32_t> rows = {3, 1};
  sampler.bind(small.features(), small.targets(), rows);
  EXPECT_EQ(epoch(sampler, 0), (std::vector<float>{3, 1}));
  sampler.bind(large.features(), large.targets(), rows);
  EXPECT_EQ(epoch(sampler, 0), (std::vector<float>{3, 1}));
}

TEST(MinibatchSampler, MinibatchesRunAcrossWindows) {
  // 1,000 does not divide a window; 100,000 is more than one.
  const int64_t rows = 2 * EpochOrder::kWindowRows + 77;
  const Data data(rows);
  std::vector<float> once;
  for (const int64_t batch : {int64_t{1000}, int64_t{100000}}) {
    MinibatchSampler<float> sampler(rows, 2, 1, batch, true, 7);
    sampler.bind(data.features(), data.targets());
    std::vector<float> order = epoch(sampler, 1);
    if (once.empty()) once = order;
    EXPECT_EQ(order, once) << "whatever the batch size";
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order.size(), data.y.size());
    EXPECT_TRUE(std::adjacent_find(order.begin(), order.end()) == order.end());
  }
}

TEST(MinibatchSampler, SameBatchesFromAFile) {
  const int64_t rows = EpochOrder::kWindowRows + 1000;
  const Data data(rows);
  const Storage storage = Storage::in_file("");
  LazyArray<float> x(2 * rows, storage);
  LazyArray<float> y(rows, storage);
  std::copy(data.x.begin(), data.x.end(), x.data());
  std::copy(data.y.begin(), data.y.end(), y.data());
  std::vector<uint32_t> listed;
  for (uint32_t row = 0; row < rows; ++row)
    if (row % 7 != 0) listed.push_back(row);
  MinibatchSampler<float> memory(data.features(), data.targets(), listed, 100, true, 7);
  MinibatchSampler<float> file(MatrixView<const float>(x.data(), rows, 2), MatrixView<const float>(y.data(), rows, 1),
                               listed, 100, true, 7, storage);
  EXPECT_EQ(epoch(file, 2), epoch(memory, 2));
}

TEST(MinibatchSampler, NoRowsNoBatches) {
  const Data data(4);
  MinibatchSampler<float> sampler(data.features(), data.targets(), {}, 2, true, 7);
  EXPECT_TRUE(epoch(sampler, 0).empty());
  EXPECT_EQ(sampler.steps_per_epoch(), 0);
}

TEST(MinibatchSampler, RowsStartOnWholeCacheLines) {
  const Data data(20);
  MinibatchSampler<float> sampler(20, 2, 1, 4, true, 7);
  sampler.bind(data.features(), data.targets());
  MatrixView<const float> x;
  MatrixView<const float> y;
  sampler.start_epoch(0);
  ASSERT_TRUE(sampler.next(x, y));
  for (int64_t i = 0; i < x.rows(); ++i) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x.row(i).data()) % 64, 0u);
}

}  // namespace
}  // namespace gradus
