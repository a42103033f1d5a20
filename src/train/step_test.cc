#include "train/step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "base/random.h"
#include "nn/l2.h"
#include "nn/loss.h"
#include "nn/pass.h"

namespace gradus {
namespace {

constexpr int64_t kInputs = 5;
constexpr int64_t kTrainingRows = 40;

/// Rows of features and, with a weight behind it, one target.
struct Batch {
  explicit Batch(int64_t rows) : x(static_cast<std::size_t>(rows * kInputs)), y(static_cast<std::size_t>(rows * 2)) {
    const RandomStream draws(9, Purpose::gradcheck);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(4.0 * draws.uniform(i) - 2.0);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(draws.uniform(1000 + i));
  }
  MatrixView<const float> features() const { return {x.data(), std::ssize(y) / 2, kInputs}; }
  MatrixView<const float> targets() const { return {y.data(), std::ssize(y) / 2, 2}; }
  std::vector<float> x, y;
};

Network small_network() {
  Network network(multilayer(kInputs, std::vector<HiddenLayer>{{19, Activation::relu, 0.0}}, 1, {}));
  network.initialize(3);
  return network;
}

/// Forward, the whole gradient, the regulariser, the rule: one after the other.
std::vector<float> one_after_the_other(const TrainerOptions& options, const std::vector<Batch>& batches) {
  Network network = small_network();
  const Plan plan = compile(network.spec());
  ThreadPool pool;
  Workspace<float> workspace(plan, 20, true);
  std::vector<float> gradients(static_cast<std::size_t>(plan.parameters));
  Optimizer<float> optimizer = make_optimizer<float>(options, plan.parameters);
  for (const Batch& batch : batches) {
    const std::span<const float> theta = std::as_const(network).parameters();
    const float scale = 1.0f / static_cast<float>(batch.features().rows());
    forward<float>(plan, theta, batch.features(), nullptr, workspace, pool);
    backward<float>(plan, theta, batch.features(), batch.targets(), scale, false, workspace, gradients, pool);
    add_l2_gradient<float>(plan, theta, options.l2, kTrainingRows, gradients);
    step<float>(optimizer, network.parameters(), gradients, options.learning_rate);
  }
  return {network.parameters().begin(), network.parameters().end()};
}

TEST(TrainingStep, OfASmallNetworkHasTheBitsOfItsPartsOneAfterTheOther) {
  std::vector<Batch> batches;
  for (const int64_t rows : {1, 1, 7, 20, 1, 3}) batches.emplace_back(rows);
  for (const Solver solver : {Solver::sgd, Solver::momentum, Solver::nesterov, Solver::adam, Solver::lion})
    for (const double l2 : {0.0, 0.7}) {
      const TrainerOptions options = {.solver = solver, .learning_rate = 0.02, .l2 = l2};
      Network network = small_network();
      TrainingStep<float> step(network, options, 20);
      for (const Batch& batch : batches)
        step.run(batch.features(), batch.targets(), kTrainingRows, options.learning_rate, {});
      const std::vector<float> found(network.parameters().begin(), network.parameters().end());
      EXPECT_EQ(found, one_after_the_other(options, batches)) << name(solver) << ", l2 " << l2;
    }
}

TEST(TrainingStep, OfASmallNetworkChangesNothingWhereItIsNotFinite) {
  for (const Solver solver : {Solver::sgd, Solver::adam})
    for (const int64_t rows : {1, 4}) {
      Network network = small_network();
      const std::vector<float> before(network.parameters().begin(), network.parameters().end());
      TrainingStep<float> step(network, {.solver = solver}, rows),
          regularised(network, {.solver = solver, .l2 = 1e42}, rows);
      Batch batch(rows);
      const StepResult gradient = regularised.run(batch.features(), batch.targets(), kTrainingRows, 0.1, {});
      EXPECT_EQ(gradient.divergence, Divergence::gradient);
      EXPECT_EQ(gradient.bad_layer, 1);
      batch.x[2] = std::numeric_limits<float>::infinity();
      const StepResult loss = step.run(batch.features(), batch.targets(), kTrainingRows, 0.1, {});
      EXPECT_EQ(loss.divergence, Divergence::loss);
      EXPECT_EQ(loss.bad_layer, 1);
      EXPECT_EQ(std::vector<float>(network.parameters().begin(), network.parameters().end()), before);
    }
}

TEST(TrainingStep, OfASmallNetworkIsTakenWhereNumbersAreLargeButFinite) {
  // Beyond what the pass trusts unseen, yet no gradient overflows.
  const TrainerOptions options = {.solver = Solver::sgd, .learning_rate = 1e-30};
  Network network = small_network();
  TrainingStep<float> step(network, options, 1);
  Batch batch(1);
  for (float& value : batch.x) value *= 1e16f;
  EXPECT_EQ(step.run(batch.features(), batch.targets(), kTrainingRows, 1e-30, {}).divergence, Divergence::none);
  const std::vector<float> found(network.parameters().begin(), network.parameters().end());
  EXPECT_EQ(found, one_after_the_other(options, {batch}));
}

}  // namespace
}  // namespace gradus
