// What rows of outputs lose against their targets, and the derivative: the hot loop behind nn/loss.h. One *_losses.cc
// for each family; docs/numerics.md has the formulas.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

namespace gradus::kernels {

/// The rows of one call. `z` (rows x outputs): logits, or the outputs a = g(z) for the losses of numbers. `y`: targets
/// of the same shape, or for the softmax family one column of class indices stored as T. losses[i] becomes the row's
/// loss, and `delta` (the shape of z; null data where only losses are wanted) its derivative by z times `scale`.
/// `delta` may be z's own memory. Row sums by contract point 2: 16 virtual lanes, one fixed tree.
template <typename T>
struct LossRows {
  MatrixView<const T> z;
  MatrixView<const T> y;
  T scale;
  MatrixView<T> delta;
  std::span<T> losses;

  T* delta_row(int64_t row) const noexcept { return delta.data() == nullptr ? nullptr : delta.row(row).data(); }
};

// Numbers: sums over the outputs, e = a - y.

/// 1/2 e^2
template <typename T>
void squared_error_rows(const LossRows<T>& rows) noexcept;
/// |e|; its derivative at 0 is 0.
template <typename T>
void absolute_error_rows(const LossRows<T>& rows) noexcept;
/// 1/2 e^2 where |e| <= width, else width (|e| - width/2).
template <typename T>
void huber_rows(const LossRows<T>& rows, T width) noexcept;
/// log(cosh(e)), without cancellation for small e nor overflow for large.
template <typename T>
void log_cosh_rows(const LossRows<T>& rows) noexcept;
/// exp(z) - y z: the negative log-likelihood of a count y with mean exp(z), without its log(y!).
template <typename T>
void poisson_rows(const LossRows<T>& rows) noexcept;

/// Quantiles `taus` (ascending) of each target: z holds, target by target, the lowest and then a step for each further
/// one, quantile q = z_0 + sum_{i=1..q} softplus(z_i), so that they never cross. The loss of a row is the sum of
/// max(tau e, (tau - 1) e), e = y - quantile, over its quantiles (Koenker and Bassett 1978); its derivative at e = 0 is
/// 0. `y` (rows x targets). `scratch`: the shape of z, overlapping nothing.
template <typename T>
void quantile_rows(const LossRows<T>& rows, std::span<const double> taus, MatrixView<T> scratch) noexcept;
/// The quantiles themselves, `quantiles` of them for each target. `out` may be `z`.
template <typename T>
void quantile_outputs_rows(MatrixView<const T> z, int64_t quantiles, MatrixView<T> out) noexcept;

// Classes that exclude each other.

/// softmax over each row of `z` into `out` (may be the same).
template <typename T>
void softmax_rows(const MatrixView<const T>& z, const MatrixView<T>& out) noexcept;
/// -sum_j t_j log softmax(z)_j, t = 1 - smoothing at the label plus smoothing / outputs everywhere.
template <typename T>
void softmax_cross_entropy_rows(const LossRows<T>& rows, double smoothing) noexcept;
/// -(1 - p)^gamma log p, p = softmax(z)_label (Lin et al. 2017, over a softmax).
template <typename T>
void softmax_focal_rows(const LossRows<T>& rows, T gamma) noexcept;

// Outputs each on their own, y of 0 and 1: sums over the outputs.

/// softplus(z) - t z, t = y (1 - smoothing) + smoothing / 2.
template <typename T>
void sigmoid_cross_entropy_rows(const LossRows<T>& rows, double smoothing) noexcept;
/// -(1 - p)^gamma log p, p = sigmoid(z) where y = 1 and 1 - sigmoid(z) where y = 0 (Lin et al. 2017).
template <typename T>
void sigmoid_focal_rows(const LossRows<T>& rows, T gamma) noexcept;
/// max(0, 1 - t z), t = 2 y - 1; its derivative where t z = 1 is 0.
template <typename T>
void hinge_rows(const LossRows<T>& rows) noexcept;

}  // namespace gradus::kernels
