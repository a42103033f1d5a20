#include "analysis/row_sample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "analysis/histogram.h"

namespace gradus {
namespace {

TEST(SampleRows, OneOfEachStretchAndAllOfFew) {
  std::vector<uint32_t> rows(1003);
  std::iota(rows.begin(), rows.end(), 5u);
  const std::vector<uint32_t> sample = sample_rows(rows, 10);
  ASSERT_EQ(sample.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_GE(sample[i], 5 + i * 1003 / 10);
    EXPECT_LT(sample[i], 5 + (i + 1) * 1003 / 10);
  }
  EXPECT_EQ(sample_rows(rows, 10), sample);
  EXPECT_EQ(sample_rows(rows, 1003), rows);
  EXPECT_TRUE(sample_rows({}, 10).empty());
}

TEST(Histogram, CountsEveryFiniteNumberOnce) {
  const double values[] = {0.0, 0.24, 0.26, 1.0, 0.5, std::nan("")};
  const Histogram found = histogram(values, 4);
  EXPECT_EQ(found.counts, (std::vector<int64_t>{2, 1, 1, 1}));
  EXPECT_EQ(found.low, 0.0);
  EXPECT_EQ(found.high, 1.0);
}

TEST(Histogram, WholeNumbersOfFewValuesGetABinEach) {
  const double values[] = {3, 5, 5, 7};
  const Histogram found = histogram(values, 24);
  EXPECT_EQ(found.counts, (std::vector<int64_t>{1, 0, 2, 0, 1}));
  EXPECT_EQ(found.low, 2.5);
}

TEST(Histogram, ExtremesAreCountedToo) {
  EXPECT_TRUE(histogram({}, 4).counts.empty());
  const double same[] = {0.3, 0.3};
  EXPECT_EQ(histogram(same, 4).counts, (std::vector<int64_t>{2}));
  const double far[] = {-1.7e308, 1.7e308};
  const std::vector<int64_t> counts = histogram(far, 4).counts;
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), int64_t{0}), 2);
}

}  // namespace
}  // namespace gradus
