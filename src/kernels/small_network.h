// A small network's pass over a few rows, one call each way: what it computes takes less time than the calls of a pass
// made of single products.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gradus/names.h"

namespace gradus::kernels {

/// An affine op and the activation behind it. Where its values and its delta go: (rows x outputs) without gaps.
template <typename T>
struct SmallLayer {
  int64_t inputs = 0;
  int64_t outputs = 0;
  int64_t weight_offset = 0;  ///< in the flat parameters; the bias follows the weight
  Activation activation = Activation::identity;
  T* z = nullptr;
  T* a = nullptr;  ///< z itself where nothing follows the affine op
  T* delta = nullptr;

  int64_t bias_offset() const noexcept { return weight_offset + inputs * outputs; }
};

/// z and a of every layer. `x` (rows x inputs of the first), its rows `x_stride` apart: not a view, since what goes
/// through memory takes longer to arrive than a layer to run. `scratch`: ThreadPool::scratch. Every element is the
/// chain of product_nn.
template <typename T>
void small_forward(std::span<const SmallLayer<T>> layers, const T* theta, const T* x, int64_t x_stride, int64_t rows,
                   std::byte* scratch) noexcept;

/// From the last layer's delta to the others' and to the gradient of all parameters, with `lambda_over_m` theta added
/// for weights. False where some of it might not be finite. rows <= kMostSmallRows. The bits are those of product_nt,
/// multiply_slope, product_tn, column_sums and add_l2 in turn.
template <typename T>
bool small_backward(std::span<const SmallLayer<T>> layers, const T* theta, const T* x, int64_t x_stride, int64_t rows,
                    T lambda_over_m, std::byte* scratch, T* gradients) noexcept;
inline constexpr int64_t kMostSmallRows = int64_t{1} << 15;

/// The same for one row `x`, and sgd_update by it, without the gradient being stored. Where some of that might not be
/// finite, returns false and theta is as it was.
template <typename T>
bool small_descend(std::span<const SmallLayer<T>> layers, T* theta, const T* x, T lambda_over_m, T eta,
                   std::byte* scratch) noexcept;

}  // namespace gradus::kernels
