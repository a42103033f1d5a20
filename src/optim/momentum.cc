#include "optim/momentum.h"

#include "kernels/updates.h"

namespace gradus {

template <typename T>
void Momentum<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::momentum_update<T>(theta, gradients, part(velocity_, first, theta.size()), learning_rate_, momentum_,
                              nesterov_);
}

template class Momentum<float>;
template class Momentum<double>;

}  // namespace gradus
