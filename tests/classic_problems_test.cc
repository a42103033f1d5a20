// Problems with a long history, each solved from seeds 1 to 10, all ten, by the recipe stated beside it.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "gradus/predictor.h"
#include "gradus/trainer.h"

namespace gradus {
namespace {

struct Points {
  std::vector<float> x;  // (rows x 2)
  std::vector<float> y;  // (rows x 1)
  MatrixView<const float> features() const { return {x.data(), static_cast<int64_t>(y.size()), 2}; }
  MatrixView<const float> targets() const { return {y.data(), static_cast<int64_t>(y.size()), 1}; }
};

std::vector<float> predict(const Network& network, const Points& points) {
  std::vector<float> out(points.y.size());
  Predictor predictor(network, 64);
  predictor.predict(points.features(), {out.data(), static_cast<int64_t>(out.size()), 1});
  return out;
}

double mean_squared_error(const Network& network, const Points& points) {
  const std::vector<float> out = predict(network, points);
  double sum = 0.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double error = static_cast<double>(out[i]) - static_cast<double>(points.y[i]);
    sum += error * error;
  }
  return sum / static_cast<double>(out.size());
}

// Recipe: the founding network 2-3-1, all sigmoid, cross-entropy cost, Glorot's uniform weights, batch gradient
// descent over the four rows with eta = 2 and no regularisation, 20,000 steps.
TEST(ClassicProblems, XorFromEverySeed) {
  const Points xor_table{{0, 0, 0, 1, 1, 0, 1, 1}, {0, 1, 1, 0}};
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Network network(multilayer(2, std::vector<HiddenLayer>{{3, Activation::sigmoid, 0.0}}, 1,
                               {Loss::sigmoid_cross_entropy, Activation::identity}));
    network.initialize(seed);
    Trainer trainer(network, {.solver = Solver::sgd, .learning_rate = 2.0, .batch_size = 0, .seed = seed}, 4);
    for (int epoch = 0; epoch < 20000; ++epoch) trainer.train_epoch(xor_table.features(), xor_table.targets());
    EXPECT_LT(mean_squared_error(network, xor_table), 0.001) << "seed " << seed;
  }
}

/// Lang & Witbrock (1988): 97 points on each of two spirals that wind three times around one another.
Points two_spirals() {
  Points points;
  for (int i = 0; i < 97; ++i) {
    const double angle = i * std::numbers::pi / 16.0;
    const double radius = 2.0 * (104 - i) / 104.0;  // 6.5 in the original; scaled to the reach of a tanh unit
    const auto x = static_cast<float>(radius * std::sin(angle));
    const auto y = static_cast<float>(radius * std::cos(angle));
    points.x.insert(points.x.end(), {x, y, -x, -y});
    points.y.insert(points.y.end(), {1.0f, 0.0f});
  }
  return points;
}

// Recipe: 2-48-48-1, tanh, sigmoid cross-entropy, weights from N(0, 2/fan_in), Adam at 0.01 on all
// rows at once (a random half of the rows hides how the spirals wind), 2,000 steps.
TEST(ClassicProblems, TwoSpiralsFromEverySeed) {
  const Points spirals = two_spirals();
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Network network(multilayer(2, std::vector<HiddenLayer>{{48, Activation::tanh, 0.0}, {48, Activation::tanh, 0.0}}, 1,
                               {Loss::sigmoid_cross_entropy, Activation::identity}));
    network.initialize(Initializer::he_normal, seed);
    Trainer trainer(network, {.solver = Solver::adam, .learning_rate = 0.01, .batch_size = 0, .seed = seed}, 194);
    for (int epoch = 0; epoch < 2000; ++epoch) trainer.train_epoch(spirals.features(), spirals.targets());
    const std::vector<float> out = predict(network, spirals);
    int wrong = 0;
    for (std::size_t i = 0; i < out.size(); ++i) wrong += (out[i] >= 0.5f) != (spirals.y[i] >= 0.5f);
    EXPECT_EQ(wrong, 0) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gradus
