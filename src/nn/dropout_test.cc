#include "nn/dropout.h"

#include <gtest/gtest.h>

#include <vector>

namespace gradus {
namespace {

constexpr int64_t kRows = 40;
constexpr int64_t kUnits = 251;

std::vector<double> masks(double rate, const DropoutDraws& draws, int64_t op_index, int64_t rows = kRows) {
  std::vector<double> x(static_cast<std::size_t>(kRows * kUnits), 1.0), mask(x.size()), out(x.size());
  dropout_forward<double>(rate, draws, op_index, {x.data(), rows, kUnits}, {mask.data(), rows, kUnits},
                          {out.data(), rows, kUnits});
  EXPECT_EQ(mask, out);  // of ones
  mask.resize(static_cast<std::size_t>(rows * kUnits));
  return mask;
}

TEST(DropoutOp, KeepsTheExpectedValue) {
  for (const double rate : {0.1, 0.5, 0.9}) {
    double sum = 0.0;
    int64_t zeros = 0;
    for (const double m : masks(rate, {1, 0, 0}, 2)) {
      EXPECT_TRUE(m == 0.0 || m == 1.0 / (1.0 - rate));
      zeros += m == 0.0;
      sum += m;
    }
    const double cells = kRows * kUnits;
    // 10,040 draws: five standard deviations of a proportion are at most 0.025, of the mean at rate 0.9, 0.15.
    EXPECT_NEAR(static_cast<double>(zeros) / cells, rate, 0.025);
    EXPECT_NEAR(sum / cells, 1.0, 0.15);
  }
}

TEST(DropoutOp, DrawsAreAFunctionOfSeedEpochStepAndPlace) {
  const std::vector<double> first = masks(0.5, {1, 2, 3}, 2);
  EXPECT_EQ(first, masks(0.5, {1, 2, 3}, 2));
  EXPECT_NE(first, masks(0.5, {2, 2, 3}, 2));
  EXPECT_NE(first, masks(0.5, {1, 3, 3}, 2));
  EXPECT_NE(first, masks(0.5, {1, 2, 4}, 2));
  EXPECT_NE(first, masks(0.5, {1, 2, 3}, 5));
}

// Were the op folded into the seed, some other seed would give another op the same masks.
TEST(DropoutOp, NoSeedGivesAnotherOpsMasks) {
  const std::vector<double> first = masks(0.5, {1, 2, 3}, 2);
  for (const int64_t op : {0, 1, 3, 4})
    for (uint64_t bits = 0; bits < 16; ++bits)
      for (const int shift : {24, 32, 48, 56}) EXPECT_NE(first, masks(0.5, {1 ^ (bits << shift), 2, 3}, op));
  EXPECT_NE(first, masks(0.5, {1, 2, 3}, kMaxOps - 1));
}

TEST(DropoutOp, ARowsMaskDoesNotDependOnTheRowsAfterIt) {
  const std::vector<double> all = masks(0.5, {1, 0, 0}, 2);
  const std::vector<double> some = masks(0.5, {1, 0, 0}, 2, 7);
  EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
}

TEST(DropoutOp, BackwardMultipliesByTheSameMask) {
  const std::vector<double> mask = {0.0, 2.0, 2.0, 0.0};
  std::vector<double> delta = {1.0, 3.0, -5.0, 7.0};
  dropout_backward<double>({mask.data(), 2, 2}, {delta.data(), 2, 2});
  EXPECT_EQ(delta, (std::vector<double>{0.0, 6.0, -10.0, 0.0}));
}

}  // namespace
}  // namespace gradus
