// Adam and AdamW.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "kernels/updates.h"
#include "optim/rule_state.h"
#include "optim/settings.h"

namespace gradus {

/// The constants of Adam's steps. Powers of the betas are repeated products: the same bits everywhere, no pow.
class AdamSteps {
 public:
  explicit AdamSteps(const RuleSettings& settings) noexcept : settings_(settings) {}

  template <typename T>
  kernels::AdamStep<T> next(double learning_rate) noexcept;
  /// Of the step that `next` began, at another rate and with this much of a weight decayed.
  template <typename T>
  kernels::AdamStep<T> current(double learning_rate, double decayed) const noexcept;
  std::vector<NamedScalar> scalars() noexcept;

 private:
  RuleSettings settings_;
  double beta1_power_ = 1.0;
  double beta2_power_ = 1.0;
};

/// Adam (Kingma & Ba 2015); with weight decay AdamW's decoupled one (Loshchilov & Hutter 2019).
template <typename T>
class Adam {
 public:
  Adam(int64_t parameters, const RuleSettings& settings);

  void begin_step(double learning_rate) noexcept;
  /// For what is applied from here on: another rate, and how much of a weight decays.
  void set_rate(double learning_rate, double decayed) noexcept { step_ = steps_.current<T>(learning_rate, decayed); }
  void apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept;
  RuleState<T> state() noexcept;

 private:
  AlignedBuffer<T> first_moment_;
  AlignedBuffer<T> second_moment_;
  AdamSteps steps_;
  kernels::AdamStep<T> step_{};
};

}  // namespace gradus
