#include "gradus/network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "gradus/error.h"

namespace gradus {
namespace {

const std::vector<HiddenLayer> kHidden = {{5, Activation::relu, 0.5}, {4, Activation::tanh, 0.0}};

TEST(NetworkSpec, MultilayerPutsDropoutOnlyWhereAskedFor) {
  const NetworkSpec spec = multilayer(3, kHidden, 2, {Loss::softmax_cross_entropy, Activation::identity});
  ASSERT_EQ(spec.ops.size(), 6u);
  EXPECT_EQ(spec.ops[2], Op(Dropout{0.5}));
  EXPECT_EQ(spec.ops[4], Op(Activate{Activation::tanh}));
  EXPECT_EQ(spec.ops[5], Op(Affine{2}));
}

TEST(NetworkSpec, ParametersAreWeightsThenBiasesLayerByLayer) {
  const NetworkSpec spec = multilayer(3, kHidden, 2, {});
  EXPECT_EQ(parameter_count(spec), 3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2);
  const std::vector<AffineLayout> layout = affine_layout(spec);
  ASSERT_EQ(layout.size(), 3u);
  EXPECT_EQ(layout[1].weight_offset, 20);
  EXPECT_EQ(layout[1].bias_offset, 40);
  EXPECT_EQ(layout[2].bias_offset, 52);
}

TEST(NetworkSpec, RefusesWhatDoesNotChain) {
  EXPECT_THROW(parameter_count({0, {Affine{1}}, {}}), Error);
  EXPECT_THROW(parameter_count({3, {}, {}}), Error);
  EXPECT_THROW(parameter_count({3, {Affine{2}, Activate{Activation::relu}}, {}}), Error);
  EXPECT_THROW(parameter_count({3, {Affine{0}}, {}}), Error);
  EXPECT_THROW(parameter_count({3, {Dropout{1.0}, Affine{2}}, {}}), Error);
  EXPECT_THROW(parameter_count({3, {Dropout{std::nan("")}, Affine{2}}, {}}), Error);
}

TEST(NetworkSpec, RefusesMoreOpsThanDropoutCanTellApart) {
  NetworkSpec spec{1, std::vector<Op>(4095, Op(Dropout{0.5})), {}};
  spec.ops.push_back(Affine{1});
  EXPECT_EQ(parameter_count(spec), 2);
  spec.ops.push_back(Affine{1});
  EXPECT_THROW(parameter_count(spec), Error);
}

TEST(NetworkSpec, RefusesASizeBeyondAllMachinesAndComputesIt) {
  try {
    parameter_count({64, {Affine{1000000000000}, Affine{1000000000000}}, {}});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(error.message().find("64 x 1000000000000 weights, 2.6e+05 GB"), std::string::npos) << error.message();
  }
}

TEST(Network, CopiesAreIndependent) {
  Network one(multilayer(2, {}, 1, {}));
  one.weight(0)(1, 0) = 5.0f;
  Network other = one;
  other.weight(0)(1, 0) = 7.0f;
  other.bias(0)[0] = 3.0f;
  EXPECT_EQ(one.parameters()[1], 5.0f);
  EXPECT_EQ(one.parameters()[2], 0.0f);
  EXPECT_EQ(other.parameters()[1], 7.0f);
}

double mean_square(MatrixView<const float> weight) {
  double sum = 0.0;
  for (int64_t j = 0; j < weight.rows(); ++j)
    for (const float w : weight.row(j)) sum += static_cast<double>(w) * static_cast<double>(w);
  return sum / static_cast<double>(weight.rows() * weight.columns());
}

TEST(Initializers, HaveTheirVariances) {
  Network network(multilayer(300, {}, 100, {}));
  const struct {
    Initializer initializer;
    double variance;
    double limit;
  } cases[] = {
      {Initializer::glorot_uniform, 2.0 / 400, std::sqrt(6.0 / 400)}, {Initializer::glorot_normal, 2.0 / 400, 1.0},
      {Initializer::he_uniform, 2.0 / 300, std::sqrt(6.0 / 300)},     {Initializer::he_normal, 2.0 / 300, 1.0},
      {Initializer::lecun_uniform, 1.0 / 300, std::sqrt(3.0 / 300)},  {Initializer::lecun_normal, 1.0 / 300, 1.0},
  };
  for (const auto& c : cases) {
    network.initialize(c.initializer, 1);
    // 30,000 draws: the sample variance is within 5 % at more than five standard deviations.
    EXPECT_NEAR(mean_square(std::as_const(network).weight(0)), c.variance, 0.05 * c.variance) << name(c.initializer);
    for (const float w : network.parameters()) EXPECT_LE(std::fabs(w), c.limit) << name(c.initializer);
    for (const float b : network.bias(0)) EXPECT_EQ(b, 0.0f);
  }
}

TEST(Initializers, AutoFollowsTheActivation) {
  const auto scale_of = [](Activation activation) {
    Network network(multilayer(400, std::vector<HiddenLayer>{{100, activation, 0.0}}, 1, {}));
    network.initialize(3);
    return mean_square(std::as_const(network).weight(0));
  };
  EXPECT_NEAR(scale_of(Activation::relu), 2.0 / 400, 0.05 * 2.0 / 400);
  EXPECT_NEAR(scale_of(Activation::selu), 1.0 / 400, 0.05 * 1.0 / 400);
  EXPECT_NEAR(scale_of(Activation::tanh), 2.0 / 500, 0.05 * 2.0 / 500);
}

TEST(Initializers, SeedsAndLayersDiffer) {
  Network one(multilayer(6, std::vector<HiddenLayer>{{6, Activation::tanh, 0.0}}, 6, {}));
  Network other = one;
  one.initialize(1);
  other.initialize(1);
  EXPECT_TRUE(std::equal(one.parameters().begin(), one.parameters().end(), other.parameters().begin()));
  EXPECT_NE(one.weight(0)(0, 0), one.weight(1)(0, 0));
  other.initialize(2);
  EXPECT_NE(one.weight(0)(0, 0), other.weight(0)(0, 0));
}

}  // namespace
}  // namespace gradus
