#include "optim/lion.h"

namespace gradus {

template <typename T>
Lion<T>::Lion(int64_t parameters, const RuleSettings& settings) : moment_(parameters), settings_(settings) {}

template <typename T>
void Lion<T>::begin_step(double learning_rate) noexcept {
  step_ = {
      .beta1 = static_cast<T>(settings_.beta1),
      .beta2 = static_cast<T>(settings_.beta2),
      .one_minus_beta1 = static_cast<T>(1.0 - settings_.beta1),
      .one_minus_beta2 = static_cast<T>(1.0 - settings_.beta2),
      .learning_rate = static_cast<T>(learning_rate),
      .decay = static_cast<T>(1.0 - learning_rate * settings_.weight_decay),
  };
}

template <typename T>
void Lion<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::lion_update<T>(theta, gradients, part(moment_, first, theta.size()), step_);
}

template <typename T>
RuleState<T> Lion<T>::state() noexcept {
  return {.arrays = {{"moment", moment_.span()}}};
}

template class Lion<float>;
template class Lion<double>;

}  // namespace gradus
