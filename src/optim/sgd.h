// Plain gradient descent.
#pragma once

#include <cstdint>
#include <span>

#include "optim/rule_state.h"

namespace gradus {

/// theta <- theta - eta g.
template <typename T>
class Sgd {
 public:
  void begin_step(double learning_rate) noexcept { learning_rate_ = static_cast<T>(learning_rate); }
  void set_rate(double learning_rate, double /*decayed*/) noexcept { begin_step(learning_rate); }
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept { return {}; }

 private:
  T learning_rate_ = T(0);
};

}  // namespace gradus
