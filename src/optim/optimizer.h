// The update rules on flat parameters, behind one call.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "gradus/trainer.h"

#include "base/buffer.h"

namespace gradus {

/// theta <- theta - eta g.
template <typename T>
class Sgd {
 public:
  void step(std::span<T> theta, std::span<const T> gradients, double learning_rate) noexcept;
};

/// A running velocity (Polyak 1964), or with the gradient taken ahead of it (Nesterov 1983), in Sutskever's form.
template <typename T>
class Momentum {
 public:
  Momentum(int64_t parameters, double momentum, bool nesterov);
  void step(std::span<T> theta, std::span<const T> gradients, double learning_rate) noexcept;

 private:
  AlignedBuffer<T> velocity_;
  T momentum_;
  bool nesterov_;
};

/// Adam (Kingma & Ba 2015); with `weight_decay` AdamW's decoupled decay (Loshchilov & Hutter 2019).
template <typename T>
class Adam {
 public:
  Adam(int64_t parameters, const TrainerOptions& options);
  void step(std::span<T> theta, std::span<const T> gradients, double learning_rate) noexcept;

 private:
  AlignedBuffer<T> first_moment_;
  AlignedBuffer<T> second_moment_;
  double beta1_, beta2_, epsilon_, weight_decay_;
  // Powers of the betas as repeated products: the same bits everywhere, no pow.
  double beta1_power_ = 1.0;
  double beta2_power_ = 1.0;
};

template <typename T>
using Optimizer = std::variant<Sgd<T>, Momentum<T>, Adam<T>>;

/// The optimizer of `options` for `parameters` values. Throws Error(usage) for a setting out of range.
template <typename T>
Optimizer<T> make_optimizer(const TrainerOptions& options, int64_t parameters);

template <typename T>
void step(Optimizer<T>& optimizer, std::span<T> theta, std::span<const T> gradients, double learning_rate) noexcept {
  std::visit([&](auto& rule) { rule.step(theta, gradients, learning_rate); }, optimizer);
}

}  // namespace gradus
