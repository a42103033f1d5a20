#include "train/group_rates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "gradus/error.h"

#include "train/step.h"
#include "train/test_problem.h"

namespace gradus {
namespace {

/// The weights of `network` after `steps` steps on all rows.
std::vector<double> stepped(BasicNetwork<double> network, const TrainerOptions& options, int steps = 3) {
  const Problem<double> problem;
  TrainingStep<double> step(network, options, kRows);
  for (int i = 0; i < steps; ++i) step.run(problem.features(), problem.targets(), kRows, options.learning_rate, {});
  const std::span<const double> weights = std::as_const(network).parameters();
  return {weights.begin(), weights.end()};
}

TEST(GroupRates, NoneWhereAllLearnAlike) {
  EXPECT_TRUE(group_rates(compile(small_network<double>().spec()), {}).empty());
}

TEST(GroupRates, ByWidthIsTheWalkOfTheNtkParametrisation) {
  // z = (V / sqrt(n)) a: V = sqrt(n) W, and Adam's step on V is its step on W times sqrt(n), as it ignores scale.
  const TrainerOptions ntk = {.solver = Solver::adam, .learning_rate = 0.03, .epsilon = 1e-30, .ntk = true};
  const BasicNetwork<double> network = small_network<double>();
  const std::vector<GroupRate> rates = group_rates(compile(network.spec()), ntk);
  ASSERT_EQ(rates.size(), 6u);
  EXPECT_DOUBLE_EQ(rates[0].rate, 1.0 / std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(rates[1].rate, 1.0);
  EXPECT_DOUBLE_EQ(rates[2].rate, 1.0 / std::sqrt(37.0));
  const std::vector<double> after = stepped(network, ntk, 1);
  // The first step of Adam is as long as its rate, whatever the gradient.
  for (std::size_t i = 0; i < 2 * 37; ++i)
    EXPECT_NEAR(std::fabs(after[i] - network.parameters()[i]), 0.03 / std::sqrt(2.0), 1e-9);
  for (std::size_t i = 2 * 37; i < 3 * 37; ++i) EXPECT_NEAR(std::fabs(after[i] - network.parameters()[i]), 0.03, 1e-9);
}

TEST(GroupRates, AFactorIsALearningRateOfItsOwn) {
  for (const Solver solver : {Solver::sgd, Solver::adamw}) {
    const TrainerOptions at_once = {
        .solver = solver, .learning_rate = 0.01, .weight_decay = solver == Solver::adamw ? 0.1 : 0.0};
    TrainerOptions in_parts = at_once;
    in_parts.learning_rate = 0.02;
    in_parts.rate_factors = {.weight = 0.5, .bias = 0.5, .norm = 0.5, .scale = 0.5, .embedding = 0.5, .blend = 0.5};
    in_parts.decay_factors = in_parts.rate_factors;
    const std::vector<double> one = stepped(small_network<double>(), at_once);
    const std::vector<double> other = stepped(small_network<double>(), in_parts);
    for (std::size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], other[i], 1e-14);
  }
}

TEST(GroupRates, ARateOfZeroKeepsItsParameters) {
  const TrainerOptions options = {
      .solver = Solver::adamw, .weight_decay = 0.1, .rate_factors = {.bias = 0.0}, .decay_factors = {.bias = 0.0}};
  const BasicNetwork<double> network = small_network<double>();
  const std::vector<double> after = stepped(network, options);
  for (std::size_t i = 2 * 37; i < 3 * 37; ++i) EXPECT_EQ(after[i], network.parameters()[i]);
  EXPECT_NE(after[0], network.parameters()[0]);
}

TEST(GroupRates, OtherSolversAndFactorsOutOfRangeAreRefused) {
  const Plan plan = compile(small_network<double>().spec());
  EXPECT_THROW(group_rates(plan, {.solver = Solver::momentum, .ntk = true}), Error);
  EXPECT_THROW(group_rates(plan, {.rate_factors = {.bias = -1.0}}), Error);
  EXPECT_THROW(group_rates(plan, {.rate_factors = {.bias = std::nan("")}}), Error);
}

}  // namespace
}  // namespace gradus
