#include "optim/adamax.h"

namespace gradus {

template <typename T>
Adamax<T>::Adamax(int64_t parameters, const RuleSettings& settings)
    : first_moment_(parameters), norm_(parameters), settings_(settings) {}

template <typename T>
void Adamax<T>::begin_step(double learning_rate) noexcept {
  beta1_power_ *= settings_.beta1;
  step_ = {.beta1 = static_cast<T>(settings_.beta1),
           .one_minus_beta1 = static_cast<T>(1.0 - settings_.beta1),
           .beta2 = static_cast<T>(settings_.beta2),
           .step_size = static_cast<T>(learning_rate / (1.0 - beta1_power_)),
           .epsilon = static_cast<T>(settings_.epsilon)};
}

template <typename T>
void Adamax<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::adamax_update<T>(theta, gradients, part(first_moment_, first, theta.size()),
                            part(norm_, first, theta.size()), step_);
}

template <typename T>
RuleState<T> Adamax<T>::state() noexcept {
  return {.arrays = {{"first_moment", first_moment_.span()}, {"norm", norm_.span()}},
          .scalars = {{"beta1_power", &beta1_power_}}};
}

template class Adamax<float>;
template class Adamax<double>;

}  // namespace gradus
