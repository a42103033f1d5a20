#include "train/monotone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradus/error.h"
#include "gradus/predictor.h"

#include "base/random.h"

namespace gradus {
namespace {

NetworkSpec spec_of(Activation activation, Head head = {}, int64_t outputs = 1) {
  return multilayer(3, std::vector<HiddenLayer>{{24, activation, 0.0}, {17, activation, 0.0}}, outputs, head);
}

/// Random weights made to fit: every pair of rows of which one is larger in the columns that rise and smaller in the
/// one that falls, the free column equal.
void expect_monotone(Network& network, const std::vector<float>& signs) {
  Predictor predictor(network, 1);
  const RandomStream draws(9, Purpose::gradcheck);
  const auto outputs = static_cast<std::size_t>(network.outputs());
  std::vector<float> low(outputs), high(outputs);
  float least = 0.0f, most = 0.0f, worst = 0.0f;
  for (uint64_t pair = 0; pair < 2000; ++pair) {
    std::vector<float> x, up;
    for (uint64_t j = 0; j < 3; ++j) {
      x.push_back(static_cast<float>(8.0 * draws.uniform(6 * pair + j) - 4.0));
      const double step = std::pow(draws.uniform(6 * pair + 3 + j), 3.0);
      up.push_back(x.back() + static_cast<float>(step) * (j == 0 ? 1.0f : j == 1 ? -1.0f : 0.0f));
    }
    predictor.predict(x, low);
    predictor.predict(up, high);
    for (std::size_t k = 0; k < outputs; ++k) {
      least = std::min({least, low[k], high[k]});
      most = std::max({most, low[k], high[k]});
      worst = std::max(worst, (low[k] - high[k]) * signs[k]);
    }
  }
  EXPECT_LE(worst, 1e-6f * (most - least));
  EXPECT_GT(most - least, 0.1f);
}

TEST(Monotone, HoldsForAnyWeightsOnceTheyFit) {
  for (const std::string& text : names<Activation>()) {
    const auto activation = parse<Activation>(text, "test");
    SCOPED_TRACE(text);
    Network network(spec_of(activation, {}, 2));
    network.initialize(5);
    const TrainerOptions options = {.monotone = {1, -1, 0}, .monotone_outputs = {1, -1}};
    if (!never_falls(activation)) {
      EXPECT_THROW(impose_signs(network, options), Error);
      continue;
    }
    impose_signs(network, options);
    expect_monotone(network, {1.0f, -1.0f});
  }
}

TEST(Monotone, TurnsDrawnWeightsButKeepsFreeOnes) {
  BasicNetwork<double> network(spec_of(Activation::tanh));
  network.initialize(5);
  const BasicNetwork<double> before = network;
  impose_signs(network, {.monotone = {1, -1, 0}});
  for (int64_t i = 0; i < 24; ++i) {
    const double sign = i % 3 == 0 ? 1.0 : i % 3 == 1 ? -1.0 : 0.0;  // of unit i
    EXPECT_EQ(network.weight(0)(0, i), sign * std::fabs(before.weight(0)(0, i)));
    EXPECT_EQ(network.weight(0)(1, i), -sign * std::fabs(before.weight(0)(1, i)));
    EXPECT_EQ(network.weight(0)(2, i), before.weight(0)(2, i));
  }
}

TEST(Monotone, StaysSoThroughTrainingAndStillFits) {
  // Rises in x0 with a bend each way, which no convex function has; x2 enters freely and not monotonically.
  constexpr int64_t kRows = 1000;
  std::vector<float> x(kRows * 3), y(kRows);
  const RandomStream draws(4, Purpose::gradcheck);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(4.0 * draws.uniform(i) - 2.0);
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = std::tanh(3.0f * x[3 * i]) - 0.5f * x[3 * i + 1] + std::sin(3.0f * x[3 * i + 2]);
  for (const Activation activation : {Activation::relu, Activation::elu, Activation::tanh}) {
    SCOPED_TRACE(name(activation));
    Network network(spec_of(activation));
    network.initialize(5);
    Trainer trainer(network, {.solver = Solver::adam, .learning_rate = 0.01, .monotone = {1, -1, 0}, .batch_size = 50},
                    kRows);
    double loss = 0.0;
    for (int epoch = 0; epoch < 150; ++epoch)
      loss = trainer.train_epoch({x.data(), kRows, 3}, {y.data(), kRows, 1}).loss;
    EXPECT_LT(loss, 0.08);  // half the targets' own variance is about 0.8
    expect_monotone(network, {1.0f});
  }
}

TEST(Monotone, RefusesWhatDoesNotFit) {
  Network network(spec_of(Activation::tanh, {Loss::softmax_cross_entropy, Activation::identity}, 2));
  EXPECT_THROW(impose_signs(network, {.monotone = {1, 0, 0}}), Error);  // which class rises?
  EXPECT_THROW(impose_signs(network, {.monotone = {1, 0}, .monotone_outputs = {-1, 1}}), Error);
  EXPECT_THROW(impose_signs(network, {.monotone = {1, 0, 0}, .monotone_outputs = {0, 1}}), Error);
  EXPECT_NO_THROW(impose_signs(network, {.monotone = {1, 0, 0}, .monotone_outputs = {-1, 1}}));
}

}  // namespace
}  // namespace gradus
