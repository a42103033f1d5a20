// NaN and infinity, wherever they come from, end a run in the step that meets them, and the last good weights are kept.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "train/fit.h"
#include "train/test_problem.h"

namespace gradus {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kBad[] = {std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity};
constexpr int64_t kStepRows = 64;
constexpr int64_t kStepsAnEpoch = 5;  // of the 300 rows

Recipe recipe_of(Activation activation) {
  Recipe recipe;
  recipe.network = multilayer(2, std::vector<HiddenLayer>{{12, activation, 0.0}, {9, activation, 0.0}}, 1, {});
  recipe.trainer = {.solver = Solver::adam, .learning_rate = 0.01, .batch_size = kStepRows};
  recipe.epochs = 3;
  return recipe;
}

struct Ended {
  FitOutcome outcome;
  std::vector<float> kept;
};

/// Trains, and after step `when` (counted from 1) lets `spoil` at the network and the data.
template <typename Spoil>
Ended run(const Recipe& recipe, int64_t when, Spoil&& spoil) {
  Problem<float> problem;
  std::vector<uint32_t> rows(kRows);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint32_t>(i);
  const FitData<float> data = {problem.features(), problem.targets(), rows, problem.features(), problem.targets(), {}};
  Network network(recipe.network);
  network.initialize(1);
  TrainOptions options;
  int64_t steps = 0;
  options.on_progress = [&](int64_t, int64_t) {
    if (++steps == when) spoil(network, problem);
  };
  Ended ended;
  ended.outcome = fit<float>(network, data, recipe, Task::regression, options);
  ended.kept.assign(network.parameters().begin(), network.parameters().end());
  return ended;
}

/// The weights after the epochs that ended before step `when` was over.
std::vector<float> good_weights(Recipe recipe, int64_t when) {
  recipe.epochs = (when - 1) / kStepsAnEpoch;
  Network initial(recipe.network);
  initial.initialize(1);
  if (recipe.epochs == 0) return {initial.parameters().begin(), initial.parameters().end()};
  return run(recipe, -1, [](Network&, Problem<float>&) {}).kept;
}

std::string place(int64_t step) {
  return "in epoch " + std::to_string((step - 1) / kStepsAnEpoch + 1) + ", step " +
         std::to_string((step - 1) % kStepsAnEpoch + 1) + ", layer ";
}

TEST(Divergence, AWeightThatIsNotFiniteEndsTheNextStepWithItsLayer) {
  int injections = 0;
  for (const Activation activation : {Activation::tanh, Activation::relu})
    for (const int64_t when : {1, 3, 7, 11})
      for (const std::size_t layer : {0U, 1U, 2U})
        for (const double bad : kBad) {
          const Recipe recipe = recipe_of(activation);
          const std::size_t first[] = {0, 36, 36 + 117};  // weight and bias of 2-12-9-1
          const Ended ended = run(recipe, when, [&](Network& network, Problem<float>&) {
            network.parameters()[first[layer] + 1] = static_cast<float>(bad);
          });
          SCOPED_TRACE(ended.outcome.divergence);
          ASSERT_EQ(ended.outcome.reason, StopReason::diverged);
          // Its own or, where an infinity saturates the units that it enters, the one whose gradient it spoils.
          EXPECT_NE(ended.outcome.divergence.find(place(when + 1)), std::string::npos) << when;
          if (std::isnan(bad)) {
            EXPECT_NE(ended.outcome.divergence.find("layer " + std::to_string(layer + 1)), std::string::npos);
          }
          EXPECT_EQ(ended.kept, good_weights(recipe, when + 1));
          ++injections;
        }
  EXPECT_EQ(injections, 72);
}

TEST(Divergence, ACellThatIsNotFiniteEndsTheStepThatReadsIt) {
  int injections = 0;
  for (const bool target : {false, true})
    for (const double bad : kBad)
      for (const std::size_t row : {0U, 3U, 77U, 150U, 299U}) {
        const Recipe recipe = recipe_of(Activation::relu);
        const Ended ended = run(recipe, kStepsAnEpoch, [&](Network&, Problem<float>& problem) {
          (target ? problem.y[row] : problem.x[2 * row]) = static_cast<float>(bad);
        });
        SCOPED_TRACE(ended.outcome.divergence);
        ASSERT_EQ(ended.outcome.reason, StopReason::diverged);
        EXPECT_NE(ended.outcome.divergence.find("in epoch "), std::string::npos);
        EXPECT_EQ(ended.kept, good_weights(recipe, ended.outcome.best_epoch * kStepsAnEpoch + 1));
        EXPECT_LE(ended.outcome.history.size(), 1u);
        ++injections;
      }
  EXPECT_EQ(injections, 30);
}

TEST(Divergence, AnUpdateThatOverflowsEndsInItsOwnStep) {
  for (const Solver solver : {Solver::sgd, Solver::adam, Solver::rmsprop, Solver::momentum}) {
    Recipe recipe = recipe_of(Activation::tanh);
    recipe.trainer.solver = solver;
    recipe.trainer.learning_rate = 1e300;
    const Ended ended = run(recipe, -1, [](Network&, Problem<float>&) {});
    EXPECT_EQ(ended.outcome.reason, StopReason::diverged);
    EXPECT_NE(ended.outcome.divergence.find("the weight is not finite " + place(1)), std::string::npos)
        << ended.outcome.divergence;
    EXPECT_EQ(ended.kept, good_weights(recipe, 1));
  }
}

}  // namespace
}  // namespace gradus
