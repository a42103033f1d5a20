#include "optim/adadelta.h"

namespace gradus {

template <typename T>
Adadelta<T>::Adadelta(int64_t parameters, const RuleSettings& settings)
    : square_(parameters), move_(parameters), settings_(settings) {}

template <typename T>
void Adadelta<T>::begin_step(double learning_rate) noexcept {
  step_ = {.rho = static_cast<T>(settings_.rho),
           .one_minus_rho = static_cast<T>(1.0 - settings_.rho),
           .learning_rate = static_cast<T>(learning_rate),
           .epsilon = static_cast<T>(settings_.epsilon)};
}

template <typename T>
void Adadelta<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::adadelta_update<T>(theta, gradients, part(square_, first, theta.size()), part(move_, first, theta.size()),
                              step_);
}

template <typename T>
RuleState<T> Adadelta<T>::state() noexcept {
  return {.arrays = {{"square", square_.span()}, {"move", move_.span()}}};
}

template class Adadelta<float>;
template class Adadelta<double>;

}  // namespace gradus
