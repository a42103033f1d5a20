// The matching rows of tests/data/optimizers.json (PyTorch in float64): 20 steps of each rule within 1e-10.
#include "optim/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradus/error.h"

#include "kernels/math.h"

namespace gradus {
namespace {

using nlohmann::json;

/// mean(softplus(A t - y)) + 0.05 sum(t^2), the oracle's objective; its gradient by hand.
class OracleObjective {
 public:
  OracleObjective() : oracle_(json::parse(std::ifstream(GRADUS_SOURCE_DIR "/tests/data/optimizers.json"))) {
    a_ = oracle_["A"].get<std::vector<std::vector<double>>>();
    y_ = oracle_["y"].get<std::vector<double>>();
  }

  std::vector<double> gradient(const std::vector<double>& t) const {
    std::vector<double> g(t.size());
    for (std::size_t j = 0; j < t.size(); ++j) g[j] = 0.1 * t[j];
    for (std::size_t i = 0; i < a_.size(); ++i) {
      double u = -y_[i];
      for (std::size_t j = 0; j < t.size(); ++j) u += a_[i][j] * t[j];
      const double s = kernels::sigmoid(u) / static_cast<double>(a_.size());
      for (std::size_t j = 0; j < t.size(); ++j) g[j] += s * a_[i][j];
    }
    return g;
  }

  void expect_path(const std::string& name, const TrainerOptions& options) const {
    SCOPED_TRACE(name);
    std::vector<double> theta = oracle_["start"];
    Optimizer<double> optimizer = make_optimizer<double>(options, static_cast<int64_t>(theta.size()));
    for (const json& expected : oracle_["paths"][name]) {
      step<double>(optimizer, theta, gradient(theta), options.learning_rate);
      for (std::size_t j = 0; j < theta.size(); ++j) EXPECT_NEAR(theta[j], expected[j].get<double>(), 1e-10);
    }
  }

 private:
  json oracle_;
  std::vector<std::vector<double>> a_;
  std::vector<double> y_;
};

TEST(Optimizer, FollowsTheOraclesPaths) {
  const OracleObjective objective;
  objective.expect_path("sgd", {.solver = Solver::sgd, .learning_rate = 0.1});
  objective.expect_path("momentum", {.solver = Solver::momentum, .learning_rate = 0.1});
  objective.expect_path("nesterov", {.solver = Solver::nesterov, .learning_rate = 0.1});
  objective.expect_path("adam", {.solver = Solver::adam, .learning_rate = 0.01});
  objective.expect_path("adamw", {.solver = Solver::adamw, .learning_rate = 0.01, .weight_decay = 0.1});
}

TEST(Optimizer, AdamIgnoresTheDecayThatIsAdamWs) {
  std::vector<double> theta = {1.0};
  const std::vector<double> gradient = {0.0};
  Optimizer<double> adam =
      make_optimizer<double>({.solver = Solver::adam, .learning_rate = 0.1, .weight_decay = 0.5}, 1);
  step<double>(adam, theta, gradient, 0.1);
  EXPECT_EQ(theta[0], 1.0);
  Optimizer<double> adamw =
      make_optimizer<double>({.solver = Solver::adamw, .learning_rate = 0.1, .weight_decay = 0.5}, 1);
  step<double>(adamw, theta, gradient, 0.1);
  EXPECT_DOUBLE_EQ(theta[0], 0.95);
}

TEST(Optimizer, RefusesSettingsOutOfRange) {
  EXPECT_THROW(make_optimizer<float>({.learning_rate = -1.0}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.learning_rate = std::nan("")}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.momentum = 1.0}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.l2 = -0.1}, 3), Error);
}

}  // namespace
}  // namespace gradus
