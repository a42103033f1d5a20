// The methods for all rows on Rosenbrock's valley and on the oracle's objective, whose minimiser PyTorch found.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "kernels/math.h"
#include "optim/conjugate_gradient.h"
#include "optim/lbfgs.h"
#include "optim/rprop_plus.h"
#include "source_path.h"

namespace gradus {
namespace {

using nlohmann::json;

/// 100 (y - x^2)^2 + (1 - x)^2: the minimum is 0 at (1, 1).
template <typename T>
double rosenbrock(std::span<const T> at, std::span<T> gradient) {
  const double x = static_cast<double>(at[0]), y = static_cast<double>(at[1]);
  const double valley = y - x * x, far = 1.0 - x;
  gradient[0] = static_cast<T>(-400.0 * x * valley - 2.0 * far);
  gradient[1] = static_cast<T>(200.0 * valley);
  return 100.0 * valley * valley + far * far;
}

template <typename T, typename Method>
int iterations_to(double wanted, std::vector<T>& theta, Method& method, const Objective<T>& objective, int most) {
  for (int i = 1; i <= most; ++i) {
    const Iteration done = method.iterate(theta, objective);
    if (done.objective <= wanted) return i;
    if (done.converged) break;
  }
  return most + 1;
}

TEST(Lbfgs, FollowsRosenbrocksValley) {
  std::vector<double> theta = {-1.2, 1.0};
  Lbfgs<double> lbfgs(2);
  EXPECT_LE(iterations_to<double>(1e-20, theta, lbfgs, rosenbrock<double>, 60), 60);
  EXPECT_NEAR(theta[0], 1.0, 1e-9);
  EXPECT_NEAR(theta[1], 1.0, 1e-9);
}

TEST(Lbfgs, WorksInSinglePrecision) {
  std::vector<float> theta = {-1.2f, 1.0f};
  Lbfgs<float> lbfgs(2);
  iterations_to<float>(1e-12, theta, lbfgs, rosenbrock<float>, 200);
  EXPECT_NEAR(theta[0], 1.0f, 1e-3f);
}

TEST(ConjugateGradient, FollowsRosenbrocksValley) {
  std::vector<double> theta = {-1.2, 1.0};
  ConjugateGradient<double> method(2);
  EXPECT_LE(iterations_to<double>(1e-16, theta, method, rosenbrock<double>, 200), 200);
  EXPECT_NEAR(theta[0], 1.0, 1e-7);
}

TEST(RpropPlus, FollowsRosenbrocksValley) {
  std::vector<double> theta = {-1.2, 1.0};
  RpropPlus<double> method(2, 0.01);
  EXPECT_LE(iterations_to<double>(1e-6, theta, method, rosenbrock<double>, 5000), 5000);
}

// A parameter's gradient turns and J has risen: the move is taken back. J = x^2 from 1 with a first step of 3: to -2,
// where J is 4, and back to 1.
TEST(RpropPlus, TakesBackAMoveThatOvershot) {
  std::vector<double> theta = {1.0};
  RpropPlus<double> method(1, 3.0);
  const Objective<double> square = [](std::span<const double> x, std::span<double> g) {
    g[0] = 2.0 * x[0];
    return x[0] * x[0];
  };
  method.iterate(theta, square);
  EXPECT_EQ(theta[0], -2.0);
  method.iterate(theta, square);
  EXPECT_EQ(theta[0], 1.0);
  method.iterate(theta, square);
  EXPECT_EQ(theta[0], -0.5);  // halved to 1.5
}

/// mean(softplus(A t - y)) + 0.05 sum(t^2).
class OracleObjective {
 public:
  OracleObjective() : oracle_(json::parse(std::ifstream(source_path("tests/data/optimizers.json")))) {
    a_ = oracle_["A"].get<std::vector<std::vector<double>>>();
    y_ = oracle_["y"].get<std::vector<double>>();
  }
  double operator()(std::span<const double> t, std::span<double> g) const {
    double value = 0.0;
    for (std::size_t j = 0; j < t.size(); ++j) {
      g[j] = 0.1 * t[j];
      value += 0.05 * t[j] * t[j];
    }
    const auto rows = static_cast<double>(a_.size());
    for (std::size_t i = 0; i < a_.size(); ++i) {
      double u = -y_[i];
      for (std::size_t j = 0; j < t.size(); ++j) u += a_[i][j] * t[j];
      value += kernels::softplus(u) / rows;
      for (std::size_t j = 0; j < t.size(); ++j) g[j] += kernels::sigmoid(u) / rows * a_[i][j];
    }
    return value;
  }
  const json& oracle() const { return oracle_; }

 private:
  json oracle_;
  std::vector<std::vector<double>> a_;
  std::vector<double> y_;
};

template <typename Method>
void expect_the_oracles_minimiser(Method method, int iterations, double within = 1e-6) {
  const OracleObjective objective;
  std::vector<double> theta = objective.oracle()["start"];
  for (int i = 0; i < iterations; ++i)
    if (method.iterate(theta, objective).converged) break;
  const std::vector<double> expected = objective.oracle()["minimiser"];
  for (std::size_t j = 0; j < theta.size(); ++j) EXPECT_NEAR(theta[j], expected[j], within);
}

TEST(Lbfgs, ReachesTheOraclesMinimiser) {
  expect_the_oracles_minimiser(Lbfgs<double>(8), 60);
}
TEST(ConjugateGradient, ReachesTheOraclesMinimiser) {
  expect_the_oracles_minimiser(ConjugateGradient<double>(8), 200);
}
TEST(RpropPlus, ReachesTheOraclesMinimiser) {
  expect_the_oracles_minimiser(RpropPlus<double>(8, 0.01), 1000, 1e-5);  // its steps are 1e-6 at least
}

TEST(LineSearch, ComesBackFromWhereTheObjectiveIsNotFinite) {
  const Objective<double> barrier = [](std::span<const double> x, std::span<double> g) {
    g[0] = -1.0 + 1.0 / (1.0 - x[0]);
    return x[0] < 1.0 ? -x[0] - kernels::log(1.0 - x[0]) : std::nan("");
  };
  std::vector<double> theta = {-3.0};
  Lbfgs<double> lbfgs(1);
  for (int i = 0; i < 50; ++i)
    if (lbfgs.iterate(theta, barrier).converged) break;
  EXPECT_NEAR(theta[0], 0.0, 1e-7);
}

}  // namespace
}  // namespace gradus
