#include "gradus/predictor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "gradus/error.h"

#include "base/random.h"
#include "nn/head.h"
#include "nn/pass.h"

namespace gradus {
namespace {

template <typename T>
BasicNetwork<T> network_of(NetworkSpec spec) {
  BasicNetwork<T> network(std::move(spec));
  network.initialize(5);
  for (int64_t affine = 0; affine < network.affine_count(); ++affine)
    for (T& bias : network.bias(affine)) bias = T(0.125);
  return network;
}

/// Affines, activations one after the other and before everything, dropout.
NetworkSpec many_ops(Head head) {
  return {9,
          {Activate{Activation::tanh}, Affine{150}, Activate{Activation::relu}, Dropout{0.5}, Affine{33},
           Activate{Activation::silu}, Activate{Activation::relu}, Affine{20}, Affine{4}},
          std::move(head)};
}

template <typename T>
std::vector<T> rows_of(int64_t rows, int64_t width) {
  const RandomStream stream(3, Purpose::shuffle);
  std::vector<T> x(static_cast<std::size_t>(rows * width));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(4.0 * stream.uniform(i) - 2.0);
  return x;
}

/// What training's forward pass says.
template <typename T>
std::vector<T> by_forward(const BasicNetwork<T>& network, const std::vector<T>& x) {
  const Plan plan = compile(network.spec());
  const int64_t rows = static_cast<int64_t>(x.size()) / plan.inputs;
  Workspace<T> workspace(plan, rows, false);
  ThreadPool pool;
  std::vector<T> out(static_cast<std::size_t>(rows * plan.outputs));
  const MatrixView<T> logits = forward<T>(plan, network.parameters(), MatrixView<const T>(x.data(), rows, plan.inputs),
                                          nullptr, workspace, pool);
  head_outputs<T>(plan.head, logits, {out.data(), rows, plan.outputs});
  return out;
}

template <typename T>
class PredictorOf : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(PredictorOf, Scalars);

TYPED_TEST(PredictorOf, HasTheBitsOfTrainingsForwardPassUnderEveryLoss) {
  using T = TypeParam;
  std::vector<Head> heads = {{Loss::squared_error, Activation::identity}, {Loss::squared_error, Activation::sigmoid}};
  for (const Loss loss : {Loss::absolute_error, Loss::huber, Loss::log_cosh, Loss::poisson, Loss::softmax_cross_entropy,
                          Loss::sigmoid_cross_entropy, Loss::focal, Loss::sigmoid_focal, Loss::hinge})
    heads.push_back({loss, Activation::identity});
  heads.push_back({.loss = Loss::quantile, .quantiles = {0.1, 0.9}});
  constexpr int64_t kRows = 137;
  for (const Head& head : heads) {
    SCOPED_TRACE(name(head.loss));
    const BasicNetwork<T> network = network_of<T>(many_ops(head));
    const std::vector<T> x = rows_of<T>(kRows, 9);
    const std::vector<T> expected = by_forward(network, x);
    std::vector<T> batch(expected.size()), alone(expected.size());
    BasicPredictor<T> predictor(network, 200);
    predictor.predict({x.data(), kRows, 9}, {batch.data(), kRows, 4});
    BasicPredictor<T> single(network);
    for (std::size_t row = 0; row < kRows; ++row)
      single.predict(std::span(x).subspan(row * 9, 9), std::span(alone).subspan(row * 4, 4));
    EXPECT_EQ(batch, expected);
    EXPECT_EQ(alone, expected);
  }
}

TYPED_TEST(PredictorOf, WritesNothingBetweenStridedRows) {
  using T = TypeParam;
  const BasicNetwork<T> network = network_of<T>(many_ops({Loss::softmax_cross_entropy}));
  const std::vector<T> x = rows_of<T>(30, 11);
  std::vector<T> out(30 * 7, T(-5)), packed(30 * 9), expected(30 * 4);
  for (std::size_t row = 0; row < 30; ++row) std::copy_n(x.data() + row * 11 + 1, 9, packed.data() + row * 9);
  BasicPredictor<T> predictor(network, 7);
  predictor.predict({packed.data(), 30, 9}, {expected.data(), 30, 4});
  predictor.predict({x.data() + 1, 30, 9, 11}, {out.data() + 1, 30, 4, 7});
  for (std::size_t row = 0; row < 30; ++row)
    for (std::size_t k = 0; k < 7; ++k)
      EXPECT_EQ(out[row * 7 + k], k >= 1 && k < 5 ? expected[row * 4 + k - 1] : T(-5));
}

TYPED_TEST(PredictorOf, SameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  constexpr int64_t kRows = 1001;
  const BasicNetwork<T> network = network_of<T>(many_ops({Loss::squared_error}));
  const std::vector<T> x = rows_of<T>(kRows, 9);
  std::vector<T> expected(kRows * 4);
  BasicPredictor<T>(network, 50).predict({x.data(), kRows, 9}, {expected.data(), kRows, 4});
  for (const int threads : {2, 3, 8}) {
    std::vector<T> out(kRows * 4);
    BasicPredictor<T> predictor(network, 50, threads);
    for (int again = 0; again < 3; ++again) predictor.predict({x.data(), kRows, 9}, {out.data(), kRows, 4});
    EXPECT_EQ(out, expected) << threads;
  }
}

TEST(Predictor, SeveralThreadsPredictEachWithItsOwn) {
  const Network network = network_of<float>(many_ops({Loss::softmax_cross_entropy}));
  const std::vector<float> x = rows_of<float>(40, 9);
  const std::vector<float> expected = by_forward(network, x);
  std::vector<std::vector<float>> out(4, std::vector<float>(expected.size()));
  std::vector<std::thread> threads;
  for (auto& own : out)
    threads.emplace_back([&] {
      Predictor predictor(network, 40);
      for (int again = 0; again < 20; ++again) predictor.predict({x.data(), 40, 9}, {own.data(), 40, 4});
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& own : out) EXPECT_EQ(own, expected);
}

TEST(Predictor, RefusesLessThanOneRowOrThread) {
  const Network network = network_of<float>(many_ops({}));
  EXPECT_THROW(Predictor(network, 0), Error);
  EXPECT_THROW(Predictor(network, 1, 0), Error);
}

}  // namespace
}  // namespace gradus
