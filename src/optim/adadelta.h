// Adadelta.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "kernels/adaptive_updates.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// g scaled by the ratio of two running roots, of past moves and of past gradients (Zeiler 2012).
template <typename T>
class Adadelta {
 public:
  Adadelta(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> square_;
  AlignedBuffer<T> move_;
  RuleSettings settings_;
  kernels::AdadeltaStep<T> step_{};
};

}  // namespace gradus
