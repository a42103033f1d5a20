#include "gradus/custom_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "gradus/error.h"

#include "base/random.h"
#include "nn/loss.h"

namespace gradus {
namespace {

/// exp(a e) - a e - 1 (LINEX: errors on one side cost more), `slope_of` its derivative or a mistaken one.
template <typename T>
BasicCustomLoss<T> linex(double a, T (*slope_of)(T e, T a)) {
  return {0, [=](MatrixView<const T> z, MatrixView<const T> y, MatrixView<T> delta, std::span<T> losses) {
            const T rate = static_cast<T>(a);
            for (int64_t i = 0; i < z.rows(); ++i) {
              losses[static_cast<std::size_t>(i)] = T(0);
              for (int64_t k = 0; k < z.columns(); ++k) {
                const T e = z(i, k) - y(i, k);
                losses[static_cast<std::size_t>(i)] += std::exp(rate * e) - rate * e - T(1);
                delta(i, k) = slope_of(e, rate);
              }
            }
          }};
}

template <typename T>
T right(T e, T a) {
  return a * (std::exp(a * e) - T(1));
}

std::vector<double> drawn(std::size_t count, uint64_t seed) {
  const RandomStream draws(seed, Purpose::gradcheck);
  std::vector<double> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = 4.0 * draws.uniform(i) - 2.0;
  return out;
}

LossCheck check(const BasicCustomLoss<double>& loss) {
  const std::vector<double> z = drawn(12, 1), y = drawn(12, 2);
  return check_custom_loss(loss, {z.data(), 4, 3}, {y.data(), 4, 3});
}

TEST(CustomLoss, CheckPassesARightDerivative) {
  const LossCheck found = check(linex<double>(0.7, right<double>));
  EXPECT_TRUE(found.passed) << found.analytic << " and " << found.numeric;
  EXPECT_LT(found.largest_relative_difference, 1e-9);
}

TEST(CustomLoss, CheckFindsAMistakeAndWhereItIs) {
  EXPECT_FALSE(check(linex<double>(0.7, [](double e, double a) { return a * std::exp(a * e); })).passed);
  EXPECT_FALSE(check(linex<double>(0.7, [](double e, double a) { return 1.00001 * right(e, a); })).passed);
  BasicCustomLoss<double> one_wrong = linex<double>(0.7, right<double>);
  const auto rows = one_wrong.rows;
  one_wrong.rows = [rows](auto z, auto y, auto delta, auto losses) {
    rows(z, y, delta, losses);
    delta(2, 1) += 0.5;
  };
  const LossCheck found = check(one_wrong);
  EXPECT_FALSE(found.passed);
  EXPECT_EQ(found.row, 2);
  EXPECT_EQ(found.output, 1);
  EXPECT_NEAR(found.analytic - found.numeric, 0.5, 1e-6);
}

TEST(CustomLoss, CheckDoesNotPassWhatIsNotFinite) {
  EXPECT_FALSE(check(linex<double>(0.7, [](double, double) { return std::nan(""); })).passed);
  EXPECT_FALSE(check(linex<double>(1e4, right<double>)).passed);
}

TEST(CustomLoss, CheckRefusesShapesThatDoNotFit) {
  const std::vector<double> z(12), y(12);
  EXPECT_THROW(check_custom_loss({}, {z.data(), 4, 3}, {y.data(), 4, 3}), Error);
  const BasicCustomLoss<double> loss = linex<double>(0.7, right<double>);
  EXPECT_THROW(check_custom_loss(loss, {z.data(), 4, 3}, {y.data(), 4, 2}), Error);
  EXPECT_THROW(check_custom_loss(loss, {z.data(), 4, 3}, {y.data(), 3, 3}), Error);
  EXPECT_THROW(check_custom_loss(loss, {z.data(), 0, 3}, {y.data(), 0, 3}), Error);
}

// As the library's own does: scaled by the trainer's 1/B, and by the weights in a column after the targets.
TEST(CustomLoss, IsScaledAndWeighedLikeTheHeads) {
  Plan plan = compile(multilayer(3, {}, 3, {}));
  const std::vector<double> z = drawn(12, 1), y = drawn(16, 2);
  std::vector<double> delta(12), own(12), scratch(12), losses(4), own_losses(4);
  const MatrixView<const double> logits(z.data(), 4, 3), targets(y.data(), 4, 4);
  loss_and_delta<double>(plan, logits, targets, 0.25, {scratch.data(), 4, 3}, {delta.data(), 4, 3}, losses);
  plan.custom_loss = BasicCustomLoss<double>{
      3, [](MatrixView<const double> a, MatrixView<const double> t, MatrixView<double> d, std::span<double> l) {
        ASSERT_EQ(t.columns(), 3);
        for (int64_t i = 0; i < a.rows(); ++i) {
          l[static_cast<std::size_t>(i)] = 0.0;
          for (int64_t k = 0; k < 3; ++k) {
            d(i, k) = a(i, k) - t(i, k);
            l[static_cast<std::size_t>(i)] += 0.5 * d(i, k) * d(i, k);
          }
        }
      }};
  loss_and_delta<double>(plan, logits, targets, 0.25, {scratch.data(), 4, 3}, {own.data(), 4, 3}, own_losses);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(own[i], delta[i], 1e-15);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(own_losses[i], losses[i], 1e-15);
}

}  // namespace
}  // namespace gradus
