#include "train/step_terms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "gradus/error.h"

#include "train/input_noise.h"

namespace gradus {
namespace {

/// Two inputs, one output: theta = w0, w1, b.
BasicNetwork<double> line(double w0, double w1, double b) {
  BasicNetwork<double> network(multilayer(2, {}, 1, {}));
  network.weight(0)(0, 0) = w0;
  network.weight(0)(1, 0) = w1;
  network.bias(0)[0] = b;
  return network;
}

/// The parameters after one step of SGD at rate 0.1 on x = (1, 2), y = 0 from w = (3, -4), b = 0, where a = -5 and
/// dJ/dz = -5: the gradient is (-5, -10, -5).
std::vector<double> after_one(TrainerOptions options) {
  BasicNetwork<double> network = line(3.0, -4.0, 0.0);
  options.solver = Solver::sgd;
  options.learning_rate = 0.1;
  BasicTrainer<double> trainer(network, options, 1);
  const double x[] = {1.0, 2.0}, y[] = {0.0};
  trainer.train_step({x, 1, 2}, {y, 1, 1});
  return {network.parameters().begin(), network.parameters().end()};
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-14) << i;
}

TEST(StepTerms, ByHand) {
  expect_near(after_one({}), {3.5, -3.0, 0.5});
  expect_near(after_one({.l1 = 2.0}), {3.5 - 0.2, -3.0 + 0.2, 0.5});
  expect_near(after_one({.clip_value = 6.0}), {3.5, -3.4, 0.5});
  const double norm = std::sqrt(150.0);
  expect_near(after_one({.clip_norm = 3.0}), {3.0 + 1.5 / norm, -4.0 + 3.0 / norm, 1.5 / norm});
  expect_near(after_one({.clip_norm = 13.0}), {3.5, -3.0, 0.5});
  // Values first, then the norm: (-5, -6, -5) to a norm of 3.
  const double clipped = std::sqrt(86.0);
  expect_near(after_one({.clip_value = 6.0, .clip_norm = 3.0}),
              {3.0 + 1.5 / clipped, -4.0 + 1.8 / clipped, 1.5 / clipped});
  expect_near(after_one({.weight_decay = 0.5}), {3.0 * 0.95 + 0.5, -4.0 * 0.95 + 1.0, 0.5});
  // (3.5, -3) has norm sqrt(21.25); the bias is no weight.
  const double shrink = 2.0 / std::sqrt(21.25);
  expect_near(after_one({.max_norm = 2.0}), {3.5 * shrink, -3.0 * shrink, 0.5});
  expect_near(after_one({.max_norm = 5.0}), {3.5, -3.0, 0.5});
}

TEST(StepTerms, TheObjectiveHasL1) {
  BasicNetwork<double> network = line(3.0, -4.0, 7.0);
  BasicTrainer<double> trainer(network, {.l1 = 2.0}, 2);
  const double x[] = {0.0, 0.0, 0.0, 0.0}, y[] = {7.0, 7.0};
  EXPECT_DOUBLE_EQ(trainer.train_step({x, 2, 2}, {y, 2, 1}), 2.0 / 2.0 * 7.0);  // lambda/m (3 + 4)
}

TEST(StepTerms, MaxNormIsByUnitAndLayer) {
  const Plan plan = compile(multilayer(300, std::vector<HiddenLayer>{{3, Activation::relu, 0.0}}, 2, {}));
  StepTerms<double> terms(plan, {.max_norm = 1.5});
  std::vector<double> theta(static_cast<std::size_t>(plan.parameters));
  for (std::size_t i = 0; i < theta.size(); ++i)
    theta[i] = std::sin(static_cast<double>(i)) * (i % 3 == 0 ? 0.01 : 1.0);
  const std::vector<double> before = theta;
  terms.constrain(theta);
  for (const AffineLayout& layout : plan.affines) {
    for (int64_t unit = 0; unit < layout.outputs; ++unit) {
      double old = 0.0, now = 0.0;
      for (int64_t j = 0; j < layout.inputs; ++j) {
        const auto at = static_cast<std::size_t>(layout.weight_offset + j * layout.outputs + unit);
        old += before[at] * before[at];
        now += theta[at] * theta[at];
        EXPECT_EQ(std::signbit(before[at]), std::signbit(theta[at]));
      }
      EXPECT_NEAR(std::sqrt(now), std::min(std::sqrt(old), 1.5), 1e-13);
    }
  }
}

TEST(StepTerms, RefusesSettingsOutOfRange) {
  BasicNetwork<double> network = line(1.0, 1.0, 1.0);
  for (const TrainerOptions& options : std::vector<TrainerOptions>{{.l1 = -1.0},
                                                                   {.clip_value = NAN},
                                                                   {.clip_norm = -1.0},
                                                                   {.max_norm = INFINITY},
                                                                   {.input_noise = -0.1},
                                                                   {.monotone = {1, 2}},
                                                                   {.monotone = {1}}})
    EXPECT_THROW(BasicTrainer<double>(network, options, 1), Error);
}

/// The network after three epochs with everything at once.
std::vector<float> trained_with_all(int threads, int64_t shards, bool shuffle = true) {
  Network network(
      multilayer(3, std::vector<HiddenLayer>{{160, Activation::tanh, 0.2}, {130, Activation::elu, 0.0}}, 2, {}));
  network.initialize(3);
  std::vector<float> x(300 * 3), y(300 * 2);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i * i));
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = std::cos(static_cast<float>(3 * i));
  Trainer trainer(network,
                  {.solver = Solver::rmsprop,
                   .learning_rate = 0.01,
                   .l2 = 0.1,
                   .l1 = 0.1,
                   .weight_decay = 0.1,
                   .clip_value = 0.05,
                   .clip_norm = 0.3,
                   .max_norm = 0.9,
                   .input_noise = 0.2,
                   .monotone = {1, 0, -1},
                   .batch_size = 100,
                   .shards = shards,
                   .shuffle = shuffle,
                   .threads = threads},
                  300);
  for (int epoch = 0; epoch < 3; ++epoch) trainer.train_epoch({x.data(), 300, 3}, {y.data(), 300, 2});
  return {network.parameters().begin(), network.parameters().end()};
}

TEST(StepTerms, SameBitsForAnyNumberOfThreads) {
  for (const int64_t shards : {1, 3}) {
    const std::vector<float> expected = trained_with_all(1, shards);
    for (const int threads : {2, 3, 8}) EXPECT_EQ(trained_with_all(threads, shards), expected);
  }
}

TEST(InputNoise, IsNormalAndNamedByTheRow) {
  constexpr int64_t kRows = 2000, kColumns = 7;
  std::vector<double> x(kRows * kColumns, 1.0), out(x.size()), part(100 * kColumns);
  DropoutDraws draws = {.seed = 3, .epoch = 1, .step = 2};
  add_input_noise<double>(0.5, draws, {x.data(), kRows, kColumns}, {out.data(), kRows, kColumns});
  double sum = 0.0, squares = 0.0, fourth = 0.0;
  for (const double value : out) {
    sum += value - 1.0;
    squares += (value - 1.0) * (value - 1.0);
    fourth += std::pow((value - 1.0) / 0.5, 4.0);
  }
  const auto count = static_cast<double>(x.size());
  EXPECT_NEAR(sum / count, 0.0, 5.0 * 0.5 / std::sqrt(count));
  EXPECT_NEAR(squares / count, 0.25, 0.25 * 5.0 * std::sqrt(2.0 / count));
  EXPECT_NEAR(fourth / count, 3.0, 5.0 * std::sqrt(96.0 / count));
  draws.first_row = 300;
  add_input_noise<double>(0.5, draws, {x.data(), 100, kColumns}, {part.data(), 100, kColumns});
  EXPECT_TRUE(std::equal(part.begin(), part.end(), out.begin() + 300 * kColumns));
  draws.step = 3;
  add_input_noise<double>(0.5, draws, {x.data(), 100, kColumns}, {part.data(), 100, kColumns});
  EXPECT_FALSE(std::equal(part.begin(), part.end(), out.begin() + 300 * kColumns));
}

}  // namespace
}  // namespace gradus
