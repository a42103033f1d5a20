#include "train/weight_average.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "gradus/trainer.h"

#include "base/test_files.h"
#include "train/fit.h"

namespace gradus {
namespace {

TEST(WeightAverage, ByHand) {
  WeightAverage<double> ema(0.75, -1.0, 10, 2);
  const std::vector<double> a = {1.0, 2.0}, b = {5.0, -2.0}, c = {3.0, 7.0};
  EXPECT_EQ(ema.weights(a).data(), a.data());
  ema.after_step(a);
  ema.after_step(b);
  ema.after_epoch(9, c);  // not its business
  EXPECT_EQ(ema.weights(c)[0], 2.0);
  EXPECT_EQ(ema.weights(c)[1], 1.0);
  ema.after_step(c);
  EXPECT_EQ(ema.weights(c)[0], 2.25);
  EXPECT_EQ(ema.weights(c)[1], 2.5);

  WeightAverage<double> swa(0.0, 0.5, 5, 2);  // from epoch 2 of 0 .. 4 on
  swa.after_step(a);
  swa.after_epoch(1, a);
  EXPECT_EQ(swa.weights(a).data(), a.data());
  swa.after_epoch(2, a);
  swa.after_epoch(3, b);
  EXPECT_EQ(swa.weights(c)[0], 3.0);
  EXPECT_EQ(swa.weights(c)[1], 0.0);
  swa.after_epoch(4, c);
  EXPECT_DOUBLE_EQ(swa.weights(c)[0], 3.0);
  EXPECT_DOUBLE_EQ(swa.weights(c)[1], 7.0 / 3.0);
}

/// Full batches, so that a trainer of the public API walks the same way whatever the order of the rows.
struct Walk {
  static constexpr int64_t kRows = 40;
  Walk() : x(kRows), y(kRows) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = std::sin(1.7 * static_cast<double>(i));
      y[i] = x[i] * x[i];
      rows.push_back(static_cast<uint32_t>(i));
    }
    recipe.network = multilayer(1, std::vector<HiddenLayer>{{9, Activation::tanh, 0.0}}, 1, {});
    recipe.trainer = {.solver = Solver::adam, .learning_rate = 0.05, .batch_size = 0, .shuffle = false};
    recipe.epochs = 12;
  }
  MatrixView<const double> features() const { return {x.data(), kRows, 1}; }
  MatrixView<const double> targets() const { return {y.data(), kRows, 1}; }
  BasicNetwork<double> start() const {
    BasicNetwork<double> network(recipe.network);
    network.initialize(2);
    return network;
  }
  /// The weights after each epoch of one step.
  std::vector<std::vector<double>> path() const {
    BasicNetwork<double> network = start();
    BasicTrainer<double> trainer(network, recipe.trainer, kRows);
    std::vector<std::vector<double>> all;
    for (int64_t epoch = 0; epoch < recipe.epochs; ++epoch) {
      trainer.train_epoch(features(), targets());
      all.emplace_back(network.parameters().begin(), network.parameters().end());
    }
    return all;
  }
  /// What `fit` keeps, and its validation loss there.
  std::pair<std::vector<double>, double> kept() const {
    Recipe batch = recipe;
    batch.trainer.batch_size = kRows;
    BasicNetwork<double> network = start();
    const FitOutcome outcome =
        fit<double>(network, {features(), targets(), rows, features(), targets(), rows}, batch, Task::regression, {});
    return {{network.parameters().begin(), network.parameters().end()}, outcome.history.back().validation_loss};
  }
  Recipe recipe;
  std::vector<double> x, y;
  std::vector<uint32_t> rows;
};

void expect_kept(const Walk& walk, const std::vector<double>& expected) {
  const auto [weights, loss] = walk.kept();
  ASSERT_EQ(weights.size(), expected.size());
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(weights[i], expected[i], 1e-12);
  // And those are the weights that were validated: a trainer at rest says what their loss is.
  BasicNetwork<double> network(walk.recipe.network);
  std::copy(expected.begin(), expected.end(), network.parameters().begin());
  BasicTrainer<double> trainer(network, walk.recipe.trainer, Walk::kRows);
  EXPECT_NEAR(loss, trainer.train_step(walk.features(), walk.targets()), 1e-12);
}

TEST(WeightAverage, OfEveryStepIsWhatFitValidatesAndKeeps) {
  Walk walk;
  walk.recipe.ema = 0.8;
  const auto path = walk.path();
  std::vector<double> average = path.front();
  for (std::size_t t = 1; t < path.size(); ++t)
    for (std::size_t i = 0; i < average.size(); ++i) average[i] = 0.8 * average[i] + 0.2 * path[t][i];
  expect_kept(walk, average);
}

TEST(WeightAverage, OfLateEpochsIsWhatFitValidatesAndKeeps) {
  Walk walk;
  walk.recipe.swa = 0.5;
  const auto path = walk.path();
  std::vector<double> average(path.front().size());
  for (std::size_t t = 6; t < path.size(); ++t)
    for (std::size_t i = 0; i < average.size(); ++i) average[i] += path[t][i] / 6.0;
  expect_kept(walk, average);
}

/// What a trainer of the public API averages over two calls, beside the average of its path.
void expect_averaged(const Walk& walk, const TrainerOptions& options, const std::vector<double>& expected) {
  BasicNetwork<double> network = walk.start();
  BasicTrainer<double> trainer(network, options, Walk::kRows);
  EXPECT_EQ(trainer.averaged_parameters().data(), std::as_const(network).parameters().data());  // none yet
  trainer.partial_fit(walk.features(), walk.targets(), 5);
  trainer.partial_fit(walk.features(), walk.targets(), 7);
  const std::span<const double> found = trainer.averaged_parameters();
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12);
  const std::vector<double> last = walk.path().back();
  EXPECT_TRUE(std::equal(last.begin(), last.end(), network.parameters().begin()));  // whose own weights go on as ever
}

TEST(WeightAverage, OfATrainer) {
  const Walk walk;
  const auto path = walk.path();
  TrainerOptions options = walk.recipe.trainer;
  options.epochs = walk.recipe.epochs;
  expect_averaged(walk, options, path.back());
  options.ema = 0.8;
  std::vector<double> average = path.front();
  for (std::size_t t = 1; t < path.size(); ++t)
    for (std::size_t i = 0; i < average.size(); ++i) average[i] = 0.8 * average[i] + 0.2 * path[t][i];
  expect_averaged(walk, options, average);
  options.ema = 0.0;
  options.swa = 0.25;
  average.assign(average.size(), 0.0);
  for (std::size_t t = 3; t < path.size(); ++t)
    for (std::size_t i = 0; i < average.size(); ++i) average[i] += path[t][i] / 9.0;
  expect_averaged(walk, options, average);
}

TEST(WeightAverage, OfATrainersStepsOneByOne) {
  const Walk walk;
  TrainerOptions options = walk.recipe.trainer;
  options.ema = 0.5;
  BasicNetwork<double> network = walk.start();
  BasicTrainer<double> trainer(network, options, Walk::kRows);
  trainer.train_step(walk.features(), walk.targets());
  const std::vector<double> first(network.parameters().begin(), network.parameters().end());
  trainer.train_step(walk.features(), walk.targets());
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_NEAR(trainer.averaged_parameters()[i], 0.5 * (first[i] + network.parameters()[i]), 1e-15);
}

TEST(WeightAverage, OfATrainerRefusesWhatDoesNotGoTogether) {
  const Walk walk;
  BasicNetwork<double> network = walk.start();
  const auto refused = [](BasicNetwork<double>& trained, const TrainerOptions& options) {
    return error_of([&] { BasicTrainer<double>(trained, options, Walk::kRows); }).message();
  };
  EXPECT_EQ(refused(network, {.ema = 0.9, .swa = 0.5}), "swa: found with ema, expected one way to average the weights");
  EXPECT_TRUE(refused(network, {.ema = 1.0}).starts_with("ema: found 1"));
  EXPECT_TRUE(refused(network, {.swa = 1.0}).starts_with("swa: found 1"));
  BasicNetwork<double> normed(
      multilayer(1, std::vector<HiddenLayer>{{9, Activation::tanh, 0.0, Normalization::batch}}, 1, {}));
  EXPECT_TRUE(refused(normed, {.swa = 0.5}).starts_with("swa: found with batch normalization, expected ema"));
}

}  // namespace
}  // namespace gradus
