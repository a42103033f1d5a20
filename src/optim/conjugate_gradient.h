// Nonlinear conjugate gradients.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "optim/line_search.h"
#include "optim/objective.h"
#include "optim/rule_state.h"

namespace gradus {

/// Polak & Ribiere's method with beta held at or above 0 (PR+, Gilbert & Nocedal 1992): each direction is the gradient
/// bent towards the last one. Restarts along the gradient when beta is 0, where the direction doesn't point downhill,
/// and where successive gradients are far from orthogonal (Powell 1977).
template <typename T>
class ConjugateGradient {
 public:
  explicit ConjugateGradient(int64_t parameters);

  Iteration iterate(std::span<T> theta, const Objective<T>& objective);
  RuleState<T> state() noexcept;

 private:
  void choose_direction() noexcept;

  AlignedBuffer<T> gradient_, old_gradient_, direction_;
  double value_ = 0.0;
  double started_ = 0.0;    // 0: no gradient yet, 1: no direction yet, 2: under way
  double last_gain_ = 0.0;  // step x slope of the last search: the first guess of the next
  LineSearch<T> line_search_;
};

}  // namespace gradus
