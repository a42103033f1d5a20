#include "optim/levenberg_marquardt.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "kernels/math.h"

namespace gradus {
namespace {

/// Residuals and their Jacobian written out, the sums by plain loops.
class WrittenOut : public LeastSquares {
 public:
  virtual std::vector<double> residuals(std::span<const double> theta) const = 0;
  virtual std::vector<std::vector<double>> jacobian(std::span<const double> theta) const = 0;

  double value(std::span<const double> theta) override {
    ++values;
    double sum = 0.0;
    for (const double r : residuals(theta)) sum += r * r;
    return 0.5 * sum;
  }
  double linearise(std::span<const double> theta, MatrixView<double> normal, std::span<double> gradient) override {
    const auto j = jacobian(theta);
    for (int64_t a = 0; a < normal.rows(); ++a)
      for (int64_t b = 0; b <= a; ++b) {
        normal(a, b) = 0.0;
        for (const auto& row : j) normal(a, b) += row[static_cast<std::size_t>(a)] * row[static_cast<std::size_t>(b)];
      }
    pull(theta, residuals(theta), gradient);
    return value(theta);
  }
  void curvature(std::span<const double> theta, std::span<const double> velocity, double step,
                 std::span<double> bend) override {
    const auto at = [&](double by) {
      std::vector<double> moved(theta.begin(), theta.end());
      for (std::size_t j = 0; j < moved.size(); ++j) moved[j] += by * velocity[j];
      return residuals(moved);
    };
    std::vector<double> second = at(0.0);
    const std::vector<double> ahead = at(step), behind = at(-step);
    for (std::size_t i = 0; i < second.size(); ++i)
      second[i] = (ahead[i] - 2.0 * second[i] + behind[i]) / (step * step);
    pull(theta, second, bend);
  }

  int values = 0;

 private:
  void pull(std::span<const double> theta, const std::vector<double>& r, std::span<double> out) const {
    const auto j = jacobian(theta);
    for (std::size_t a = 0; a < out.size(); ++a) {
      out[a] = 0.0;
      for (std::size_t i = 0; i < r.size(); ++i) out[a] += j[i][a] * r[i];
    }
  }
};

/// 1/2 |r|^2 = 50 (y - x^2)^2 + (1 - x)^2 / 2.
class Rosenbrock : public WrittenOut {
 public:
  int64_t parameters() const override { return 2; }
  std::vector<double> residuals(std::span<const double> at) const override {
    return {10.0 * (at[1] - at[0] * at[0]), 1.0 - at[0]};
  }
  std::vector<std::vector<double>> jacobian(std::span<const double> at) const override {
    return {{-20.0 * at[0], 10.0}, {-1.0, 0.0}};
  }
};

/// Misra1a of the reference sets of the National Institute of Standards and Technology: y = b1 (1 - exp(-b2 x)),
/// b1 = 500 t1 and b2 = 1e-4 t2, so that its first start is t = (1, 1).
class Misra1a : public WrittenOut {
 public:
  static constexpr std::array<double, 14> kY = {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
                                                44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
  static constexpr std::array<double, 14> kX = {77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                                                378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
  int64_t parameters() const override { return 2; }
  std::vector<double> residuals(std::span<const double> t) const override {
    std::vector<double> r;
    for (std::size_t i = 0; i < kY.size(); ++i)
      r.push_back(500.0 * t[0] * (1.0 - kernels::exp(-1e-4 * t[1] * kX[i])) - kY[i]);
    return r;
  }
  std::vector<std::vector<double>> jacobian(std::span<const double> t) const override {
    std::vector<std::vector<double>> j;
    for (const double x : kX) {
      const double e = kernels::exp(-1e-4 * t[1] * x);
      j.push_back({500.0 * (1.0 - e), 500.0 * t[0] * e * 1e-4 * x});
    }
    return j;
  }
};

int steps_to(double wanted, std::vector<double>& theta, LeastSquares& problem, int most) {
  LevenbergMarquardt method(problem.parameters());
  for (int i = 1; i <= most; ++i) {
    const Iteration done = method.iterate(theta, problem);
    if (done.objective <= wanted) return i;
    if (done.converged) break;
  }
  return most + 1;
}

TEST(LevenbergMarquardt, FollowsRosenbrocksValley) {
  Rosenbrock valley;
  std::vector<double> theta = {-1.2, 1.0};
  EXPECT_LE(steps_to(1e-24, theta, valley, 40), 40);
  EXPECT_NEAR(theta[0], 1.0, 1e-10);
  EXPECT_NEAR(theta[1], 1.0, 1e-10);
}

TEST(LevenbergMarquardt, FindsTheCertifiedFitOfMisra1a) {
  Misra1a misra;
  std::vector<double> theta = {1.0, 1.0};
  steps_to(0.0, theta, misra, 200);
  EXPECT_NEAR(500.0 * theta[0], 2.3894212918e+02, 1e-6);
  EXPECT_NEAR(1e-4 * theta[1], 5.5015643181e-04, 1e-12);
  EXPECT_NEAR(2.0 * misra.value(theta), 1.2455138894e-01, 1e-10);
}

TEST(LevenbergMarquardt, EveryStepGoesDownAndTheLastSaysThatItIs) {
  Misra1a misra;
  std::vector<double> theta = {1.0, 1.0};
  LevenbergMarquardt method(2);
  double last = misra.value(theta);
  bool converged = false;
  for (int i = 0; i < 500 && !converged; ++i) {
    const Iteration done = method.iterate(theta, misra);
    EXPECT_EQ(done.objective, misra.value(theta));
    EXPECT_TRUE(done.objective < last || done.converged);
    EXPECT_EQ(done.step == 0.0, done.converged);
    last = done.objective;
    converged = done.converged;
  }
  EXPECT_TRUE(converged);
}

/// r = (t - 3, infinite beyond 2).
class Wall : public Rosenbrock {
 public:
  int64_t parameters() const override { return 1; }
  std::vector<double> residuals(std::span<const double> at) const override {
    return {at[0] < 2.0 ? at[0] - 3.0 : HUGE_VAL};
  }
  std::vector<std::vector<double>> jacobian(std::span<const double>) const override { return {{1.0}}; }
};

TEST(LevenbergMarquardt, ComesBackFromWhereResidualsAreNotFinite) {
  Wall wall;
  std::vector<double> theta = {-1.0};
  LevenbergMarquardt method(1);
  for (int i = 0; i < 100; ++i)
    if (method.iterate(theta, wall).converged) break;
  EXPECT_GT(theta[0], 1.9);
  EXPECT_LT(theta[0], 2.0);
  theta = {2.5};
  EXPECT_FALSE(std::isfinite(LevenbergMarquardt(1).iterate(theta, wall).objective));
  EXPECT_EQ(theta[0], 2.5);
}

}  // namespace
}  // namespace gradus
