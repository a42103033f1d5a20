#include "train/weight_average.h"

#include <algorithm>
#include <cmath>

#include "kernels/regularise.h"

namespace gradus {

template <typename T>
WeightAverage<T>::WeightAverage(double decay, double start, int64_t epochs, int64_t parameters)
    : decay_(decay),
      first_epoch_(start < 0.0 ? -1 : static_cast<int64_t>(std::floor(start * static_cast<double>(epochs)))),
      average_(decay > 0.0 || start >= 0.0 ? parameters : 0) {}

template <typename T>
void WeightAverage<T>::after_step(std::span<const T> theta) noexcept {
  if (decay_ > 0.0) take(theta, 1.0 - decay_);
}

template <typename T>
void WeightAverage<T>::after_epoch(int64_t epoch, std::span<const T> theta) noexcept {
  if (first_epoch_ >= 0 && epoch >= first_epoch_) take(theta, 1.0 / static_cast<double>(taken_ + 1));
}

template <typename T>
void WeightAverage<T>::take(std::span<const T> theta, double share) noexcept {
  if (taken_++ == 0) {
    std::copy(theta.begin(), theta.end(), average_.data());
  } else {
    kernels::move_average<T>(theta, static_cast<T>(share), average_.span());
  }
}

template class WeightAverage<float>;
template class WeightAverage<double>;

}  // namespace gradus
