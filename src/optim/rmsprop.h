// RMSprop.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "kernels/adaptive_updates.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// g over the root of a running average of g^2 (Tieleman & Hinton 2012), in PyTorch's form.
template <typename T>
class RmsProp {
 public:
  RmsProp(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> square_;
  RuleSettings settings_;
  kernels::RmspropStep<T> step_{};
};

}  // namespace gradus
