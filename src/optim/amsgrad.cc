#include "optim/amsgrad.h"

namespace gradus {

template <typename T>
AmsGrad<T>::AmsGrad(int64_t parameters, const RuleSettings& settings)
    : first_moment_(parameters), second_moment_(parameters), largest_(parameters), steps_(settings) {}

template <typename T>
void AmsGrad<T>::begin_step(double learning_rate) noexcept {
  step_ = steps_.next<T>(learning_rate);
}

template <typename T>
void AmsGrad<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  const std::size_t count = theta.size();
  kernels::amsgrad_update<T>(theta, gradients, part(first_moment_, first, count), part(second_moment_, first, count),
                             part(largest_, first, count), step_);
}

template <typename T>
RuleState<T> AmsGrad<T>::state() noexcept {
  return {.arrays = {{"first_moment", first_moment_.span()},
                     {"second_moment", second_moment_.span()},
                     {"largest_second_moment", largest_.span()}},
          .scalars = steps_.scalars()};
}

template class AmsGrad<float>;
template class AmsGrad<double>;

}  // namespace gradus
