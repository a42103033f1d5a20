// The affine op: z = a W + b, and its three gradients.
#pragma once

#include <span>

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"
#include "kernels/product_block.h"

namespace gradus {

/// One affine op's parameters or their gradients: weight (inputs x outputs), bias (outputs).
template <typename T>
struct AffineView {
  MatrixView<T> weight;
  std::span<T> bias;
};

/// z = a W + b. `a` (rows x inputs), `z` (rows x outputs). `epilogue` sees each finished part of z.
template <typename T>
void affine_forward(MatrixView<const T> a, AffineView<const T> parameters, MatrixView<T> z, ThreadPool& pool,
                    kernels::ProductEpilogue epilogue = {}) noexcept;

/// dJ/dW = a^T delta and dJ/db = column sums of delta, into `gradients`.
template <typename T>
void affine_backward_parameters(MatrixView<const T> a, MatrixView<const T> delta, AffineView<T> gradients,
                                ThreadPool& pool) noexcept;

/// dJ/da = delta W^T into `error` (rows x inputs): what the units of this layer send back. `epilogue`
/// sees each finished part of it.
template <typename T>
void affine_backward_input(MatrixView<const T> delta, MatrixView<const T> weight, MatrixView<T> error, ThreadPool& pool,
                           kernels::ProductEpilogue epilogue = {}) noexcept;

}  // namespace gradus
