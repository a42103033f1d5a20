// One epoch from the same weights over the same rows in the same order is scikit-learn's, in float64 within 1e-9.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradus/network.h"
#include "gradus/trainer.h"

#include "source_path.h"

namespace gradus {
namespace {

using nlohmann::json;

/// Layer by layer the weight, then the bias: the order of a network's flat parameters.
std::vector<double> flat(const json& weights) {
  std::vector<double> all;
  for (std::size_t l = 0; l < weights["W"].size(); ++l) {
    for (const json& row : weights["W"][l])
      for (const json& value : row) all.push_back(value);
    for (const json& value : weights["b"][l]) all.push_back(value);
  }
  return all;
}

void expect_the_epoch(const std::string& name, TrainerOptions options) {
  SCOPED_TRACE(name);
  const json oracle = json::parse(std::ifstream(source_path("tests/data/sklearn_epochs.json")));
  BasicNetwork<double> network(multilayer(3, std::vector<HiddenLayer>{{5, Activation::tanh, 0.0}}, 1, {}));
  const std::vector<double> start = flat(oracle), expected = flat(oracle["epochs"][name]);
  std::copy(start.begin(), start.end(), network.parameters().begin());
  std::vector<double> x, y = oracle["y"];
  for (const json& row : oracle["X"]) x.insert(x.end(), row.begin(), row.end());
  options.batch_size = 7;
  options.shuffle = false;
  BasicTrainer<double> trainer(network, options, std::ssize(y));
  trainer.train_epoch({x.data(), std::ssize(y), 3}, {y.data(), std::ssize(y), 1});
  for (std::size_t j = 0; j < expected.size(); ++j) EXPECT_NEAR(network.parameters()[j], expected[j], 1e-9) << j;
}

TEST(SklearnEpochs, AreOurs) {
  expect_the_epoch("sgd", {.solver = Solver::sgd, .learning_rate = 0.05});
  expect_the_epoch("momentum", {.solver = Solver::momentum, .learning_rate = 0.05});
  expect_the_epoch("nesterov", {.solver = Solver::nesterov, .learning_rate = 0.05});
  expect_the_epoch(
      "adam", {.solver = Solver::adam, .learning_rate = 0.05, .epsilon = 1e-3, .epsilon_place = EpsilonPlace::root});
}

}  // namespace
}  // namespace gradus
