// The matching rows of tests/data/optimizers.json (PyTorch in float64): 20 steps of each rule within 1e-10.
#include "optim/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradus/error.h"
#include "gradus/names.h"

#include "base/random.h"
#include "kernels/math.h"
#include "kernels/target.h"
#include "source_path.h"

namespace gradus {
namespace {

using nlohmann::json;

/// mean(softplus(A t - y)) + 0.05 sum(t^2), the oracle's objective; its gradient by hand.
class OracleObjective {
 public:
  OracleObjective() : oracle_(json::parse(std::ifstream(source_path("tests/data/optimizers.json")))) {
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
  objective.expect_path("rmsprop", {.solver = Solver::rmsprop, .learning_rate = 0.01});
  objective.expect_path("adagrad", {.solver = Solver::adagrad, .learning_rate = 0.1});
  objective.expect_path("adadelta", {.solver = Solver::adadelta, .learning_rate = 1.0});
  objective.expect_path("amsgrad", {.solver = Solver::amsgrad, .learning_rate = 0.01});
  objective.expect_path("adamax", {.solver = Solver::adamax, .learning_rate = 0.02});
  objective.expect_path("nadam", {.solver = Solver::nadam, .learning_rate = 0.02});
  objective.expect_path("rprop", {.solver = Solver::rprop, .learning_rate = 0.01});
  objective.expect_path("adam", {.solver = Solver::adam, .learning_rate = 0.01});
  objective.expect_path("adamw", {.solver = Solver::adamw, .learning_rate = 0.01, .weight_decay = 0.1});
}

// Worked by hand with beta1 = beta2 = 1/2, eta = 1/8, decay 1/2, g = 1, then -2, then 1, then 0:
// blends 1/2 (+), 1/4 - 1 (-), -3/8 ... and moments 1/2, -3/4, 1/8.
TEST(Optimizer, LionStepsByTheSignOfABlend) {
  Optimizer<double> lion =
      make_optimizer<double>({.solver = Solver::lion, .beta1 = 0.5, .beta2 = 0.5, .weight_decay = 0.5}, 1);
  std::vector<double> theta = {1.0};
  double expected = 1.0;
  const auto expect_step = [&](double gradient, double sign) {
    step<double>(lion, theta, std::vector<double>{gradient}, 0.125);
    expected = expected * (1.0 - 0.125 * 0.5) - 0.125 * sign;
    EXPECT_EQ(theta[0], expected);
  };
  expect_step(1.0, 1.0);     // blend 0 / 2 + 1 / 2
  expect_step(-2.0, -1.0);   // moment 1/2: blend 1/4 - 1
  expect_step(1.0, 1.0);     // moment -3/4: blend -3/8 + 1/2
  expect_step(-0.125, 0.0);  // moment 1/8: blend 1/16 - 1/16, and sign(0) = 0
}

// scikit-learn adds epsilon to the root before its correction: with a large epsilon the first step shows which.
TEST(Optimizer, EpsilonStandsWhereItIsToldTo) {
  const double epsilon = 0.1, g = 2.0, eta = 0.01, root = std::sqrt(0.001), v_root = std::sqrt(0.001) * g;
  const auto first_step = [&](EpsilonPlace place) {
    std::vector<double> theta = {0.0};
    Optimizer<double> adam =
        make_optimizer<double>({.solver = Solver::adam, .epsilon = epsilon, .epsilon_place = place}, 1);
    step<double>(adam, theta, std::vector<double>{g}, eta);
    return theta[0];
  };
  EXPECT_NEAR(first_step(EpsilonPlace::corrected_root), -eta * g / (v_root / root + epsilon), 1e-15);
  EXPECT_NEAR(first_step(EpsilonPlace::root), -eta * root / 0.1 * (0.1 * g) / (v_root + epsilon), 1e-15);
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

/// Every rule there is, by solver.
std::vector<Solver> elementwise_solvers() {
  std::vector<Solver> solvers;
  for (const std::string& solver_name : names<Solver>()) {
    const auto solver = parse<Solver>(solver_name, "solver");
    if (is_elementwise(solver)) solvers.push_back(solver);
  }
  return solvers;
}

template <typename T>
std::vector<T> drawn(int64_t count, uint64_t seed) {
  const RandomStream stream(seed, Purpose::shuffle);
  std::vector<T> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(2.0 * stream.uniform(i) - 1.0);
  return out;
}

/// Parameters and state after three steps, each applied in parts whose sizes repeat `cuts`, the last part first.
template <typename T>
std::vector<T> after_steps(Solver solver, int64_t parameters, const std::vector<int64_t>& cuts) {
  Optimizer<T> optimizer = make_optimizer<T>({.solver = solver, .weight_decay = 0.01}, parameters);
  std::vector<T> theta = drawn<T>(parameters, 1);
  for (uint64_t i = 0; i < 3; ++i) {
    const std::vector<T> gradients = drawn<T>(parameters, 2 + i);
    begin_step<T>(optimizer, 0.1);
    std::vector<int64_t> ends = {0};
    for (std::size_t c = 0; ends.back() < parameters; ++c)
      ends.push_back(std::min(parameters, ends.back() + cuts[c % cuts.size()]));
    for (std::size_t c = ends.size() - 1; c > 0; --c) {
      const auto first = static_cast<std::size_t>(ends[c - 1]), count = static_cast<std::size_t>(ends[c]) - first;
      apply<T>(optimizer, ends[c - 1], std::span(theta).subspan(first, count),
               std::span<const T>(gradients).subspan(first, count));
    }
  }
  std::vector<T> all = theta;
  for (const NamedArray<T>& array : state<T>(optimizer).arrays)
    all.insert(all.end(), array.values.begin(), array.values.end());
  return all;
}

template <typename T>
void expect_the_same_bits_for_any_cut() {
  constexpr int64_t kParameters = 203;
  ASSERT_TRUE(kernels::set_target("portable"));
  std::vector<std::vector<T>> expected;
  for (const Solver solver : elementwise_solvers()) expected.push_back(after_steps<T>(solver, kParameters, {203}));
  for (const std::string& target : kernels::available_targets()) {
    ASSERT_TRUE(kernels::set_target(target));
    std::size_t at = 0;
    for (const Solver solver : elementwise_solvers()) {
      SCOPED_TRACE(target + " " + std::string(name(solver)));
      for (const std::vector<int64_t>& cuts :
           {std::vector<int64_t>{203}, {1}, {7}, {16, 1, 33}, {64, 3}, {5, 100, 2}, {202}})
        EXPECT_EQ(after_steps<T>(solver, kParameters, cuts), expected[at]);
      ++at;
    }
  }
  kernels::set_target("auto");
}

TEST(Optimizer, AStepInPartsGivesTheBitsOfAWholeOneOnEveryTarget) {
  expect_the_same_bits_for_any_cut<float>();
  expect_the_same_bits_for_any_cut<double>();
}

TEST(Optimizer, ResumesToTheSameBitsFromItsNamedState) {
  for (const Solver solver : elementwise_solvers()) {
    SCOPED_TRACE(name(solver));
    const TrainerOptions options = {.solver = solver, .weight_decay = 0.01};
    Optimizer<double> whole = make_optimizer<double>(options, 9), resumed = make_optimizer<double>(options, 9);
    std::vector<double> theta = drawn<double>(9, 1);
    for (uint64_t i = 0; i < 3; ++i) step<double>(whole, theta, drawn<double>(9, 2 + i), 0.1);
    const RuleState<double> from = state<double>(whole), to = state<double>(resumed);
    for (std::size_t i = 0; i < from.arrays.size(); ++i)
      std::copy(from.arrays[i].values.begin(), from.arrays[i].values.end(), to.arrays[i].values.begin());
    for (std::size_t i = 0; i < from.scalars.size(); ++i) *to.scalars[i].value = *from.scalars[i].value;
    std::vector<double> again = theta;
    for (uint64_t i = 0; i < 3; ++i) {
      step<double>(whole, theta, drawn<double>(9, 7 + i), 0.05);
      step<double>(resumed, again, drawn<double>(9, 7 + i), 0.05);
    }
    EXPECT_EQ(theta, again);
  }
}

TEST(Optimizer, MethodsForAllRowsAreRefusedByName) {
  for (const Solver solver : {Solver::rprop_plus, Solver::cg, Solver::lbfgs}) {
    try {
      make_optimizer<float>({.solver = solver}, 3);
      ADD_FAILURE() << name(solver);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      EXPECT_EQ(error.message(), "solver: found " + std::string(name(solver)) +
                                     ", which needs all rows of a table at once and which train() serves, expected one "
                                     "that takes steps, such as adamw or rprop");
    }
  }
}

TEST(Optimizer, RefusesSettingsOutOfRange) {
  EXPECT_THROW(make_optimizer<float>({.learning_rate = -1.0}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.learning_rate = std::nan("")}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.momentum = 1.0}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.beta2 = 1.0}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.solver = Solver::rmsprop, .rho = -0.1}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.epsilon = -1e-8}, 3), Error);
  EXPECT_THROW(make_optimizer<float>({.l2 = -0.1}, 3), Error);
}

}  // namespace
}  // namespace gradus
