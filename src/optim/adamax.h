// Adamax.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "kernels/adaptive_updates.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// Adam with a decaying maximum of |g| in place of the root (Kingma & Ba 2015, section 7.1).
template <typename T>
class Adamax {
 public:
  Adamax(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> first_moment_;
  AlignedBuffer<T> norm_;
  RuleSettings settings_;
  double beta1_power_ = 1.0;
  kernels::AdamaxStep<T> step_{};
};

}  // namespace gradus
