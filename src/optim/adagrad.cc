#include "optim/adagrad.h"

namespace gradus {

template <typename T>
Adagrad<T>::Adagrad(int64_t parameters, const RuleSettings& settings) : sum_(parameters), settings_(settings) {}

template <typename T>
void Adagrad<T>::begin_step(double learning_rate) noexcept {
  step_ = {.learning_rate = static_cast<T>(learning_rate), .epsilon = static_cast<T>(settings_.epsilon)};
}

template <typename T>
void Adagrad<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::adagrad_update<T>(theta, gradients, part(sum_, first, theta.size()), step_);
}

template <typename T>
RuleState<T> Adagrad<T>::state() noexcept {
  return {.arrays = {{"sum", sum_.span()}}};
}

template class Adagrad<float>;
template class Adagrad<double>;

}  // namespace gradus
