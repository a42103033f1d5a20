#include "train/fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace gradus {
namespace {

constexpr int64_t kRows = 60;

/// Noise to be memorised: training loss falls, validation loss soon rises.
struct Noise {
  Noise() : x(kRows), y(kRows) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = std::sin(12.9898 * static_cast<double>(i + 1));
      y[i] = std::cos(78.233 * static_cast<double>((i + 1) * (i + 1)));
      (i < 40 ? training : validation).push_back(static_cast<uint32_t>(i));
    }
  }
  FitData<double> data() const {
    const MatrixView<const double> features(x.data(), kRows, 1);
    const MatrixView<const double> targets(y.data(), kRows, 1);
    return {features, targets, training, features, targets, validation};
  }
  std::vector<double> x, y;
  std::vector<uint32_t> training, validation;
};

Recipe recipe_of(int64_t epochs) {
  Recipe recipe;
  recipe.network = multilayer(1, std::vector<HiddenLayer>{{30, Activation::tanh, 0.0}}, 1, {});
  recipe.trainer = {.solver = Solver::adam, .learning_rate = 0.05, .batch_size = 8};
  recipe.epochs = epochs;
  recipe.early_stopping = true;
  recipe.patience = epochs;
  return recipe;
}

BasicNetwork<double> start(const Recipe& recipe) {
  BasicNetwork<double> network(recipe.network);
  network.initialize(4);
  return network;
}

std::vector<double> copy(const BasicNetwork<double>& network) {
  return {network.parameters().begin(), network.parameters().end()};
}

TEST(Fit, RestoresTheWeightsOfTheBestEpoch) {
  const Noise noise;
  Recipe recipe = recipe_of(60);
  BasicNetwork<double> full = start(recipe);
  const FitOutcome outcome = fit<double>(full, noise.data(), recipe, Task::regression, {});
  ASSERT_EQ(outcome.history.size(), 60u);
  ASSERT_GT(outcome.best_epoch, 0);
  ASSERT_LT(outcome.best_epoch, 60);
  for (const EpochRecord& record : outcome.history)
    EXPECT_GE(record.validation_loss,
              outcome.history[static_cast<std::size_t>(outcome.best_epoch - 1)].validation_loss);
  // The same run stopped right there has the same weights, to the bit.
  recipe.epochs = outcome.best_epoch;
  BasicNetwork<double> shorter = start(recipe);
  const FitOutcome stopped = fit<double>(shorter, noise.data(), recipe, Task::regression, {});
  EXPECT_EQ(stopped.best_epoch, outcome.best_epoch);
  EXPECT_EQ(copy(shorter), copy(full));
}

TEST(Fit, ALaterEpochWithinTheStandardErrorsIsPreferred) {
  const Noise noise;
  Recipe recipe = recipe_of(60);
  BasicNetwork<double> lowest = start(recipe);
  const int64_t lowest_epoch = fit<double>(lowest, noise.data(), recipe, Task::regression, {}).best_epoch;
  recipe.standard_errors = 1000.0;
  BasicNetwork<double> last = start(recipe);
  EXPECT_EQ(fit<double>(last, noise.data(), recipe, Task::regression, {}).best_epoch, 60);
  EXPECT_LT(lowest_epoch, 60);
}

// Where another schedule would stop, an adaptive rate falls to a fifth, until it is at most 1e-6.
TEST(Fit, AnAdaptiveRateFallsBeforeTheRunStops) {
  const Noise noise;
  Recipe recipe = recipe_of(1000);
  recipe.schedule = Schedule::adaptive;
  recipe.schedule_settings.decay = 0.2;
  recipe.patience = 3;
  BasicNetwork<double> network = start(recipe);
  const FitOutcome outcome = fit<double>(network, noise.data(), recipe, Task::regression, {});
  EXPECT_EQ(outcome.reason, StopReason::early_stopping);
  double rate = 0.05;
  for (const EpochRecord& record : outcome.history) {
    if (record.learning_rate < rate * 0.9) rate *= 0.2;
    EXPECT_NEAR(record.learning_rate, rate, 1e-12);
  }
  EXPECT_LE(rate, 1e-6);
  EXPECT_GT(rate, 1e-7);
}

TEST(Fit, WithoutEarlyStoppingTheLastWeightsAreKept) {
  const Noise noise;
  Recipe recipe = recipe_of(60);
  recipe.early_stopping = false;
  BasicNetwork<double> network = start(recipe);
  const FitOutcome outcome = fit<double>(network, noise.data(), recipe, Task::regression, {});
  EXPECT_EQ(outcome.reason, StopReason::completed);
  EXPECT_EQ(outcome.best_epoch, 60);
  EXPECT_TRUE(std::isfinite(outcome.history.back().validation_loss));
}

TEST(Fit, EarlyStoppingWaitsItsPatienceAndNoLonger) {
  const Noise noise;
  Recipe recipe = recipe_of(500);
  recipe.patience = 7;
  BasicNetwork<double> network = start(recipe);
  const FitOutcome outcome = fit<double>(network, noise.data(), recipe, Task::regression, {});
  EXPECT_EQ(outcome.reason, StopReason::early_stopping);
  EXPECT_EQ(static_cast<int64_t>(outcome.history.size()), outcome.best_epoch + 7);
}

/// The epoch after which `patience` epochs in a row improved by no more than `tolerance` on the best before them, from
/// what the history says; 0 when none.
int64_t end_of_patience(const std::vector<double>& judged, int64_t patience, double tolerance) {
  double reference = std::numeric_limits<double>::infinity();
  int64_t since = 0;
  for (std::size_t epoch = 0; epoch < judged.size(); ++epoch) {
    since = judged[epoch] < reference - tolerance ? 0 : since + 1;
    if (since == 0) reference = judged[epoch];
    if (since == patience) return static_cast<int64_t>(epoch) + 1;
  }
  return 0;
}

// The loss goes on being recorded whatever is gone by, and the same tolerance means the metric's own units.
TEST(Fit, AnyMetricStopsByItsOwnTolerance) {
  const Noise noise;
  TargetEncoder encoder;
  encoder.task = Task::regression;
  encoder.columns = {TargetColumn{.name = "y", .mean = 0.0, .scale = 0.01}};  // in the column's units a hundredfold
  for (const Metric metric : {Metric::rmse, Metric::mae, Metric::r2, Metric::median_absolute_error}) {
    std::vector<std::size_t> lengths;
    for (const double tolerance : {0.0, metric == Metric::r2 ? 0.02 : 1.0}) {
      SCOPED_TRACE(std::string(name(metric)) + " " + std::to_string(tolerance));
      Recipe recipe = recipe_of(200);
      recipe.patience = 9;
      recipe.metric = metric;
      recipe.tolerance = tolerance;
      FitData<double> data = noise.data();
      data.encoder = &encoder;
      BasicNetwork<double> network = start(recipe);
      const FitOutcome outcome = fit<double>(network, data, recipe, Task::regression, {});
      std::vector<double> judged;
      for (const EpochRecord& record : outcome.history) {
        EXPECT_TRUE(std::isfinite(record.validation_loss));
        judged.push_back(metric == Metric::r2 ? -record.validation_metric : record.validation_metric);
      }
      EXPECT_EQ(outcome.reason, StopReason::early_stopping);
      EXPECT_EQ(std::ssize(judged), end_of_patience(judged, 9, tolerance));
      EXPECT_EQ(judged[static_cast<std::size_t>(outcome.best_epoch - 1)],
                *std::min_element(judged.begin(), judged.end()));
      lengths.push_back(judged.size());
    }
    EXPECT_LE(lengths[1], lengths[0]);
  }
}

TEST(Fit, WithoutValidationTheLastWeightsAreKept) {
  const Noise noise;
  FitData<double> data = noise.data();
  data.validation = {};
  const Recipe recipe = recipe_of(5);
  BasicNetwork<double> network = start(recipe);
  const FitOutcome outcome = fit<double>(network, data, recipe, Task::regression, {});
  EXPECT_EQ(outcome.best_epoch, 5);
  EXPECT_TRUE(std::isnan(outcome.history.front().validation_loss));
}

TEST(Fit, StopsBetweenStepsWhenAskedAndKeepsTheBest) {
  const Noise noise;
  const Recipe recipe = recipe_of(50);
  BasicNetwork<double> network = start(recipe);
  int steps = 0;
  TrainOptions callbacks;
  callbacks.should_stop = [&steps] { return ++steps > 12; };  // five steps an epoch: in the third
  const FitOutcome outcome = fit<double>(network, noise.data(), recipe, Task::regression, callbacks);
  EXPECT_EQ(outcome.reason, StopReason::interrupted);
  EXPECT_EQ(outcome.history.size(), 2u);
}

TEST(Fit, DivergenceKeepsTheLastGoodWeights) {
  const Noise noise;
  Recipe recipe = recipe_of(20);
  recipe.trainer.solver = Solver::sgd;
  recipe.trainer.learning_rate = 1e200;
  BasicNetwork<double> network = start(recipe);
  const std::vector<double> initial = copy(network);
  const FitOutcome outcome = fit<double>(network, noise.data(), recipe, Task::regression, {});
  EXPECT_EQ(outcome.reason, StopReason::diverged);
  EXPECT_EQ(outcome.best_epoch, 0);
  EXPECT_EQ(copy(network), initial);
  EXPECT_NE(outcome.divergence.find("in epoch 1, step "), std::string::npos) << outcome.divergence;
  EXPECT_NE(outcome.divergence.find("layer "), std::string::npos);
}

TEST(Fit, WeightsThatGiveNoFiniteLossAreNotKeptWithoutValidationEither) {
  const Noise noise;
  FitData<double> data = noise.data();
  data.validation = {};
  Recipe recipe = recipe_of(1);  // one step: nothing follows that would meet the infinite loss
  recipe.trainer.solver = Solver::sgd;
  recipe.trainer.learning_rate = 1e200;
  recipe.trainer.batch_size = 0;
  BasicNetwork<double> network = start(recipe);
  const std::vector<double> initial = copy(network);
  const FitOutcome outcome = fit<double>(network, data, recipe, Task::regression, {});
  EXPECT_EQ(outcome.reason, StopReason::diverged);
  EXPECT_EQ(outcome.best_epoch, 0);
  EXPECT_EQ(copy(network), initial);
}

TEST(Fit, ProgressCountsRowsUpToTheWhole) {
  const Noise noise;
  const Recipe recipe = recipe_of(3);
  BasicNetwork<double> network = start(recipe);
  int64_t last = 0;
  TrainOptions callbacks;
  callbacks.on_progress = [&last](int64_t done, int64_t total) {
    EXPECT_GT(done, last);
    EXPECT_EQ(total, 3 * 40);
    last = done;
  };
  fit<double>(network, noise.data(), recipe, Task::regression, callbacks);
  EXPECT_EQ(last, 3 * 40);
}

}  // namespace
}  // namespace gradus
