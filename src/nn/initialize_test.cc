#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "gradus/error.h"
#include "gradus/network.h"

#include "base/random.h"
#include "base/thread_pool.h"
#include "nn/pass.h"
#include "nn/plan.h"
#include "nn/workspace.h"

namespace gradus {
namespace {

double mean_square(MatrixView<const float> weight) {
  double sum = 0.0;
  for (int64_t j = 0; j < weight.rows(); ++j)
    for (const float w : weight.row(j)) sum += static_cast<double>(w) * static_cast<double>(w);
  return sum / static_cast<double>(weight.rows() * weight.columns());
}

TEST(Initializers, UniformAndNormalTakeTheirScale) {
  Network network(multilayer(300, {}, 100, {}));
  network.initialize(Initializer::uniform, 1);
  EXPECT_NEAR(mean_square(std::as_const(network).weight(0)), 0.05 * 0.05 / 3, 0.05 * 0.05 * 0.05 / 3);
  network.initialize(Initializer::uniform, 1, 2.0);
  EXPECT_NEAR(mean_square(std::as_const(network).weight(0)), 4.0 / 3, 0.05 * 4.0 / 3);
  for (const float w : network.parameters()) EXPECT_LE(std::fabs(w), 2.0f);
  network.initialize(Initializer::normal, 1);
  EXPECT_NEAR(mean_square(std::as_const(network).weight(0)), 0.05 * 0.05, 0.05 * 0.05 * 0.05);
  network.initialize(Initializer::normal, 1, 2.0);
  EXPECT_NEAR(mean_square(std::as_const(network).weight(0)), 4.0, 0.05 * 4.0);
  network.initialize(Initializer::zeros, 1);
  for (const float w : network.parameters()) EXPECT_EQ(w, 0.0f);
}

/// The largest entry of |A A^T - scale^2 I|, A the weight or its transpose, whichever has fewer rows.
double worst_product(MatrixView<const double> weight, double scale) {
  const bool tall = weight.rows() >= weight.columns();
  const int64_t k = std::min(weight.rows(), weight.columns()), n = std::max(weight.rows(), weight.columns());
  double worst = 0.0;
  for (int64_t a = 0; a < k; ++a)
    for (int64_t b = 0; b <= a; ++b) {
      double sum = 0.0;
      for (int64_t j = 0; j < n; ++j) sum += tall ? weight(j, a) * weight(j, b) : weight(a, j) * weight(b, j);
      worst = std::max(worst, std::fabs(sum - (a == b ? scale * scale : 0.0)));
    }
  return worst;
}

// Below, at and beyond the blocks of 64; wide, tall and square.
TEST(Initializers, OrthogonalIsOrthogonal) {
  for (const auto& [inputs, outputs] : {std::pair{1, 1}, {5, 3}, {3, 5}, {64, 64}, {65, 130}, {200, 150}, {150, 150}}) {
    SCOPED_TRACE(inputs * 1000 + outputs);
    BasicNetwork<double> network(multilayer(inputs, {}, outputs, {}));
    network.initialize(Initializer::orthogonal, 5);
    EXPECT_LT(worst_product(std::as_const(network).weight(0), 1.0), 1e-13);
    network.initialize(Initializer::orthogonal, 5, 3.0);
    EXPECT_LT(worst_product(std::as_const(network).weight(0), 3.0), 1e-12);
  }
}

TEST(Initializers, OrthogonalMatricesAreAllEquallyLikely) {
  // An element of a random orthogonal 2 x 2 matrix is the cosine of a uniform angle: mean 0, mean square 1/2.
  double sum = 0.0, squares = 0.0;
  constexpr int kDraws = 4000;
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    BasicNetwork<double> network(multilayer(2, {}, 2, {}));
    network.initialize(Initializer::orthogonal, seed);
    sum += network.weight(0)(0, 0);
    squares += network.weight(0)(0, 0) * network.weight(0)(0, 0);
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 5.0 * std::sqrt(0.5 / kDraws));
  EXPECT_NEAR(squares / kDraws, 0.5, 5.0 * std::sqrt(0.125 / kDraws));
}

// relu throws half of the signal away and tanh squashes it: whatever comes in, z of every layer has variance 1.
TEST(Initializers, LsuvGivesEveryLayerUnitVariance) {
  const RandomStream draws(8, Purpose::gradcheck);
  std::vector<double> x(200 * 12);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 30.0 * draws.uniform(i) + 5.0;
  for (const Activation activation : {Activation::relu, Activation::tanh, Activation::sigmoid}) {
    SCOPED_TRACE(name(activation));
    BasicNetwork<double> network(multilayer(
        12, std::vector<HiddenLayer>{{40, activation, 0.0}, {20, activation, 0.2}, {8, activation, 0.0}}, 3, {}));
    network.initialize_from({x.data(), 200, 12}, 1);
    const Plan plan = compile(network.spec());
    Workspace<double> workspace(plan, 200, false);
    ThreadPool pool(1);
    forward<double>(plan, std::as_const(network).parameters(), {x.data(), 200, 12}, nullptr, workspace, pool);
    for (const int64_t op : plan.affine_ops) {
      const MatrixView<double> z = workspace.value(op, 200);
      double sum = 0.0, squares = 0.0;
      const auto count = static_cast<double>(200 * z.columns());
      for (int64_t i = 0; i < 200; ++i)
        for (const double value : z.row(i)) sum += value;
      for (int64_t i = 0; i < 200; ++i)
        for (const double value : z.row(i)) squares += (value - sum / count) * (value - sum / count);
      EXPECT_NEAR(squares / count, 1.0, 1e-10) << op;
    }
  }
}

TEST(Initializers, LsuvLeavesALayerWithoutVarianceAlone) {
  const std::vector<double> x(10 * 3, 0.0);
  BasicNetwork<double> network(multilayer(3, std::vector<HiddenLayer>{{4, Activation::tanh, 0.0}}, 1, {}));
  network.initialize_from({x.data(), 10, 3}, 1);
  for (const double w : network.parameters()) EXPECT_TRUE(std::isfinite(w));
  EXPECT_THROW(network.initialize(Initializer::lsuv, 1), Error);
}

}  // namespace
}  // namespace gradus
