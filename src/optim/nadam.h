// NAdam.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "kernels/adaptive_updates.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// Adam with Nesterov's look ahead and a momentum that grows to beta1 (Dozat 2016), in PyTorch's form.
template <typename T>
class Nadam {
 public:
  Nadam(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> first_moment_;
  AlignedBuffer<T> second_moment_;
  RuleSettings settings_;
  double beta2_power_ = 1.0;
  double decay_power_ = 1.0;       // 0.96^(0.004 t)
  double momentum_product_ = 1.0;  // of the momenta of all steps so far
  kernels::NadamStep<T> step_{};
};

}  // namespace gradus
