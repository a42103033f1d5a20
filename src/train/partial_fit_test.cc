// A run cut into parts, and runs in which some layers stand still.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradus/error.h"
#include "gradus/trainer.h"

#include "train/fit.h"
#include "train/test_problem.h"

namespace gradus {
namespace {

/// Rules for minibatches, each with a rate that it learns at.
std::vector<std::pair<Solver, double>> rules() {
  return {{Solver::sgd, 0.02},     {Solver::momentum, 0.02}, {Solver::nesterov, 0.02}, {Solver::rmsprop, 0.003},
          {Solver::adagrad, 0.03}, {Solver::adadelta, 1.0},  {Solver::adam, 0.01},     {Solver::amsgrad, 0.01},
          {Solver::adamax, 0.01},  {Solver::nadam, 0.01},    {Solver::adamw, 0.01},    {Solver::lion, 0.001},
          {Solver::rprop, 0.01}};
}

template <typename T>
std::vector<T> parameters_of(const BasicNetwork<T>& network) {
  return {network.parameters().begin(), network.parameters().end()};
}

/// The same run by train()'s own loop over epochs.
template <typename T>
std::vector<T> fitted(const Problem<T>& problem, const TrainerOptions& options) {
  BasicNetwork<T> network = small_network<T>(1, 0.1);
  std::vector<uint32_t> rows(kRows);
  for (uint32_t row = 0; row < kRows; ++row) rows[row] = row;
  const FitData<T> data{problem.features(), problem.targets(), rows, problem.features(), problem.targets(), {}};
  Recipe recipe;
  recipe.network = network.spec();
  recipe.trainer = options;
  recipe.schedule = options.schedule;
  recipe.schedule_settings = {.warmup = options.warmup,
                              .decay = options.rate_decay.value_or(usual_decay(options.schedule)),
                              .power = options.rate_power,
                              .cycle = options.cycle,
                              .cycle_growth = options.cycle_growth};
  recipe.epochs = options.epochs;
  recipe.ema = options.ema;
  recipe.swa = options.swa.value_or(-1.0);
  recipe.patience = ScheduledRun().patience;
  recipe.tolerance = ScheduledRun().tolerance;
  fit<T>(network, data, recipe, Task::regression, {});
  return parameters_of(network);
}

template <typename T>
class PartialFitOf : public testing::Test {};
using BothPrecisions = testing::Types<float, double>;
TYPED_TEST_SUITE(PartialFitOf, BothPrecisions);

TYPED_TEST(PartialFitOf, PartialFitsAreOneFitBitForBit) {
  const Problem<TypeParam> problem;
  for (const std::string& called : names<Schedule>()) {
    const auto schedule = parse<Schedule>(called, "schedule");
    for (const auto& [solver, rate] : rules()) {
      if (solver == Solver::rprop && schedule != Schedule::constant) continue;
      // Fast enough that a plateau is met.
      const bool plateau = schedule == Schedule::plateau || schedule == Schedule::adaptive;
      const TrainerOptions options = {.solver = solver,
                                      .learning_rate = plateau && solver == Solver::adam ? 0.1 : rate,
                                      .l2 = 0.1,
                                      .weight_decay = 0.01,
                                      .batch_size = solver == Solver::rprop ? 0 : 64,
                                      .schedule = schedule,
                                      .epochs = plateau ? 30 : 12,
                                      .warmup = solver == Solver::adam ? 1.5 : 0.0,
                                      .cycle = schedule == Schedule::cosine && solver == Solver::sgd ? 4 : 0,
                                      .ema = solver == Solver::adamw ? 0.9 : 0.0,
                                      .swa = solver == Solver::nesterov ? std::optional(0.5) : std::nullopt};
      BasicNetwork<TypeParam> once = small_network<TypeParam>(1, 0.1), often = small_network<TypeParam>(1, 0.1);
      BasicTrainer<TypeParam> at_once(once, options, kRows), by_parts(often, options, kRows);
      at_once.partial_fit(problem.features(), problem.targets(), options.epochs);
      for (const int64_t epochs : {int64_t{1}, int64_t{4}, int64_t{1}, options.epochs - 6})
        by_parts.partial_fit(problem.features(), problem.targets(), epochs);
      EXPECT_EQ(parameters_of(often), parameters_of(once)) << name(solver) << ", " << name(schedule);
      const std::span<const TypeParam> kept = by_parts.averaged_parameters();
      EXPECT_EQ(std::vector<TypeParam>(kept.begin(), kept.end()), fitted(problem, options))
          << name(solver) << ", " << name(schedule);
    }
  }
}

// One step an epoch: the last of three has the rate at 2/3 of half a cosine, a quarter of the first.
TEST(Trainer, ASchedulePastItsEndStaysAtItsLastRate) {
  const Problem<double> problem;
  BasicNetwork<double> network = small_network<double>();
  TrainerOptions options = {.solver = Solver::sgd, .learning_rate = 0.1, .batch_size = 0};
  TrainerOptions scheduled = options;
  scheduled.schedule = Schedule::cosine;
  scheduled.epochs = 3;
  BasicTrainer<double> trainer(network, scheduled, kRows);
  trainer.partial_fit(problem.features(), problem.targets(), 3);
  BasicNetwork<double> other = network;
  options.learning_rate = 0.025;
  BasicTrainer<double> at_its_end(other, options, kRows);
  at_its_end.partial_fit(problem.features(), problem.targets(), 2);
  trainer.partial_fit(problem.features(), problem.targets(), 2);
  for (std::size_t i = 0; i < network.parameters().size(); ++i)
    EXPECT_NEAR(network.parameters()[i], other.parameters()[i], 1e-14);
}

TEST(Trainer, PartialFitEndsWhereItDiverges) {
  Problem<float> problem;
  problem.y[7] = std::numeric_limits<float>::infinity();
  Network network = small_network<float>();
  Trainer trainer(network, {.batch_size = 0}, kRows);
  EXPECT_EQ(trainer.partial_fit(problem.features(), problem.targets(), 5).divergence, Divergence::loss);
  EXPECT_EQ(trainer.epochs(), 1);
}

/// Layer by layer whether training moved any of its weights and biases.
template <typename T>
std::vector<bool> moved(const BasicNetwork<T>& before, const BasicNetwork<T>& after) {
  std::vector<bool> layers;
  for (int64_t affine = 0; affine < before.affine_count(); ++affine) {
    const auto same = [](auto a, auto b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
    bool all = same(before.bias(affine), after.bias(affine));
    for (int64_t row = 0; row < before.weight(affine).rows(); ++row)
      all = all && same(before.weight(affine).row(row), after.weight(affine).row(row));
    layers.push_back(!all);
  }
  return layers;
}

// Shards take the whole gradient before the update, one shard updates slab by slab.
TYPED_TEST(PartialFitOf, FrozenLayersKeepEveryBit) {
  const Problem<TypeParam> problem;
  for (const auto& [solver, rate] : rules()) {
    for (const int64_t shards : {1, 3}) {
      const BasicNetwork<TypeParam> before = small_network<TypeParam>();
      BasicNetwork<TypeParam> network = before;
      BasicTrainer<TypeParam> trainer(network,
                                      {.solver = solver,
                                       .learning_rate = rate,
                                       .l2 = 1.0,
                                       .weight_decay = solver == Solver::adamw || solver == Solver::lion ? 0.1 : 0.0,
                                       .batch_size = solver == Solver::rprop ? 0 : 64,
                                       .shards = shards,
                                       .frozen = {2, 1}},
                                      kRows);
      const double first = trainer.train_epoch(problem.features(), problem.targets()).loss;
      EXPECT_LT(trainer.partial_fit(problem.features(), problem.targets(), 5).loss, first) << name(solver);
      EXPECT_EQ(moved(before, network), (std::vector<bool>{false, false, true})) << name(solver) << ", " << shards;
    }
  }
}

// With the layers below frozen, what is left is a network of one layer on the features that they make.
TEST(Trainer, TheLayersLeftLearnAsIfTheFrozenOnesWereTheirData) {
  const Problem<double> problem;
  BasicNetwork<double> network(multilayer(2, std::vector<HiddenLayer>{{9, Activation::identity, 0.0}}, 1, {}));
  network.initialize(3);
  std::vector<double> x(kRows * 9);
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t unit = 0; unit < 9; ++unit) {
      const double below = std::fma(problem.features()(row, 0), network.weight(0)(0, unit), network.bias(0)[0]);
      x[static_cast<std::size_t>(row * 9 + unit)] =
          std::fma(problem.features()(row, 1), network.weight(0)(1, unit), below);
    }
  }
  BasicNetwork<double> top(multilayer(9, {}, 1, {}));
  std::copy_n(network.weight(1).data(), 9, top.weight(0).data());
  const TrainerOptions options = {.batch_size = 64};
  TrainerOptions freezing = options;
  freezing.frozen = {1};
  BasicTrainer<double> whole(network, freezing, kRows), alone(top, options, kRows);
  whole.partial_fit(problem.features(), problem.targets(), 4);
  alone.partial_fit({x.data(), kRows, 9}, problem.targets(), 4);
  for (int64_t unit = 0; unit < 9; ++unit) EXPECT_NEAR(network.weight(1)(unit, 0), top.weight(0)(unit, 0), 1e-12);
  EXPECT_NEAR(network.bias(1)[0], top.bias(0)[0], 1e-12);
}

// The last layer alone moves, so its gradient alone is clipped: one step of descent has this length.
TEST(Trainer, ANormToClipByIsOfWhatMoves) {
  const Problem<double> problem;
  BasicNetwork<double> network = small_network<double>();
  const BasicNetwork<double> before = network;
  BasicTrainer<double> trainer(
      network, {.solver = Solver::sgd, .learning_rate = 1.0, .clip_norm = 1e-3, .batch_size = 0, .frozen = {1, 2}},
      kRows);
  trainer.train_epoch(problem.features(), problem.targets());
  double squares = 0.0;
  for (std::size_t i = 0; i < network.parameters().size(); ++i) {
    const double moved_by = network.parameters()[i] - before.parameters()[i];
    squares += moved_by * moved_by;
  }
  EXPECT_NEAR(std::sqrt(squares), 1e-3, 1e-9);
}

TEST(Trainer, RefusesLayersToFreezeThatAreNotThereOrAll) {
  Network network = small_network<float>();
  EXPECT_THROW(Trainer(network, {.frozen = {0}}, kRows), Error);
  EXPECT_THROW(Trainer(network, {.frozen = {4}}, kRows), Error);
  EXPECT_THROW(Trainer(network, {.frozen = {1, 2, 3}}, kRows), Error);
  EXPECT_THROW(Trainer(network, {.epochs = 0}, kRows), Error);
  EXPECT_THROW(Trainer(network, {.epochs = 5, .warmup = 6.0}, kRows), Error);
  EXPECT_THROW(Trainer(network, {.rate_decay = 1.5}, kRows), Error);
  EXPECT_THROW(Trainer(network, {.cycle_growth = 0}, kRows), Error);
}

}  // namespace
}  // namespace gradus
