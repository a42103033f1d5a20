#include "nn/norm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "gradus/error.h"

#include "nn/head.h"
#include "nn/pass.h"

namespace gradus {
namespace {

TEST(BatchNorm, ByHand) {
  // One affine 1 -> 1 with W = 1, b = 0, a batch norm with scale 2, shift 3, and the output affine as it is.
  BasicNetwork<double> network(NetworkSpec{1, {Affine{1}, BatchNorm{1.0}, Affine{1}}, {}});
  const std::vector<double> values = {1.0, 0.0, 2.0, 3.0, 1.0, 0.0, 10.0, 7.0};  // ..., running mean, variance
  std::ranges::copy(values, network.parameters().begin());
  const Plan plan = compile(network.spec());
  EXPECT_EQ(plan.trained, 6);
  EXPECT_EQ(plan.parameters, 8);
  const double x[] = {1.0, 2.0, 6.0};  // mean 3, variance (4 + 1 + 9) / 3
  ThreadPool pool;
  Workspace<double> training(plan, 3, true), prediction(plan, 3, false);
  const std::span<const double> parameters = std::as_const(network).parameters();
  const MatrixView<double> out = forward<double>(plan, parameters, {x, 3, 1}, nullptr, training, pool);
  const double deviation = std::sqrt(14.0 / 3.0 + 1.0);
  EXPECT_NEAR(out(0, 0), 2.0 * (1.0 - 3.0) / deviation + 3.0, 1e-14);
  EXPECT_NEAR(out(2, 0), 2.0 * (6.0 - 3.0) / deviation + 3.0, 1e-14);
  const MatrixView<double> later = forward<double>(plan, parameters, {x, 3, 1}, nullptr, prediction, pool);
  EXPECT_NEAR(later(2, 0), 2.0 * (6.0 - 10.0) / std::sqrt(7.0 + 1.0) + 3.0, 1e-14);
  // Running statistics: a tenth of the batch's, its variance as of a sample.
  update_running<double>(plan.norms[0], training.norm(0), 3, 0.1, network.parameters());
  EXPECT_NEAR(network.parameters()[6], 9.3, 1e-14);
  EXPECT_NEAR(network.parameters()[7], 6.3 + 0.1 * 7.0, 1e-14);
}

TEST(Residual, ByHand) {
  // a = relu(1 x + 1); b = relu(2 a - 10) + a; output b.
  BasicNetwork<double> network(
      multilayer(1, std::vector<HiddenLayer>(2, {1, Activation::relu, 0.0, Normalization::none, true}), 1, {}));
  const std::vector<double> values = {1.0, 1.0, 2.0, -10.0, 1.0, 0.0};
  std::ranges::copy(values, network.parameters().begin());
  const Plan plan = compile(network.spec());
  ThreadPool pool;
  Workspace<double> workspace(plan, 2, true);
  const double x[] = {1.0, 9.0}, y[] = {0.0, 0.0};
  const MatrixView<double> out =
      forward<double>(plan, std::as_const(network).parameters(), {x, 2, 1}, nullptr, workspace, pool);
  EXPECT_EQ(out(0, 0), 2.0);          // relu(-6) + 2
  EXPECT_EQ(out(1, 0), 10.0 + 10.0);  // relu(10) + 10
  std::vector<double> g(6);
  backward<double>(plan, std::as_const(network).parameters(), {x, 2, 1}, {y, 2, 1}, 1.0, false, workspace, g, pool);
  // dJ/db = 2 and 20; to a: itself, and where the second relu is on twice more.
  EXPECT_EQ(g[0], 2.0 * 1.0 + (20.0 + 2.0 * 20.0) * 9.0);
  EXPECT_EQ(g[1], 2.0 + 60.0);
  EXPECT_EQ(g[2], 20.0 * 10.0);
}

TEST(Plan, PlacesNormsBehindTheirLayersAndStatisticsAtTheEnd) {
  std::vector<std::string> names;
  int64_t next = 0;
  const NetworkSpec spec =
      multilayer(3, std::vector<HiddenLayer>{{4, Activation::relu, 0.0, Normalization::batch, false}, {5}}, 1, {});
  for (const TensorLayout& tensor : tensor_layout(spec)) {
    EXPECT_EQ(tensor.offset, next);
    next += tensor.size;
    names.push_back(tensor.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"layers.0.weight", "layers.0.bias", "norms.0.scale", "norms.0.shift",
                                             "layers.1.weight", "layers.1.bias", "layers.2.weight", "layers.2.bias",
                                             "norms.0.mean", "norms.0.variance"}));
  EXPECT_EQ(next, 16 + 8 + 25 + 6 + 8);
  EXPECT_EQ(parameter_count(spec), 16 + 8 + 25 + 6);
}

TEST(Plan, RefusesNormsAndResidualsThatDoNotFit) {
  const std::vector<std::vector<Op>> bad = {
      {BatchNorm{}, Affine{1}},
      {LayerNorm{}, Affine{1}},
      {Affine{2}, Activate{}, BatchNorm{}, Affine{1}},
      {Affine{2}, BatchNorm{0.0}, Affine{1}},
      {Affine{2}, LayerNorm{NAN}, Affine{1}},
      {Affine{2}, Residual{1}, Affine{1}},
      {Affine{2}, Residual{-1}, Affine{1}},
      {Affine{2}, Affine{3}, Residual{0}, Affine{1}},
      {Activate{}, Affine{3}, Residual{0}, Affine{1}},
  };
  for (const std::vector<Op>& ops : bad) EXPECT_THROW(compile({3, ops, {}}), Error);
  EXPECT_NO_THROW(compile({3, {Affine{2}, Activate{}, LayerNorm{}, Residual{0}, Affine{1}}, {}}));
}

}  // namespace
}  // namespace gradus
