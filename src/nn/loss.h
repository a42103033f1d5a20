// The data term of the objective and the output layer's delta.
#pragma once

#include "gradus/matrix_view.h"
#include "gradus/network.h"

namespace gradus {

/// The values behind the head: probabilities for cross-entropies, g(z) for squared error. `out` may be `logits`.
template <typename T>
void head_outputs(const Head& head, MatrixView<const T> logits, MatrixView<T> out) noexcept;

/// Writes dJ/dlogits times `scale` (1 / rows of the whole minibatch) into `delta` and each row's loss into `losses`.
/// `logits`, `delta`: (rows x outputs). `targets`: (rows x outputs), or (rows x 1) class indices for
/// softmax_cross_entropy. `outputs`: scratch of the same shape as `logits`. None overlaps another.
template <typename T>
void loss_and_delta(const Head& head, MatrixView<const T> logits, MatrixView<const T> targets, T scale,
                    MatrixView<T> outputs, MatrixView<T> delta, std::span<T> losses) noexcept;

/// Columns of the target matrix that a head with `outputs` units learns from.
int64_t target_width(const Head& head, int64_t outputs) noexcept;

/// The mean of the rows' losses: blocks of 256 rows, in double.
template <typename T>
double mean_loss(std::span<const T> losses) noexcept;

}  // namespace gradus
