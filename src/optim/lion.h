// Lion.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "kernels/adaptive_updates.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// Every parameter moves by the learning rate, along the sign of a blend of g and its average (Chen et al. 2023); decay
/// as in AdamW.
template <typename T>
class Lion {
 public:
  Lion(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> moment_;
  RuleSettings settings_;
  kernels::LionStep<T> step_{};
};

}  // namespace gradus
