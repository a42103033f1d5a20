// Networks with norms and residuals, predicted.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "gradus/predictor.h"

#include "base/random.h"
#include "nn/fold.h"
#include "nn/head.h"
#include "nn/pass.h"

namespace gradus {
namespace {

NetworkSpec spec_of(Normalization normalization, bool residual) {
  return multilayer(3, std::vector<HiddenLayer>(3, {5, Activation::tanh, 0.2, normalization, residual}), 2, {});
}

template <typename T>
std::vector<T> drawn(int64_t count, uint64_t seed) {
  const RandomStream stream(seed, Purpose::gradcheck);
  std::vector<T> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<T>(4.0 * stream.uniform(static_cast<uint64_t>(i)) - 2.0));
  return values;
}

/// Weights, norms and running statistics all away from where they start.
template <typename T>
BasicNetwork<T> busy_network(const NetworkSpec& spec) {
  BasicNetwork<T> network(spec);
  const std::vector<T> values = drawn<T>(std::ssize(network.parameters()), 8);
  std::ranges::copy(values, network.parameters().begin());
  for (const TensorLayout& tensor : tensor_layout(spec))
    if (tensor.name.ends_with("variance"))
      for (T& value :
           network.parameters().subspan(static_cast<std::size_t>(tensor.offset), static_cast<std::size_t>(tensor.size)))
        value = value * value + T(0.1);
  return network;
}

template <typename T>
class Structured : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(Structured, Precisions);

/// The output of `forward` and the head for 9 rows.
template <typename T>
std::vector<T> by_forward(const BasicNetwork<T>& network, const std::vector<T>& x) {
  const Plan plan = compile(network.spec());
  ThreadPool pool;
  Workspace<T> workspace(plan, 9, false);
  const MatrixView<T> out = forward<T>(plan, network.parameters(), {x.data(), 9, 3}, nullptr, workspace, pool);
  return {out.data(), out.data() + 9 * network.outputs()};
}

TYPED_TEST(Structured, ThePredictorHasTheBitsOfForwardWithoutBatchNorms) {
  using T = TypeParam;
  const std::vector<T> x = drawn<T>(27, 1);
  for (const Normalization normalization : {Normalization::none, Normalization::layer}) {
    for (const bool residual : {false, true}) {
      const BasicNetwork<T> network = busy_network<T>(spec_of(normalization, residual));
      const std::vector<T> expected = by_forward(network, x);
      BasicPredictor<T> predictor(network, 4);
      std::vector<T> found(18), one(2);
      predictor.predict({x.data(), 9, 3}, {found.data(), 9, 2});
      EXPECT_EQ(found, expected);
      for (std::size_t row = 0; row < 9; ++row) {
        predictor.predict(std::span<const T>(x).subspan(3 * row, 3), one);
        EXPECT_EQ(one[0], expected[2 * row]);
        EXPECT_EQ(one[1], expected[2 * row + 1]);
      }
    }
  }
}

TYPED_TEST(Structured, BatchNormsFoldIntoTheirAffines) {
  using T = TypeParam;
  const std::vector<T> x = drawn<T>(27, 1);
  for (const bool residual : {false, true}) {
    const BasicNetwork<T> network = busy_network<T>(spec_of(Normalization::batch, residual));
    const BasicNetwork<T> folded = fold_batch_norms(network);
    EXPECT_TRUE(compile(folded.spec()).norms.empty());
    const std::vector<T> expected = by_forward(network, x), found = by_forward(folded, x);
    BasicPredictor<T> predictor(network, 9);
    std::vector<T> predicted(18);
    predictor.predict({x.data(), 9, 3}, {predicted.data(), 9, 2});
    EXPECT_EQ(predicted, found);
    const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], tolerance);
  }
}

}  // namespace
}  // namespace gradus
