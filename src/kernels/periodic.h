// Periodic embeddings of one numeric column: cosines of learned frequencies and phases, mixed linearly. The PBLD
// embedding of Holzmueller, Grinsztajn & Steinwart 2024 (RealMLP), after Gorishniy et al. 2022.
#pragma once

#include "gradus/matrix_view.h"

namespace gradus::kernels {

/// Parameters of one column, or (T not const) their gradients: h cosines, d mixtures of them.
template <typename T>
struct PeriodicView {
  MatrixView<T> weight;  ///< (d x h)
  T* frequency;          ///< h, in turns per unit of x
  T* phase;              ///< h, in radians
  T* bias;               ///< d
};

/// out(i, 0) = x(i, 0); out(i, 1 + o) = bias[o] + sum_k weight(o, k) cos(2 pi frequency[k] x + phase[k]), the sum a
/// chain of fma from k = 0 on. `x` (rows x 1), `out` (rows x 1 + d), both with any stride.
template <typename T>
void periodic_forward(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<T> out) noexcept;

/// The gradients of what `delta` = dJ/dout (rows x 1 + d) comes to, each a chain of fma over the rows in order.
template <typename T>
void periodic_backward(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<const T> delta,
                       const PeriodicView<T>& gradient) noexcept;

}  // namespace gradus::kernels
