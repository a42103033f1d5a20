#include "optim/rprop_plus.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/rprop.h"

namespace gradus {

template <typename T>
RpropPlus<T>::RpropPlus(int64_t parameters, double first_step)
    : gradient_(parameters),
      last_gradient_(parameters),
      step_length_(parameters),
      move_(parameters),
      last_value_(std::numeric_limits<double>::infinity()) {
  std::fill(step_length_.span().begin(), step_length_.span().end(), static_cast<T>(first_step));
}

template <typename T>
Iteration RpropPlus<T>::iterate(std::span<T> theta, const Objective<T>& objective) {
  const double value = objective(theta, gradient_.span());
  if (!std::isfinite(value)) return {.objective = value};
  kernels::rprop_plus_update<T>(theta, gradient_.span(), last_gradient_.span(), step_length_.span(), move_.span(),
                                value > last_value_, kRpropStep<T>);
  last_value_ = value;
  return {.objective = value, .step = 1.0};
}

template <typename T>
RuleState<T> RpropPlus<T>::state() noexcept {
  return {.arrays = {{"last_gradient", last_gradient_.span()},
                     {"step_length", step_length_.span()},
                     {"move", move_.span()}},
          .scalars = {{"last_objective", &last_value_}}};
}

template class RpropPlus<float>;
template class RpropPlus<double>;

}  // namespace gradus
