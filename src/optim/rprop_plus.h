// Resilient propagation that takes steps back.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "optim/objective.h"
#include "optim/rule_state.h"

namespace gradus {

/// iRPROP+ (Igel & Huesken 2003): as iRPROP-, but where a parameter's gradient has turned and J has risen, its last
/// move is taken back.
template <typename T>
class RpropPlus {
 public:
  RpropPlus(int64_t parameters, double first_step);

  /// The objective returned is that of the parameters given.
  Iteration iterate(std::span<T> theta, const Objective<T>& objective);
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> gradient_, last_gradient_, step_length_, move_;
  double last_value_;
};

}  // namespace gradus
