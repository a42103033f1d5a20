#include "nn/workspace.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/test_support.h"
#include "nn/pass.h"

namespace gradus {
namespace {

constexpr int64_t kRows = 9;

std::vector<float> gradients_of(const Plan& plan, Logits logits) {
  const std::vector<float> theta = kernels::draw<float>(plan.parameters, 1);
  const std::vector<float> x = kernels::draw<float>(kRows * plan.inputs, 2);
  const std::vector<float> y = kernels::draw<float>(kRows * plan.outputs, 3);
  std::vector<float> gradients(theta.size());
  ThreadPool pool;
  Workspace<float> workspace(plan, kRows, true, logits);
  forward<float>(plan, theta, {x.data(), kRows, plan.inputs}, nullptr, workspace, pool);
  backward<float>(plan, theta, {x.data(), kRows, plan.inputs}, {y.data(), kRows, plan.outputs}, 0.5f, false, workspace,
                  gradients, pool);
  return gradients;
}

TEST(Workspace, OverwrittenLogitsGiveTheSameGradients) {
  const Affine wide{70};
  const std::vector<std::vector<Op>> networks = {
      {wide, Activate{Activation::relu}, wide, Activate{Activation::relu}, Affine{2}},
      {wide, Activate{Activation::relu}, wide, Residual{0}, Activate{Activation::relu}, Affine{2}},  // adds z
      {wide, Activate{Activation::relu}, wide, Residual{1}, Activate{Activation::relu}, Affine{2}},  // adds a
      {wide, Activate{Activation::relu}, Activate{Activation::tanh}, LayerNorm{}, Activate{Activation::relu},
       Affine{2}},
      {wide, Activate{Activation::silu}, wide, Activate{Activation::relu}, Affine{2}}};
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const Plan plan = compile({5, networks[i], {Loss::squared_error, Activation::identity}});
    EXPECT_TRUE(kernels::same_bits(gradients_of(plan, Logits::overwritten), gradients_of(plan, Logits::kept))) << i;
  }
}

TEST(Workspace, OverwritesOnlyTheLogitsOfRelu) {
  const Plan plan =
      compile({5, {Affine{4}, Activate{Activation::relu}, Affine{4}, Activate{Activation::tanh}, Affine{1}}, {}});
  Workspace<float> workspace(plan, kRows, true, Logits::overwritten);
  EXPECT_EQ(workspace.value(0, 1).data(), workspace.value(1, 1).data());
  EXPECT_NE(workspace.value(2, 1).data(), workspace.value(3, 1).data());
}

}  // namespace
}  // namespace gradus
