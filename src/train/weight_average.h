// Means of the weights along the way, which are validated and kept in place of the weights themselves.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "model/checkpoint_file.h"

namespace gradus {

/// One of two, or neither. After construction nothing allocates.
///
/// An exponential moving average (Polyak & Juditsky 1992 average all alike): after the first step the weights, then
/// after each step average += (1 - decay) (theta - average). Stochastic weight averaging (Izmailov et al. 2018): the
/// mean of the weights at the end of each epoch from `start` x epochs on.
template <typename T>
class WeightAverage {
 public:
  /// 0 <= decay < 1, 0 meaning none; 0 <= start < 1, negative meaning none.
  WeightAverage(double decay, double start, int64_t epochs, int64_t parameters);

  void after_step(std::span<const T> theta) noexcept;
  /// `epoch` counted from 0.
  void after_epoch(int64_t epoch, std::span<const T> theta) noexcept;

  /// Shows what there is of it.
  void add_to(RunState& state) {
    if (average_.size() == 0) return;
    state.add("average", average_.span());
    state.add("averaged", taken_, int64_t{1} << 53);
  }

  /// The mean so far; `theta` while there is none.
  std::span<const T> weights(std::span<const T> theta) const noexcept { return taken_ == 0 ? theta : average_.span(); }

 private:
  void take(std::span<const T> theta, double share) noexcept;

  double decay_;
  int64_t first_epoch_;  // -1: none
  AlignedBuffer<T> average_;
  int64_t taken_ = 0;
};

}  // namespace gradus
