// Products and what is made of them: chains of layers, a small network's pass, factors.
#include <algorithm>
#include <cmath>

#include "base/buffer.h"
#include "kernels/activations.h"
#include "kernels/cholesky.h"
#include "kernels/dense_layers.h"
#include "kernels/naive.h"
#include "kernels/products.h"
#include "kernels/small_network.h"
#include "kernels_support.h"

namespace gradus::kernels {

template <typename T>
void fuzz_products(Choices& choices) {
  const int64_t m = choices.size(0), n = choices.size(0), k = choices.size(0), gap = choices.below(6);
  const bool bias = choices.below(2) == 1;
  ThreadPool& pool = pool_of(choices);
  Memory<T> given(choices);
  given.add(m, k, gap), given.add(k, m, 1), given.add(k, n, gap + 1), given.add(n, k, 0);
  for (int i = 0; i < 3; ++i) given.add(m, n, gap);
  given.add_vector(n), given.add_vector(n);
  compare(
      "products", given,
      [&](Memory<T>& x) {
        product_nn<T>(x[0], x[2], bias ? x.vector(0) : nullptr, x[4], pool);
        product_tn<T>(x[1], x[2], x[5], pool);
        product_nt<T>(x[0], x[3], x[6], pool);
        column_sums<T>(x[2], x.vector(1));
      },
      [&](Memory<T>& x) {
        naive::product_nn<T>(x[0], x[2], bias ? x.vector(0) : nullptr, x[4]);
        naive::product_tn<T>(x[1], x[2], x[5]);
        naive::product_nt<T>(x[0], x[3], x[6]);
        naive::column_sums<T>(x[2], x.vector(1));
      });
}

namespace {

Activation activation_of(Choices& choices) {
  constexpr int kActivations = static_cast<int>(Activation::hard_sigmoid) + 1;
  return static_cast<Activation>(choices.below(kActivations));
}

}  // namespace

template <typename T>
void fuzz_dense_layers(Choices& choices) {
  const int depth = 1 + choices.below(3);
  std::vector<int64_t> widths = {choices.size()};
  std::vector<Activation> activations;
  std::vector<bool> affine;
  for (int i = 0; i < depth; ++i) {
    affine.push_back(i == 0 || choices.below(4) > 0);
    widths.push_back(affine.back() ? choices.size() : widths.back());
    activations.push_back(activation_of(choices));
  }
  const int64_t rows = choices.size(), gap = choices.below(4);
  const bool far = choices.below(2) == 1;
  Memory<T> given(choices);
  given.add(rows, widths.front(), gap), given.add(rows, widths.back(), 0), given.add(1, widths.back(), 0);
  for (std::size_t i = 1; i < widths.size(); ++i) {
    if (affine[i - 1]) given.add(widths[i - 1], widths[i], 0);
    if (affine[i - 1]) given.add_vector(widths[i]);
  }
  const auto ours = [&](Memory<T>& x) {
    std::vector<AlignedBuffer<T>> packed;
    std::vector<DenseLayer<T>> layers;
    for (std::size_t i = 0; i < activations.size(); ++i) {
      const T* weights = nullptr;
      if (affine[i]) {
        const std::size_t which = packed.size();
        packed.emplace_back(packed_dense_size<T>(widths[i], widths[i + 1]));
        pack_dense<T>(x[3 + which], {x.vector(which), static_cast<std::size_t>(widths[i + 1])}, packed.back().data());
        weights = packed.back().data();
      }
      layers.push_back({widths[i], widths[i + 1], weights, activations[i], far});
    }
    const int64_t size = dense_scratch_size<T>(layers);
    AlignedBuffer<T> scratch0(size * rows), scratch1(size * rows);
    const MatrixView<const T> y = run_dense_rows<T>(layers, x[0], scratch0.data(), scratch1.data());
    for (int64_t row = 0; row < rows; ++row) std::copy(y.row(row).begin(), y.row(row).end(), x[1].row(row).begin());
    const T* alone = run_dense_row<T>(layers, x[0].row(0).data(), scratch0.data(), scratch1.data());
    std::copy(alone, alone + widths.back(), x[2].data());
  };
  compare("dense layers", given, ours, [&](Memory<T>& x) {
    std::vector<naive::Dense<T>> layers;
    std::size_t which = 0;
    for (std::size_t i = 0; i < activations.size(); ++i) {
      layers.push_back({{}, {}, activations[i]});
      if (!affine[i]) continue;
      layers.back().weight = x[3 + which];
      layers.back().bias = {x.vector(which++), static_cast<std::size_t>(widths[i + 1])};
    }
    for (int64_t row = 0; row < rows; ++row) {
      const std::vector<T> y = naive::dense_row<T>(layers, x[0].row(row));
      std::copy(y.begin(), y.end(), x[1].row(row).begin());
      if (row == 0) std::copy(y.begin(), y.end(), x[2].data());
    }
  });
}

void fuzz_cholesky(Choices& choices) {
  const int64_t n = choices.size();
  const double shift = choices.below(4) == 0 ? -1.0 : 1.0;
  ThreadPool& pool = pool_of(choices);
  Memory<double> given(choices);
  given.add(n, n, choices.below(4)), given.add(n, n, 0);
  naive::product_nt<double>(given[1], given[1], given[0]);
  for (int64_t i = 0; i < n; ++i) given[0](i, i) += shift;
  given.doubles.resize(static_cast<std::size_t>(n * n + 1));
  const auto keep = [n](Memory<double>& x, bool factored) {
    x.doubles[0] = factored ? 1.0 : 0.0;
    for (int64_t i = 0; factored && i < n; ++i)
      for (int64_t j = 0; j <= i; ++j) x.doubles[static_cast<std::size_t>(1 + i * n + j)] = x[0](i, j);
    for (int64_t i = 0; i < n; ++i)  // nothing is said of what is left of a matrix that has no factor
      for (int64_t j = 0; j < n; ++j) x[0](i, j) = 0.0;
  };
  compare(
      "cholesky", given,
      [&](Memory<double>& x) {
        AlignedBuffer<double> scratch(cholesky_scratch(n));
        keep(x, cholesky(x[0], scratch.span(), pool));
      },
      [&](Memory<double>& x) { keep(x, naive::cholesky(x[0])); });
}

/// A small network's pass both ways, and what single kernels make of it.
template <typename T>
void fuzz_small_network(Choices& choices) {
  const int64_t rows = choices.below(3) == 0 ? 1 : choices.size();
  std::vector<int64_t> widths = {choices.size()};
  std::vector<Activation> activations;
  int64_t parameters = 0;
  for (int layers = 1 + choices.below(3); layers > 0; --layers) {
    widths.push_back(choices.size());
    activations.push_back(activation_of(choices));
    parameters += (widths[widths.size() - 2] + 1) * widths.back();
  }
  const T lambda = choices.below(2) == 0 ? T(0) : choices.number<T>();
  ThreadPool& pool = pool_of(choices);
  Memory<T> given(choices);
  given.add(rows, widths[0], choices.below(4)), given.add(1, parameters, 0), given.add(1, parameters, 0);
  for (std::size_t i = 1; i < widths.size(); ++i)
    for (int k = 0; k < 3; ++k) given.add(rows, widths[i], 0);  // z, a, delta
  given.doubles.resize(1);
  const auto layers_of = [&](Memory<T>& x) {
    std::vector<SmallLayer<T>> layers;
    int64_t offset = 0;
    for (std::size_t i = 0; i < activations.size(); ++i) {
      layers.push_back({widths[i], widths[i + 1], offset, activations[i], x[3 + 3 * i].data(), x[4 + 3 * i].data(),
                        x[5 + 3 * i].data()});
      offset += (widths[i] + 1) * widths[i + 1];
    }
    return layers;
  };
  const auto twin = [&](Memory<T>& x) {
    const T* theta = x[1].data();
    const std::vector<SmallLayer<T>> layers = layers_of(x);
    MatrixView<const T> from = x[0];
    std::vector<MatrixView<const T>> inputs;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const MatrixView<const T> w(theta + layers[i].weight_offset, widths[i], widths[i + 1]);
      naive::product_nn<T>(from, w, theta + layers[i].bias_offset(), x[3 + 3 * i]);
      activate<T>(activations[i], x[3 + 3 * i], x[4 + 3 * i]);
      inputs.push_back(from);
      from = x[4 + 3 * i];
    }
    for (std::size_t i = layers.size(); i-- > 0;) {
      const std::size_t size = static_cast<std::size_t>(widths[i] * widths[i + 1]);
      const MatrixView<const T> w(theta + layers[i].weight_offset, widths[i], widths[i + 1]);
      if (i > 0) {
        naive::product_nt<T>(x[5 + 3 * i], w, x[2 + 3 * i]);
        multiply_slope<T>(activations[i - 1], x[3 * i], x[1 + 3 * i], x[2 + 3 * i]);
      }
      T* gradient = x[2].data() + layers[i].weight_offset;
      naive::product_tn<T>(inputs[i], x[5 + 3 * i], {gradient, widths[i], widths[i + 1]});
      if (lambda != T(0)) naive::add_l2<T>({w.data(), size}, lambda, {gradient, size});
      naive::column_sums<T>(x[5 + 3 * i], x[2].data() + layers[i].bias_offset());
    }
  };
  const auto ours = [&](Memory<T>& x) {
    const std::vector<SmallLayer<T>> layers = layers_of(x);
    small_forward<T>(layers, x[1].data(), x[0].data(), x[0].stride(), rows, pool.scratch(0));
    const bool finite =
        small_backward<T>(layers, x[1].data(), x[0].data(), x[0].stride(), rows, lambda, pool.scratch(0), x[2].data());
    for (const T value : x[2].row(0))
      if (finite && !std::isfinite(value)) std::abort();
  };
  compare("small network", given, ours, twin);
}

template void fuzz_products<float>(Choices&);
template void fuzz_products<double>(Choices&);
template void fuzz_dense_layers<float>(Choices&);
template void fuzz_dense_layers<double>(Choices&);
template void fuzz_small_network<float>(Choices&);
template void fuzz_small_network<double>(Choices&);

}  // namespace gradus::kernels
