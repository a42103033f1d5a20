// Every rule that takes steps, on Rosenbrock's valley in float64 from the usual start (-1.2, 1): 100 (y - x^2)^2 +
// (1 - x)^2, whose minimum is 0 at (1, 1) and whose curvatures there are 1002 and 0.4.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gradus/names.h"

#include "optim/optimizer.h"

namespace gradus {
namespace {

struct Walk {
  Solver solver;
  double rate;
  int steps;
  double within;  ///< of the minimum in both coordinates; at a constant rate, signs and ratios go on to and fro
};

// Rules that step by the gradient itself creep along the valley at a rate that its steep walls bound; the others do
// not.
constexpr Walk kWalks[] = {
    {Solver::sgd, 1e-3, 40'000, 1e-6},     {Solver::momentum, 1e-3, 5'000, 1e-8},
    {Solver::nesterov, 1e-3, 5'000, 1e-8}, {Solver::rmsprop, 3e-3, 10'000, 4e-3},
    {Solver::adagrad, 0.5, 20'000, 1e-6},  {Solver::adadelta, 0.03, 20'000, 1e-2},
    {Solver::adam, 0.02, 5'000, 1e-6},     {Solver::amsgrad, 0.03, 10'000, 1e-6},
    {Solver::adamax, 0.05, 10'000, 1e-4},  {Solver::nadam, 0.01, 20'000, 2e-3},
    {Solver::adamw, 0.02, 5'000, 1e-6},    {Solver::lion, 1e-3, 4'000, 2e-3},
    {Solver::rprop, 0.01, 5'000, 2e-3},
};

/// How far from (1, 1) the walk ends.
double distance_after(const Walk& walk) {
  Optimizer<double> optimizer = make_optimizer<double>({.solver = walk.solver, .learning_rate = walk.rate}, 2);
  std::vector<double> theta = {-1.2, 1.0};
  for (int i = 0; i < walk.steps; ++i) {
    const double x = theta[0], valley = theta[1] - x * x;
    step<double>(optimizer, theta, std::vector<double>{-400.0 * x * valley - 2.0 * (1.0 - x), 200.0 * valley},
                 walk.rate);
  }
  return std::max(std::fabs(theta[0] - 1.0), std::fabs(theta[1] - 1.0));
}

TEST(Rosenbrock, EveryRuleComesNearTheMinimum) {
  for (const Walk& walk : kWalks) EXPECT_LE(distance_after(walk), walk.within) << name(walk.solver);
}

TEST(Rosenbrock, NoRuleIsLeftOut) {
  for (const std::string& text : names<Solver>()) {
    const auto solver = parse<Solver>(text, "solver");
    const auto walks =
        std::count_if(std::begin(kWalks), std::end(kWalks), [&](const Walk& walk) { return walk.solver == solver; });
    EXPECT_EQ(walks, is_elementwise(solver) ? 1 : 0) << text;
  }
}

}  // namespace
}  // namespace gradus
