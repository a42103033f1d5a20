// AMSGrad.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "kernels/adaptive_updates.h"
#include "optim/adam.h"

namespace gradus {

/// Adam whose second moment under the root never falls (Reddi, Kale & Kumar 2018), in PyTorch's form.
template <typename T>
class AmsGrad {
 public:
  AmsGrad(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> first_moment_;
  AlignedBuffer<T> second_moment_;
  AlignedBuffer<T> largest_;
  AdamSteps steps_;
  kernels::AdamStep<T> step_{};
};

}  // namespace gradus
