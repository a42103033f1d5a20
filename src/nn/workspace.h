// Every array one pass needs, sized once from (plan, most rows) before the first step.
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/matrix_view.h"

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "nn/norm.h"
#include "nn/plan.h"

namespace gradus {

/// Whether z stays beside a = relu(z). Overwritten, the slope is the same and a layer streams one array less; a
/// SmallPass needs both.
enum class Logits { kept, overwritten };

/// T is float or double. `training` false leaves out what only backward needs, and has batch norms take
/// their running statistics.
template <typename T>
class Workspace {
 public:
  Workspace(const Plan& plan, int64_t max_rows, bool training, Logits logits = Logits::kept);

  int64_t max_rows() const noexcept { return max_rows_; }

  /// The value of op `index` for the first `rows` rows: (rows x outputs of that op).
  MatrixView<T> value(int64_t index, int64_t rows) noexcept;
  /// Network outputs after the head: probabilities, or output activations.
  MatrixView<T> outputs(int64_t rows) noexcept;
  /// Dropout's multipliers of op `index`: 0 or 1 / (1 - rate).
  MatrixView<T> mask(int64_t index, int64_t rows) noexcept;
  /// Delta of the affine op `affine` (counted among the affine ops). One buffer each: every gradient is taken after the
  /// last delta, so that no weight moves before all deltas are known.
  MatrixView<T> delta(int64_t affine, int64_t rows) noexcept;
  std::span<T> losses(int64_t rows) noexcept;
  /// The mean logits of several members.
  MatrixView<T> members_mean(int64_t rows) noexcept { return {members_mean_.data(), rows, widths_.back()}; }
  /// What norm `norm` keeps of its last forward pass.
  NormBuffers<T>& norm(int64_t norm) noexcept { return norms_[static_cast<std::size_t>(norm)]; }
  /// dJ/d(value) that the residual op `index` sends to the op it adds, and a blend to its affine.
  MatrixView<T> skip(int64_t index, int64_t rows) noexcept;
  /// dJ/d(value) of op `index`, one before the first affine that has parameters.
  MatrixView<T> front(int64_t index, int64_t rows) noexcept;
  /// The gradient of the factors of op `index`, a scale or a blend.
  double* factor_gradient(int64_t index) noexcept { return factor_gradients_[static_cast<std::size_t>(index)].data(); }

 private:
  int64_t max_rows_;
  std::vector<int64_t> widths_;
  std::vector<AlignedBuffer<T>> values_;
  std::vector<std::size_t> homes_;  // by op: the buffer of values_ that holds its value
  std::vector<AlignedBuffer<T>> masks_;
  AlignedBuffer<T> outputs_;
  std::vector<AlignedBuffer<T>> deltas_;
  std::vector<int64_t> delta_widths_;
  AlignedBuffer<T> losses_;
  AlignedBuffer<T> members_mean_;
  std::vector<NormBuffers<T>> norms_;
  std::vector<AlignedBuffer<T>> skips_;  // these by op
  std::vector<AlignedBuffer<T>> fronts_;
  std::vector<AlignedBuffer<double>> factor_gradients_;
};

}  // namespace gradus
