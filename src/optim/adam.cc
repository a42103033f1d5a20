#include "optim/adam.h"

#include <cmath>

namespace gradus {

template <typename T>
Adam<T>::Adam(int64_t parameters, const TrainerOptions& options)
    : first_moment_(parameters),
      second_moment_(parameters),
      beta1_(options.beta1),
      beta2_(options.beta2),
      epsilon_(options.epsilon),
      weight_decay_(options.solver == Solver::adamw ? options.weight_decay : 0.0) {}

template <typename T>
void Adam<T>::begin_step(double learning_rate) noexcept {
  beta1_power_ *= beta1_;
  beta2_power_ *= beta2_;
  const double root_correction = std::sqrt(1.0 - beta2_power_);
  step_ = {
      .beta1 = static_cast<T>(beta1_),
      .beta2 = static_cast<T>(beta2_),
      .one_minus_beta1 = static_cast<T>(1.0 - beta1_),
      .one_minus_beta2 = static_cast<T>(1.0 - beta2_),
      .step_size = static_cast<T>(learning_rate * root_correction / (1.0 - beta1_power_)),
      .epsilon = static_cast<T>(epsilon_ * root_correction),
      .decay = static_cast<T>(1.0 - learning_rate * weight_decay_),
  };
}

template <typename T>
void Adam<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::adam_update<T>(theta, gradients, part(first_moment_, first, theta.size()),
                          part(second_moment_, first, theta.size()), step_);
}

template <typename T>
RuleState<T> Adam<T>::state() noexcept {
  return {.arrays = {{"first_moment", first_moment_.span()}, {"second_moment", second_moment_.span()}},
          .scalars = {{"beta1_power", &beta1_power_}, {"beta2_power", &beta2_power_}}};
}

template class Adam<float>;
template class Adam<double>;

}  // namespace gradus
