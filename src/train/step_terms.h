// What a step does besides its rule: clipping of the gradient, decay of the weights, and what the weights must satisfy
// after it. They work on the whole gradient; without any of them a step may go slab by slab.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/trainer.h"

#include "base/buffer.h"
#include "nn/plan.h"
#include "train/monotone.h"

namespace gradus {

/// After construction nothing allocates.
template <typename T>
class StepTerms {
 public:
  /// Throws Error(usage) for a setting out of range, or one that the solver has no use for.
  StepTerms(const Plan& plan, const TrainerOptions& options);

  /// True when there is nothing to do.
  bool none() const noexcept { return none_; }

  /// True when all there is to do is clipping: no weight moves but by its gradient.
  bool leave_weights() const noexcept { return decay_ == 0.0 && max_norm_ == 0.0 && signs_.none(); }

  /// Each value to within `clip_value`, then the whole to a norm of `clip_norm` (Pascanu et al. 2013); false when the
  /// norm is not finite.
  bool clip(std::span<T> gradients) const noexcept;
  /// Decoupled weight decay (Loshchilov & Hutter 2019) for rules that have none of their own: theta *= 1 - eta w.
  void decay(double learning_rate, std::span<T> parameters) const noexcept;
  /// Signs of the monotone columns' weights, then the largest norm of each unit's incoming weights (Srebro & Shraibman
  /// 2005): longer ones are scaled back to it.
  void constrain(std::span<T> parameters) noexcept;

 private:
  void limit_norms(MatrixView<T> weight) noexcept;

  const Plan& plan_;
  double clip_value_, clip_norm_, decay_, max_norm_;
  MonotoneSigns<T> signs_;
  bool none_;
  AlignedBuffer<double> norms_;  // of one layer's units
  AlignedBuffer<T> factors_;
};

}  // namespace gradus
