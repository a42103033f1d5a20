// One pass through a network: forward to the logits, back to every gradient.
#pragma once

#include <functional>
#include <span>

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"
#include "nn/affine.h"
#include "nn/dropout.h"
#include "nn/plan.h"
#include "nn/workspace.h"

namespace gradus {

/// One affine op's part of a flat array of parameters or gradients.
template <typename T>
AffineView<T> affine_view(const AffineLayout& layout, std::span<T> flat) noexcept {
  return {MatrixView<T>(flat.data() + layout.weight_offset, layout.inputs, layout.outputs),
          flat.subspan(static_cast<std::size_t>(layout.bias_offset), static_cast<std::size_t>(layout.outputs))};
}

/// Leaves every op's value in `workspace` and returns the logits (rows x outputs). `x` (rows x inputs), rows <=
/// max_rows. `dropout` null: prediction, dropout passes its input on.
template <typename T>
MatrixView<T> forward(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x,
                      const DropoutDraws* dropout, Workspace<T>& workspace, ThreadPool& pool) noexcept;

/// Sees dJ/d(output of op `index`), (rows x outputs): delta for an affine, the error sent back for an activation.
template <typename T>
using DeltaObserver = std::function<void(int64_t index, MatrixView<const T> delta)>;

/// After `forward` on the same rows: the loss of every row into workspace.losses, and delta of every affine op, that is
/// `scale` x d(the sum of the losses)/dz, into workspace.delta. `observer`: for traces and tests; it may not throw.
template <typename T>
void backward_deltas(const Plan& plan, std::span<const T> parameters, MatrixView<const T> targets, T scale,
                     bool dropout, Workspace<T>& workspace, ThreadPool& pool,
                     const DeltaObserver<T>* observer = nullptr) noexcept;

/// The part of it behind the loss: from the last affine op's delta, which the caller has put into workspace.delta for
/// the first `rows` rows, to those before it.
template <typename T>
void backward_from_logits(const Plan& plan, std::span<const T> parameters, int64_t rows, bool dropout,
                          Workspace<T>& workspace, ThreadPool& pool,
                          const DeltaObserver<T>* observer = nullptr) noexcept;

/// What the affine op `affine` (counted among the affine ops) read in the last forward pass on `x`.
template <typename T>
MatrixView<const T> affine_input(const Plan& plan, int64_t affine, MatrixView<const T> x,
                                 Workspace<T>& workspace) noexcept;

/// After `backward_deltas` on `x`: the gradient, into `gradients` (the layout of the parameters).
template <typename T>
void backward_parameters(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x,
                         Workspace<T>& workspace, std::span<T> gradients, ThreadPool& pool) noexcept;

/// Both: the loss of every row into workspace.losses, and the gradient of
/// `scale` x (their sum) into `gradients` (the layout of `parameters`).
template <typename T>
void backward(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, MatrixView<const T> targets,
              T scale, bool dropout, Workspace<T>& workspace, std::span<T> gradients, ThreadPool& pool,
              const DeltaObserver<T>* observer = nullptr) noexcept;

}  // namespace gradus
