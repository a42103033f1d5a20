#include "train/slab_update.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "base/random.h"
#include "nn/finite.h"
#include "nn/l2.h"
#include "nn/loss.h"
#include "nn/pass.h"

namespace gradus {
namespace {

std::vector<float> drawn(int64_t count, uint64_t seed) {
  const RandomStream stream(seed, Purpose::shuffle);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(2.0 * stream.uniform(i) - 1.0);
  return values;
}

/// A 400-700-3 network after a forward pass and its deltas: the first weight takes several slabs.
class Problem {
 public:
  explicit Problem(ThreadPool& pool)
      : plan_(compile(multilayer(400, std::vector<HiddenLayer>{{700, Activation::relu, 0.0}}, 3, {}))),
        workspace_(plan_, kRows, true),
        x_(drawn(kRows * 400, 1)),
        y_(drawn(kRows * 3, 2)),
        theta_(drawn(plan_.parameters, 3)),
        gradients_(theta_.size()),
        pool_(pool) {
    forward<float>(plan_, theta_, x(), nullptr, workspace_, pool_);
    backward_deltas<float>(plan_, theta_, {y_.data(), kRows, 3}, 1.0f / kRows, false, workspace_, pool_);
  }

  std::vector<float> by_slabs(Optimizer<float> optimizer) {
    std::vector<float> theta = theta_;
    begin_step<float>(optimizer, 0.01);
    for (int64_t l = 0; l < 2; ++l) {
      const SlabUpdate<float> update = {plan_.affines[static_cast<std::size_t>(l)],
                                        affine_input<float>(plan_, l, x(), workspace_), workspace_.delta(l, kRows),
                                        static_cast<float>(kLambda / 100.0)};
      update_by_slabs<float>(update, theta, gradients_, optimizer, pool_);
    }
    return theta;
  }

  std::vector<float> at_once(Optimizer<float> optimizer) {
    std::vector<float> theta = theta_;
    backward_parameters<float>(plan_, theta_, x(), workspace_, gradients_, pool_);
    add_l2_gradient<float>(plan_, theta_, kLambda, 100, gradients_);
    step<float>(optimizer, theta, gradients_, 0.01);
    return theta;
  }

  int64_t parameters() const { return plan_.parameters; }
  bool surely_finite(float lambda_over_m) {
    return gradients_surely_finite<float>(plan_, theta_, x(), lambda_over_m, workspace_);
  }
  float& delta(int64_t affine) { return workspace_.delta(affine, kRows)(kRows - 1, 2); }
  float& input() { return x_[401]; }
  float& weight() { return theta_[12345]; }

 private:
  static constexpr int64_t kRows = 30;
  static constexpr double kLambda = 0.7;
  MatrixView<const float> x() const { return {x_.data(), kRows, 400}; }

  Plan plan_;
  Workspace<float> workspace_;
  std::vector<float> x_, y_, theta_, gradients_;
  ThreadPool& pool_;
};

TEST(SlabUpdate, HasTheBitsOfTheWholeGradientForEveryRuleAndThreadCount) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    Problem problem(pool);
    for (const Solver solver : {Solver::sgd, Solver::nesterov, Solver::adamw, Solver::lion, Solver::adadelta}) {
      TrainerOptions options;
      options.solver = solver;
      const std::vector<float> expected = problem.at_once(make_optimizer<float>(options, problem.parameters()));
      EXPECT_EQ(problem.by_slabs(make_optimizer<float>(options, problem.parameters())), expected)
          << name(solver) << ", " << threads << " threads";
    }
  }
}

TEST(SlabUpdate, IsNotTriedWhereAGradientCouldFailToBeFinite) {
  ThreadPool pool(1);
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Problem(pool).surely_finite(0.1f));
  for (const float bad : {1e37f, infinity, -infinity, nan}) {
    Problem input(pool), delta0(pool), delta1(pool), weight(pool);
    input.input() = bad * 1e3f;
    delta0.delta(0) = bad;
    delta1.delta(1) = bad;
    weight.weight() = bad;
    EXPECT_FALSE(input.surely_finite(0.0f)) << bad;
    EXPECT_FALSE(delta0.surely_finite(0.0f)) << bad;
    EXPECT_FALSE(delta1.surely_finite(0.0f)) << bad;
    EXPECT_FALSE(weight.surely_finite(1.0f)) << bad;
    EXPECT_TRUE(weight.surely_finite(0.0f)) << "weights enter with the regulariser only";
  }
}

}  // namespace
}  // namespace gradus
