#include "optim/adam.h"

#include <cmath>

namespace gradus {

template <typename T>
kernels::AdamStep<T> AdamSteps::next(double learning_rate) noexcept {
  beta1_power_ *= settings_.beta1;
  beta2_power_ *= settings_.beta2;
  return current<T>(learning_rate, learning_rate * settings_.weight_decay);
}

template <typename T>
kernels::AdamStep<T> AdamSteps::current(double learning_rate, double decayed) const noexcept {
  const double root_correction = std::sqrt(1.0 - beta2_power_);
  const bool corrected = settings_.epsilon_place == EpsilonPlace::corrected_root;
  return {
      .beta1 = static_cast<T>(settings_.beta1),
      .beta2 = static_cast<T>(settings_.beta2),
      .one_minus_beta1 = static_cast<T>(1.0 - settings_.beta1),
      .one_minus_beta2 = static_cast<T>(1.0 - settings_.beta2),
      .step_size = static_cast<T>(learning_rate * root_correction / (1.0 - beta1_power_)),
      .epsilon = static_cast<T>(corrected ? settings_.epsilon * root_correction : settings_.epsilon),
      .decay = static_cast<T>(1.0 - decayed),
  };
}

std::vector<NamedScalar> AdamSteps::scalars() noexcept {
  return {{"beta1_power", &beta1_power_}, {"beta2_power", &beta2_power_}};
}

template <typename T>
Adam<T>::Adam(int64_t parameters, const RuleSettings& settings)
    : first_moment_(parameters), second_moment_(parameters), steps_(settings) {}

template <typename T>
void Adam<T>::begin_step(double learning_rate) noexcept {
  step_ = steps_.next<T>(learning_rate);
}

template <typename T>
void Adam<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::adam_update<T>(theta, gradients, part(first_moment_, first, theta.size()),
                          part(second_moment_, first, theta.size()), step_);
}

template <typename T>
RuleState<T> Adam<T>::state() noexcept {
  return {.arrays = {{"first_moment", first_moment_.span()}, {"second_moment", second_moment_.span()}},
          .scalars = steps_.scalars()};
}

template kernels::AdamStep<float> AdamSteps::next(double) noexcept;
template kernels::AdamStep<double> AdamSteps::next(double) noexcept;
template kernels::AdamStep<float> AdamSteps::current(double, double) const noexcept;
template kernels::AdamStep<double> AdamSteps::current(double, double) const noexcept;
template class Adam<float>;
template class Adam<double>;

}  // namespace gradus
