#include "gradus/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <thread>
#include <utility>
#include <vector>

#include "gradus/error.h"
#include "gradus/predictor.h"

#include "kernels/reductions.h"
#include "train/test_problem.h"

namespace gradus {
namespace {

/// 64 rows of it are work enough for a second thread in the products of its second layer.
template <typename T>
BasicNetwork<T> wide_network() {
  BasicNetwork<T> network(
      multilayer(2, std::vector<HiddenLayer>{{160, Activation::silu, 0.2}, {160, Activation::tanh, 0.0}}, 1, {}));
  network.initialize(1);
  return network;
}

/// Everything that training on `problem` gives: losses, then parameters.
std::vector<double> trained(const Problem<float>& problem) {
  Network network = wide_network<float>();
  Trainer trainer(network, {.l2 = 0.1, .batch_size = 64, .threads = 2}, kRows);
  std::vector<double> all;
  for (int epoch = 0; epoch < 3; ++epoch)
    all.push_back(trainer.train_epoch(problem.features(), problem.targets()).loss);
  all.push_back(trainer.train_step(problem.features(), problem.targets()));
  all.insert(all.end(), network.parameters().begin(), network.parameters().end());
  return all;
}

template <typename T>
class TrainerOf : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(TrainerOf, Precisions);

TYPED_TEST(TrainerOf, EverySolverLearns) {
  const Problem<TypeParam> problem;
  const std::pair<Solver, double> rates[] = {
      {Solver::sgd, 0.02},     {Solver::momentum, 0.02}, {Solver::nesterov, 0.02}, {Solver::rmsprop, 0.003},
      {Solver::adagrad, 0.03}, {Solver::adadelta, 1.0},  {Solver::adam, 0.01},     {Solver::amsgrad, 0.01},
      {Solver::adamax, 0.01},  {Solver::nadam, 0.01},    {Solver::adamw, 0.01},    {Solver::lion, 0.001}};
  for (const auto& [solver, rate] : rates) {
    BasicNetwork<TypeParam> network = small_network<TypeParam>();
    BasicTrainer<TypeParam> trainer(network, {.solver = solver, .learning_rate = rate, .batch_size = 32}, kRows);
    const double first = trainer.train_epoch(problem.features(), problem.targets()).loss;
    double last = first;
    for (int epoch = 0; epoch < 60; ++epoch) last = trainer.train_epoch(problem.features(), problem.targets()).loss;
    EXPECT_LT(last, 0.1 * first) << name(solver);
    EXPECT_EQ(trainer.epochs(), 61);
    EXPECT_EQ(trainer.steps(), 61 * 10);
  }
}

TYPED_TEST(TrainerOf, ResilientPropagationLearnsFromAllRows) {
  const Problem<TypeParam> problem;
  BasicNetwork<TypeParam> network = small_network<TypeParam>();
  BasicTrainer<TypeParam> trainer(network, {.solver = Solver::rprop, .learning_rate = 0.01, .batch_size = 0}, kRows);
  const double first = trainer.train_epoch(problem.features(), problem.targets()).loss;
  double last = first;
  for (int epoch = 0; epoch < 100; ++epoch) last = trainer.train_epoch(problem.features(), problem.targets()).loss;
  EXPECT_LT(last, 0.02 * first);
}

TYPED_TEST(TrainerOf, ThreadsDoNotChangeABit) {
  const Problem<TypeParam> problem;
  std::vector<std::vector<TypeParam>> results;
  for (const int threads : {1, 2, 3, 8}) {
    BasicNetwork<TypeParam> network = wide_network<TypeParam>();
    BasicTrainer<TypeParam> trainer(network, {.l2 = 0.1, .batch_size = 64, .threads = threads}, kRows);
    for (int epoch = 0; epoch < 3; ++epoch) trainer.train_epoch(problem.features(), problem.targets());
    results.emplace_back(network.parameters().begin(), network.parameters().end());
  }
  for (const auto& result : results) EXPECT_EQ(result, results.front());
}

TYPED_TEST(TrainerOf, OneFullBatchStepIsTheDescentOfTheDerivation) {
  // One unit, identity: J = 1/2 (w x + b - y)^2 + lambda/2 w^2 with m = 1, so w' = w - eta ((w x + b - y) x + lambda
  // w).
  BasicNetwork<TypeParam> network(multilayer(1, {}, 1, {}));
  network.weight(0)(0, 0) = TypeParam(2);
  network.bias(0)[0] = TypeParam(1);
  BasicTrainer<TypeParam> trainer(network, {.solver = Solver::sgd, .learning_rate = 0.5, .l2 = 0.25, .batch_size = 0},
                                  1);
  const TypeParam x = 3, y = 5;
  const double before = trainer.train_step({&x, 1, 1}, {&y, 1, 1});
  EXPECT_DOUBLE_EQ(before, 0.5 * 4.0 + 0.125 * 4.0);
  EXPECT_DOUBLE_EQ(static_cast<double>(network.weight(0)(0, 0)), 2.0 - 0.5 * (2.0 * 3.0 + 0.25 * 2.0));
  EXPECT_DOUBLE_EQ(static_cast<double>(network.bias(0)[0]), 1.0 - 0.5 * 2.0);
}

TYPED_TEST(TrainerOf, RowListsSelectRows) {
  const Problem<TypeParam> problem;
  std::vector<uint32_t> rows = {3, 17, 250, 4};
  std::vector<TypeParam> x, y;
  for (const uint32_t row : rows) {
    x.insert(x.end(), {problem.x[2 * row], problem.x[2 * row + 1]});
    y.push_back(problem.y[row]);
  }
  BasicNetwork<TypeParam> listed = small_network<TypeParam>();
  BasicNetwork<TypeParam> copied = small_network<TypeParam>();
  BasicTrainer<TypeParam> one(listed, {.batch_size = 3}, kRows);
  BasicTrainer<TypeParam> other(copied, {.batch_size = 3}, kRows);
  one.train_epoch(problem.features(), problem.targets(), rows);
  other.train_epoch({x.data(), 4, 2}, {y.data(), 4, 1});
  EXPECT_TRUE(std::equal(listed.parameters().begin(), listed.parameters().end(), copied.parameters().begin()));
}

TYPED_TEST(TrainerOf, DivergenceNamesItsPlaceAndChangesNothing) {
  Problem<TypeParam> problem;
  problem.x[2 * 40] = std::numeric_limits<TypeParam>::quiet_NaN();
  BasicNetwork<TypeParam> network = small_network<TypeParam>();
  BasicTrainer<TypeParam> trainer(network, {.batch_size = 30, .shuffle = false}, kRows);
  const EpochResult result = trainer.train_epoch(problem.features(), problem.targets());
  EXPECT_EQ(result.divergence, Divergence::loss);
  EXPECT_EQ(result.bad_step, 2);
  EXPECT_EQ(result.bad_layer, 1);
  for (const TypeParam p : network.parameters()) EXPECT_TRUE(std::isfinite(p));
}

TEST(Trainer, HugeLearningRateIsFoundInTheStepAfter) {
  const Problem<float> problem;
  Network network = small_network<float>();
  Trainer trainer(network, {.solver = Solver::sgd, .learning_rate = 1e30, .batch_size = 0}, kRows);
  EXPECT_EQ(trainer.train_epoch(problem.features(), problem.targets()).divergence, Divergence::none);
  EXPECT_NE(trainer.train_epoch(problem.features(), problem.targets()).divergence, Divergence::none);
}

TEST(Trainer, TwoInOneProcessDoNotDisturbEachOther) {
  const Problem<float> problem;
  const std::vector<double> alone = trained(problem);
  std::vector<double> one, other;
  std::thread first([&] { one = trained(problem); });
  std::thread second([&] { other = trained(problem); });
  first.join();
  second.join();
  EXPECT_EQ(one, alone);
  EXPECT_EQ(other, alone);
}

TEST(Trainer, AHostsRoundingChangesNothing) {
  const Problem<float> problem;
  const std::vector<double> expected = trained(problem);
  std::fesetround(FE_UPWARD);
  const std::vector<double> found = trained(problem);
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(found, expected);
}

// Losses of a step each: the sum's order is the one that the bit contract fixes for sums over rows.
TEST(Trainer, TheLossOfAnEpochIsSummedInBlocks) {
  BasicNetwork<double> network(multilayer(1, {}, 1, {}));  // all zero: a row's loss is y^2 / 2
  constexpr int64_t kSteps = 1000;
  std::vector<double> x(kSteps, 0.0), y;
  double chain = 0.0;
  kernels::BlockedSum blocks;
  for (int64_t i = 0; i < kSteps; ++i) {
    y.push_back(1.0 / static_cast<double>(i + 3));
    chain += 0.5 * (y.back() * y.back());
    blocks.add(0.5 * (y.back() * y.back()));
  }
  BasicTrainer<double> trainer(
      network, {.solver = Solver::sgd, .learning_rate = 0.0, .batch_size = 1, .shuffle = false}, kSteps);
  const double loss = trainer.train_epoch({x.data(), kSteps, 1}, {y.data(), kSteps, 1}).loss;
  EXPECT_EQ(loss, blocks.total() / kSteps);
  EXPECT_NE(loss, chain / kSteps);
}

// Weights at rest, so that z = x: the first step's mean and sample variance replace what was there, then the n-th step
// moves them 1/n of the way, and from the tenth on a tenth.
TEST(Trainer, RunningStatisticsFollowTheMinibatches) {
  BasicNetwork<double> network(NetworkSpec{1, {Affine{1}, BatchNorm{1.0}, Affine{1}}, {}});
  const std::vector<double> values = {1.0, 0.0, 2.0, 3.0, 1.0, 0.0, 10.0, 7.0};  // ..., running mean, variance
  std::copy(values.begin(), values.end(), network.parameters().begin());
  BasicTrainer<double> trainer(network, {.solver = Solver::sgd, .learning_rate = 0.0, .batch_size = 0}, 3);
  const std::vector<double> y(3, 0.0), first = {1.0, 2.0, 6.0}, later = {0.0, 0.0, 3.0};
  double mean = 3.0, variance = 7.0;
  for (int step = 1; step <= 15; ++step) {
    trainer.train_step({step == 1 ? first.data() : later.data(), 3, 1}, {y.data(), 3, 1});
    const double share = step < 10 ? 1.0 / step : 0.1;
    if (step > 1) mean += share * (1.0 - mean);
    if (step > 1) variance += share * (3.0 - variance);
    EXPECT_NEAR(network.parameters()[6], mean, 1e-14) << step;
    EXPECT_NEAR(network.parameters()[7], variance, 1e-14) << step;
  }
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(network.parameters()[i], values[i]);
}

TEST(Trainer, RefusesOptionsOutOfRange) {
  Network network = small_network<float>();
  EXPECT_THROW(Trainer(network, {.batch_size = -1}, 10), Error);
  EXPECT_THROW(Trainer(network, {.threads = 0}, 10), Error);
  EXPECT_THROW(Trainer(network, {}, 0), Error);
}

TEST(Predictor, ARowsBitsDoNotDependOnItsBatch) {
  const Problem<float> problem;
  const Network network = small_network<float>();
  std::vector<float> all(kRows), alone(kRows);
  Predictor batched(network, 64);
  Predictor single(network);
  batched.predict(problem.features(), {all.data(), kRows, 1});
  for (int64_t row = 0; row < kRows; ++row) single.predict(problem.features().row(row), {alone.data() + row, 1});
  EXPECT_EQ(all, alone);
  EXPECT_THROW(Predictor(network, 0), Error);
}

/// 1/2 (a - y)^2 in the caller's words; with `intervals` the targets are (low, high) and the loss is 0 between them.
BasicCustomLoss<double> squared_loss(bool intervals) {
  return {intervals ? 2 : 1, [=](MatrixView<const double> z, MatrixView<const double> y, MatrixView<double> delta,
                                 std::span<double> losses) {
            for (int64_t i = 0; i < z.rows(); ++i) {
              const double below = std::min(0.0, z(i, 0) - y(i, 0));
              const double above = std::max(0.0, z(i, 0) - y(i, y.columns() - 1));
              delta(i, 0) = below + above;
              losses[static_cast<std::size_t>(i)] = 0.5 * delta(i, 0) * delta(i, 0);
            }
          }};
}

TEST(TrainerWithCustomLoss, SquaredErrorInTheCallersWordsIsTheLibrarys) {
  const Problem<double> problem;
  const TrainerOptions options = {.l2 = 0.1, .batch_size = 32};
  BasicNetwork<double> network = small_network<double>(), other = small_network<double>();
  BasicTrainer<double> trainer(network, options, kRows), custom(other, options, kRows, squared_loss(false));
  for (int epoch = 0; epoch < 5; ++epoch) {
    const double loss = trainer.train_epoch(problem.features(), problem.targets()).loss;
    EXPECT_NEAR(custom.train_epoch(problem.features(), problem.targets()).loss, loss, 1e-12);
  }
  for (std::size_t i = 0; i < network.parameters().size(); ++i)
    EXPECT_NEAR(other.parameters()[i], network.parameters()[i], 1e-9);
}

TEST(TrainerWithCustomLoss, LearnsFromTargetsOfItsOwnWidth) {
  const Problem<double> problem;
  std::vector<double> intervals;
  for (const double y : problem.y) intervals.insert(intervals.end(), {y - 0.1, y + 0.1});
  BasicNetwork<double> network = small_network<double>();
  BasicTrainer<double> trainer(network, {.learning_rate = 0.01, .batch_size = 32}, kRows, squared_loss(true));
  const MatrixView<const double> targets(intervals.data(), kRows, 2);
  double loss = 1.0;
  for (int epoch = 0; epoch < 60; ++epoch) loss = trainer.train_epoch(problem.features(), targets).loss;
  EXPECT_LT(loss, 1e-3);
  EXPECT_THROW(BasicTrainer<double>(network, {}, kRows, BasicCustomLoss<double>{}), Error);
}

// Weights 1 and 2, over their mean: the gradient of the rows repeated.
TEST(Trainer, WeightsInTheLastColumnOfTheTargetsCount) {
  const Problem<double> problem;
  std::vector<double> weighted, x, y;
  double total = 0.0;
  for (int64_t i = 0; i < kRows; ++i) total += static_cast<double>(i % 2 + 1);
  for (int64_t i = 0; i < kRows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const int64_t weight = i % 2 + 1;
    weighted.insert(weighted.end(), {problem.y[row], static_cast<double>(weight * kRows) / total});
    for (int64_t copy = 0; copy < weight; ++copy) {
      x.insert(x.end(), {problem.x[2 * row], problem.x[2 * row + 1]});
      y.push_back(problem.y[row]);
    }
  }
  const auto repeated = static_cast<int64_t>(y.size());
  BasicNetwork<double> network = small_network<double>(), other = small_network<double>();
  BasicTrainer<double> with(network, {.batch_size = 0, .weighted = true}, kRows);
  BasicTrainer<double> without(other, {.batch_size = 0}, repeated);
  for (int epoch = 0; epoch < 20; ++epoch) {
    const double loss = with.train_epoch(problem.features(), {weighted.data(), kRows, 2}).loss;
    EXPECT_NEAR(without.train_epoch({x.data(), repeated, 2}, {y.data(), repeated, 1}).loss, loss, 1e-12);
  }
}

}  // namespace
}  // namespace gradus
