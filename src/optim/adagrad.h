// Adagrad.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "kernels/adaptive_updates.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// g over the root of the sum of all g^2 so far (Duchi, Hazan & Singer 2011).
template <typename T>
class Adagrad {
 public:
  Adagrad(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> sum_;
  RuleSettings settings_;
  kernels::AdagradStep<T> step_{};
};

}  // namespace gradus
