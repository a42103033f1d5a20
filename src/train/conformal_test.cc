#include "train/conformal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace gradus {
namespace {

std::vector<Score> scores(const std::vector<double>& values) {
  std::vector<Score> all;
  for (const double value : values) all.push_back({value, 1.0});
  return all;
}

TEST(Conformal, IsTheOrderStatisticOfOneMoreRow) {
  EXPECT_EQ(conformal_quantile(scores({5, 1, 4, 2, 3}), 0.5), 3.0);  // ceil(6 x 0.5) = 3rd
  EXPECT_EQ(conformal_quantile(scores({9, 8, 7, 6, 5, 4, 3, 2, 1}), 0.9), 9.0);
  EXPECT_EQ(conformal_quantile(scores({9, 8, 7, 6, 5, 4, 3, 2, 1}), 0.8), 8.0);
  EXPECT_EQ(conformal_quantile(scores({9, 8, 7, 6, 5, 4, 3, 2, 1}), 0.81), 9.0);
  EXPECT_TRUE(std::isinf(conformal_quantile(scores({8, 7, 6, 5, 4, 3, 2, 1}), 0.9)));
  EXPECT_TRUE(std::isinf(conformal_quantile({}, 0.5)));
}

TEST(Conformal, ARowOfWeightTwoIsTwoRows) {
  const std::vector<Score> weighted = {{3.0, 1.0}, {1.0, 2.0}, {2.0, 2.0}};
  for (const double coverage : {0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.83})
    EXPECT_EQ(conformal_quantile(weighted, coverage), conformal_quantile(scores({3, 1, 1, 2, 2}), coverage));
}

TEST(Conformal, LeastRowsBoundTheNext) {
  EXPECT_EQ(least_rows(0.5), 1);
  EXPECT_EQ(least_rows(0.9), 9);
  EXPECT_EQ(least_rows(0.95), 19);
  EXPECT_EQ(least_rows(0.99), 99);
  EXPECT_EQ(least_rows(0.91), 11);
  for (const double coverage : {0.5, 0.9, 0.91, 0.95, 0.99}) {
    const auto rows = static_cast<std::size_t>(least_rows(coverage));
    EXPECT_FALSE(std::isinf(conformal_quantile(std::vector<Score>(rows), coverage))) << coverage;
    EXPECT_TRUE(std::isinf(conformal_quantile(std::vector<Score>(rows - 1), coverage))) << coverage;
  }
}

// Of uniform scores the coverage of the quantile is the quantile itself, whose mean over draws is k / (n + 1).
TEST(Conformal, CoversOnAverageWhatTheoryHas) {
  const RandomStream draws(11, Purpose::gradcheck);
  constexpr int kRows = 29, kTimes = 4000;
  double covered = 0.0;
  for (int time = 0; time < kTimes; ++time) {
    std::vector<Score> drawn;
    for (int row = 0; row < kRows; ++row)
      drawn.push_back({draws.uniform(static_cast<uint64_t>(time * kRows + row)), 1.0});
    covered += conformal_quantile(drawn, 0.88) / kTimes;
  }
  EXPECT_NEAR(covered, 27.0 / 30.0, 0.004);  // ceil(30 x 0.88) = 27; the mean's deviation is 0.0009
}

}  // namespace
}  // namespace gradus
