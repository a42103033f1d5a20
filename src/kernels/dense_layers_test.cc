#include "kernels/dense_layers.h"

#include <memory>

#include "base/buffer.h"
#include "kernels/naive.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

constexpr Activation kAll[] = {Activation::identity,    Activation::sigmoid, Activation::tanh,     Activation::relu,
                               Activation::leaky_relu,  Activation::elu,     Activation::selu,     Activation::gelu,
                               Activation::silu,        Activation::mish,    Activation::softplus, Activation::softsign,
                               Activation::hard_sigmoid};

/// Layers of the given widths, drawn; packed, and as the naive twin takes them.
template <typename T>
class Chain {
 public:
  Chain(const std::vector<int64_t>& widths, std::vector<Activation> activations, uint64_t seed,
        Values values = Values::plain)
      : inputs_(widths[0]) {
    for (std::size_t i = 1; i < widths.size(); ++i) {
      const int64_t inputs = widths[i - 1];
      const int64_t outputs = widths[i];
      weights_.push_back(draw<T>(inputs * outputs, seed + 2 * i, values));
      biases_.push_back(draw<T>(outputs, seed + 2 * i + 1, values));
      const MatrixView<const T> weight(weights_.back().data(), inputs, outputs);
      packed_.emplace_back(packed_dense_size<T>(inputs, outputs));
      pack_dense<T>(weight, biases_.back(), packed_.back().data());
      layers_.push_back({inputs, outputs, packed_.back().data(), activations[i - 1], seed % 2 == 1});
      twins_.push_back({weight, biases_.back(), activations[i - 1]});
    }
  }

  /// g alone after the layers there are.
  void append(Activation activation) {
    const int64_t width = layers_.back().outputs;
    layers_.push_back({width, width, nullptr, activation, false});
    twins_.push_back({{}, {}, activation});
  }

  /// Every row of a batch, and the first of them alone.
  void expect_the_naive_bits(int64_t rows, int64_t gap, uint64_t seed, Values values = Values::plain) const {
    SCOPED_TRACE(::testing::Message() << rows << " rows");
    const AwkwardMatrix<T> x(rows, inputs_, gap, seed, values);
    const int64_t size = dense_scratch_size<T>(layers_);
    AlignedBuffer<T> scratch0(size * rows), scratch1(size * rows);
    const MatrixView<const T> y = run_dense_rows<T>(layers_, x.view(), scratch0.data(), scratch1.data());
    ASSERT_EQ(y.rows(), rows);
    for (int64_t row = 0; row < rows; ++row) {
      const std::vector<T> found(y.row(row).begin(), y.row(row).end());
      EXPECT_TRUE(same_bits(found, naive::dense_row<T>(twins_, x.view().row(row)))) << "row " << row;
    }
    const T* alone = run_dense_row<T>(layers_, x.view().row(0).data(), scratch0.data(), scratch1.data());
    EXPECT_TRUE(
        same_bits(std::vector<T>(alone, alone + layers_.back().outputs), naive::dense_row<T>(twins_, x.view().row(0))))
        << "alone";
  }

 private:
  int64_t inputs_;
  std::vector<std::vector<T>> weights_, biases_;
  std::vector<AlignedBuffer<T>> packed_;
  std::vector<DenseLayer<T>> layers_;
  std::vector<naive::Dense<T>> twins_;
};

template <typename T>
class DenseLayers : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(DenseLayers, Scalars);

TYPED_TEST(DenseLayers, MatchTheirNaiveTwinAtEveryWidthOnEveryTarget) {
  on_every_target([] {
    for (int64_t width = 1; width <= 70; ++width) {
      SCOPED_TRACE(width);
      const auto seed = static_cast<uint64_t>(width);
      const int64_t other = (width * 29) % 70 + 1;
      const Chain<TypeParam> chain({width, other, width}, {kAll[width % 13], Activation::relu}, seed);
      chain.expect_the_naive_bits(width % 17 + 1, width % 3, seed);
    }
  });
}

TYPED_TEST(DenseLayers, MatchTheirNaiveTwinInEveryBatch) {
  on_every_target([] {
    const Chain<TypeParam> chain({5, 70, 33}, {Activation::relu, Activation::identity}, 3);
    for (int64_t rows = 1; rows <= 40; ++rows) chain.expect_the_naive_bits(rows, rows % 4, 7);
  });
}

TYPED_TEST(DenseLayers, MatchTheirNaiveTwinWiderThanOneTile) {
  on_every_target([] {
    for (const int64_t width : {128, 129, 145, 200, 257, 300}) {
      SCOPED_TRACE(width);
      const auto seed = static_cast<uint64_t>(width);
      const Chain<TypeParam> chain({3, width, 2}, {Activation::relu, Activation::identity}, seed);
      chain.expect_the_naive_bits(14, 0, seed);
    }
  });
}

TYPED_TEST(DenseLayers, MatchTheirNaiveTwinAtEveryDepthWithEveryActivation) {
  on_every_target([] {
    for (const Activation activation : kAll) {
      SCOPED_TRACE(name(activation));
      std::vector<int64_t> widths = {6};
      for (int depth = 1; depth <= 4; ++depth) {
        widths.push_back(19 - 4 * depth);
        Chain<TypeParam> chain(widths, std::vector<Activation>(4, activation), static_cast<uint64_t>(depth));
        chain.expect_the_naive_bits(5, 1, 11);
        chain.append(Activation::tanh);
        chain.append(activation);
        chain.expect_the_naive_bits(2, 0, 12);
      }
    }
  });
}

TYPED_TEST(DenseLayers, CarryNanInfinityAndDenormals) {
  on_every_target([] {
    for (const int64_t width : {1, 7, 37, 64}) {
      const Chain<TypeParam> chain({width, 9, 33}, {Activation::relu, Activation::sigmoid}, 5, Values::special);
      for (const int64_t rows : {1, 2, 3, 4, 13}) chain.expect_the_naive_bits(rows, 3, 17, Values::special);
    }
  });
}

}  // namespace
}  // namespace gradus::kernels
