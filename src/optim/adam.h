// Adam and AdamW.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/trainer.h"

#include "base/buffer.h"
#include "kernels/updates.h"
#include "optim/rule_state.h"

namespace gradus {

/// Adam (Kingma & Ba 2015); with `weight_decay` AdamW's decoupled decay (Loshchilov & Hutter 2019).
template <typename T>
class Adam {
 public:
  Adam(int64_t parameters, const TrainerOptions& options);

  void begin_step(double learning_rate) noexcept;
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> first_moment_;
  AlignedBuffer<T> second_moment_;
  double beta1_, beta2_, epsilon_, weight_decay_;
  // Powers of the betas as repeated products: the same bits everywhere, no pow.
  double beta1_power_ = 1.0;
  double beta2_power_ = 1.0;
  kernels::AdamStep<T> step_{};
};

}  // namespace gradus
