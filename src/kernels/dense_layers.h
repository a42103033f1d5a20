// A whole chain of dense layers, a = g(x W + b), for prediction: one call, nothing kept but the last values.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"
#include "gradus/names.h"

namespace gradus::kernels {

/// One layer of the chain. `weights`: W and b as `pack_dense` lays them out, or null for g alone (outputs = inputs).
template <typename T>
struct DenseLayer {
  int64_t inputs = 0;
  int64_t outputs = 0;
  const T* weights = nullptr;
  Activation activation = Activation::identity;
  bool far = false;  ///< the weights of the whole chain are more than a core's own cache holds
};

/// Columns of W that lie together: two cache lines, a whole number of vectors on every target.
template <typename T>
inline constexpr int64_t kPanelColumns = 128 / static_cast<int64_t>(sizeof(T));

/// Values that `pack_dense` writes.
template <typename T>
constexpr int64_t packed_dense_size(int64_t inputs, int64_t outputs) noexcept {
  return (outputs + kPanelColumns<T> - 1) / kPanelColumns<T> * kPanelColumns<T> * (inputs + 1);
}

/// Panels of kPanelColumns columns one after the other, each with its part of the bias first and then the rows of W in
/// order: the order in which a product reads them. The last panel is filled up with zeros. `weight` (inputs x outputs),
/// `bias` outputs values, `packed` aligned to a cache line.
template <typename T>
void pack_dense(MatrixView<const T> weight, std::span<const T> bias, T* packed) noexcept;

/// From one row of values to the next in a scratch: a panel's width, and a cache line more so that the rows don't meet
/// in one set of the cache.
template <typename T>
constexpr int64_t dense_stride(int64_t columns) noexcept {
  constexpr int64_t kWidth = kPanelColumns<T>;
  return (columns + kWidth - 1) / kWidth * kWidth + kWidth / 2;
}

/// The values of one row in a scratch.
template <typename T>
int64_t dense_scratch_size(std::span<const DenseLayer<T>> layers) noexcept;

/// Sends `x` (rows x inputs of the first layer) through the layers; returns (rows x outputs of the last), which lie in
/// one of the scratches. These hold the rows' `dense_scratch_size` values each, aligned to a cache line. Every element
/// is one chain of fma from the bias, as in `product_nn`, and then g: the same bits for one row as for many.
template <typename T>
MatrixView<const T> run_dense_rows(std::span<const DenseLayer<T>> layers, MatrixView<const T> x, T* scratch0,
                                   T* scratch1) noexcept;
/// One row, without what only several need.
template <typename T>
const T* run_dense_row(std::span<const DenseLayer<T>> layers, const T* x, T* scratch0, T* scratch1) noexcept;

}  // namespace gradus::kernels
