#include "optim/sgd.h"

#include "kernels/updates.h"

namespace gradus {

template <typename T>
void Sgd<T>::apply(int64_t /*first*/, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::sgd_update<T>(theta, gradients, learning_rate_);
}

template class Sgd<float>;
template class Sgd<double>;

}  // namespace gradus
