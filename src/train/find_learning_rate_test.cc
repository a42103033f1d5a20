#include <gtest/gtest.h>

#include <cmath>

#include "gradus/error.h"
#include "gradus/learning_rate.h"
#include "gradus/train.h"

#include "source_path.h"

namespace gradus {
namespace {

TrainOptions options() {
  return {.target = "species", .hidden = "8 tanh", .solver = Solver::sgd};
}

LearningRateRange found(const TrainOptions& options, const LearningRateRamp& ramp) {
  return find_learning_rate(read_csv(source_path("data/iris.csv")), options, ramp);
}

// At rates too small to move a weight, each epoch's minibatches have the loss of the first weights, which an epoch of
// `train` at such a rate has as well.
TEST(FindLearningRate, StartsWhereTrainingDoesOnItsRows) {
  constexpr int64_t kStepsAnEpoch = 5;  // of 27 of the 135 training rows
  TrainOptions still = options();
  still.precision = Precision::float64;
  still.batch_size = 27;
  const LearningRateRange range = found(still, {.lowest = 1e-18, .highest = 2e-18, .steps = kStepsAnEpoch});
  double mean = 0.0;
  for (const LearningRateStep& step : range.steps) mean += step.loss / kStepsAnEpoch;
  still.learning_rate = 1e-18;
  still.epochs = 1;
  EXPECT_NEAR(train(read_csv(source_path("data/iris.csv")), still).history().front().train_loss, mean, 1e-12);
}

TEST(FindLearningRate, EndsWhereTheLossBlowsUpAndSuggestsAMuchLowerRate) {
  TrainOptions numbers = options();
  numbers.target = "petal_width";
  const LearningRateRange range = found(numbers, {.lowest = 1e-5, .highest = 1e5, .steps = 300});
  EXPECT_LT(range.steps.size(), 300u);
  ASSERT_TRUE(range.suggested);
  EXPECT_LT(*range.suggested, range.steps.back().learning_rate / 10.0);
  numbers.learning_rate = *range.suggested;
  EXPECT_EQ(train(read_csv(source_path("data/iris.csv")), numbers).stop_reason() == StopReason::diverged, false);
}

TEST(FindLearningRate, SuggestsNoneWhereNoneHelps) {
  EXPECT_FALSE(found(options(), {.lowest = 1e-12, .highest = 1e-11}).suggested);
}

TEST(FindLearningRate, TheRateGivenDoesNotMatter) {
  TrainOptions given = options();
  given.learning_rate = 0.7;
  EXPECT_EQ(found(given, {}).suggested, found(options(), {}).suggested);
}

TEST(FindLearningRate, RefusesRampsAndSolversWithoutARate) {
  EXPECT_THROW(found(options(), {.lowest = 0.0}), Error);
  EXPECT_THROW(found(options(), {.lowest = 1.0, .highest = 0.5}), Error);
  EXPECT_THROW(found(options(), {.steps = 1}), Error);
  TrainOptions all_rows = options();
  all_rows.solver = Solver::rprop;
  EXPECT_THROW(found(all_rows, {}), Error);
}

}  // namespace
}  // namespace gradus
