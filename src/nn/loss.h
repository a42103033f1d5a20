// The data term of the objective and the output layer's delta.
#pragma once

#include "gradus/matrix_view.h"
#include "gradus/network.h"

#include "kernels/losses.h"
#include "nn/head.h"
#include "nn/plan.h"

namespace gradus {

/// Writes dJ/dlogits times `scale` (1 / rows of the whole minibatch) into `delta` and each row's loss into `losses`.
/// `logits`, `delta`: (rows x outputs). `targets`: (rows x target_width(head, outputs)), or one column more, the rows'
/// weights, by which losses and deltas are multiplied. `outputs`: scratch of the same
/// shape as `logits`. None overlaps another. `delta` has null data where only losses are wanted.
template <typename T>
void loss_and_delta(const Head& head, MatrixView<const T> logits, MatrixView<const T> targets, T scale,
                    MatrixView<T> outputs, MatrixView<T> delta, std::span<T> losses) noexcept;

/// The same without weights, for rows put together beforehand: a step of a small network takes no longer than that.
template <typename T>
void loss_and_delta(const Head& head, const kernels::LossRows<T>& rows, const MatrixView<T>& outputs) noexcept;

/// The same by the plan: its custom loss where it has one, else its head's.
template <typename T>
void loss_and_delta(const Plan& plan, MatrixView<const T> logits, MatrixView<const T> targets, T scale,
                    MatrixView<T> outputs, MatrixView<T> delta, std::span<T> losses) noexcept;

/// The mean of the rows' losses: blocks of 256 rows, in double.
template <typename T>
double mean_loss(std::span<const T> losses) noexcept;

}  // namespace gradus
