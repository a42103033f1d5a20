// Gradient descent with a velocity.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// A running velocity (Polyak 1964), or with the gradient taken ahead of it (Nesterov 1983), in Sutskever's form.
template <typename T>
class Momentum {
 public:
  Momentum(int64_t parameters, const RuleSettings& settings, bool nesterov)
      : velocity_(parameters), momentum_(static_cast<T>(settings.momentum)), nesterov_(nesterov) {}

  void begin_step(double learning_rate) noexcept { learning_rate_ = static_cast<T>(learning_rate); }
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept { return {.arrays = {{"velocity", velocity_.span()}}}; }

 private:
  AlignedBuffer<T> velocity_;
  T momentum_;
  bool nesterov_;
  T learning_rate_ = T(0);
};

}  // namespace gradus
