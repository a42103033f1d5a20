// Forward and backward of a small network as one kernel call each.
#pragma once

#include <span>
#include <vector>

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"
#include "kernels/losses.h"
#include "kernels/small_network.h"
#include "nn/plan.h"
#include "nn/workspace.h"

namespace gradus {

/// Values, deltas and losses stand in `workspace` as `forward` and `backward` leave them, bit for bit.
template <typename T>
class SmallPass {
 public:
  /// Whether `plan` is nothing but affine ops, each perhaps with an activation behind it, and small enough for one row.
  static bool suits(const Plan& plan) noexcept;

  /// For a plan that it suits. All must outlive this.
  SmallPass(const Plan& plan, Workspace<T>& workspace, ThreadPool& pool);

  /// Whether so many rows are few enough.
  bool takes(int64_t rows) const noexcept { return rows <= most_rows_; }

  /// Forward, the rows' losses and the delta of the last op.
  void forward(std::span<const T> parameters, const MatrixView<const T>& x,
               const MatrixView<const T>& targets) noexcept;
  /// After it: all deltas, and the gradient with the regulariser's part into `gradients`. False when some of it might
  /// not be finite.
  bool backward(std::span<const T> parameters, const MatrixView<const T>& x, T lambda_over_m,
                std::span<T> gradients) noexcept;
  /// After it, for one row: all deltas, and a step of plain gradient descent. False when some gradient might not be
  /// finite, and then the parameters are as they were.
  bool descend(std::span<T> parameters, std::span<const T> x, T lambda_over_m, T learning_rate) noexcept;

 private:
  /// Of `rows` rows, but for their targets.
  void prepare_loss(int64_t rows) noexcept;

  const Plan& plan_;
  Workspace<T>& workspace_;
  ThreadPool& pool_;
  int64_t most_rows_;
  int64_t target_width_;
  kernels::LossRows<T> loss_rows_;
  MatrixView<T> outputs_;
  std::vector<kernels::SmallLayer<T>> layers_;
};

}  // namespace gradus
