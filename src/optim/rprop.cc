#include "optim/rprop.h"

#include <algorithm>

namespace gradus {
template <typename T>
Rprop<T>::Rprop(int64_t parameters, const RuleSettings& /*settings*/)
    : last_gradient_(parameters), step_length_(parameters), step_(kRpropStep<T>) {}

template <typename T>
void Rprop<T>::begin_step(double learning_rate) noexcept {
  if (started_ != 0.0) return;
  std::fill(step_length_.span().begin(), step_length_.span().end(), static_cast<T>(learning_rate));
  started_ = 1.0;
}

template <typename T>
void Rprop<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::rprop_update<T>(theta, gradients, part(last_gradient_, first, theta.size()),
                           part(step_length_, first, theta.size()), step_);
}

template <typename T>
RuleState<T> Rprop<T>::state() noexcept {
  return {.arrays = {{"last_gradient", last_gradient_.span()}, {"step_length", step_length_.span()}},
          .scalars = {{"started", &started_}}};
}

template class Rprop<float>;
template class Rprop<double>;

}  // namespace gradus
