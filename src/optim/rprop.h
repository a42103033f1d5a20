// Resilient propagation.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "kernels/adaptive_updates.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// The usual factors and bounds, PyTorch's too.
template <typename T>
constexpr kernels::RpropStep<T> kRpropStep = {.shrink = T(0.5), .grow = T(1.2), .least = T(1e-6), .most = T(50)};

/// iRPROP- (Igel & Huesken 2003): signs only, a step length of its own for each parameter. Made for gradients over all
/// rows. The first learning rate is every parameter's first step; later ones are ignored.
template <typename T>
class Rprop {
 public:
  Rprop(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> last_gradient_;
  AlignedBuffer<T> step_length_;
  double started_ = 0.0;  // 0 or 1, a double as every scalar of a state
  kernels::RpropStep<T> step_{};
};

}  // namespace gradus
