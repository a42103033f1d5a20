// A step length that satisfies the strong Wolfe conditions.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "optim/objective.h"

namespace gradus {

struct WolfeConditions {
  double decrease = 1e-4;  ///< c1: J must fall by this part of what the first slope promises
  double curvature = 0.9;  ///< c2: the slope must shrink to this part
  int most_evaluations = 25;
};

struct LineSearchResult {
  double step = 0.0;   ///< 0: no step lowered J
  double value = 0.0;  ///< J there
};

/// Bracketing, then zooming in with safeguarded cubic interpolation: algorithms 3.5 and 3.6 of Nocedal & Wright 2006.
/// Points where J is not finite count as too far. All scalars are double.
template <typename T>
class LineSearch {
 public:
  explicit LineSearch(int64_t parameters) : start_(parameters) {}

  /// From `theta`, where J is `value` and its gradient is `gradient`, along `direction`, first trying `first_step`.
  /// Leaves `theta` and `gradient` at the step returned. `direction` must point downhill.
  LineSearchResult run(const Objective<T>& objective, std::span<T> theta, std::span<T> gradient,
                       std::span<const T> direction, double value, double first_step,
                       const WolfeConditions& conditions);

 private:
  AlignedBuffer<T> start_;
};

}  // namespace gradus
