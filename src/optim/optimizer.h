// The elementwise update rules on flat parameters, behind one call.
//
// A step is begin_step once, then apply on parts that together cover every parameter once, in any order: state stands
// at the parameters' own offsets, and no element looks at another, so any cut gives the same bits. That lets a caller
// update a slab of weights as soon as its gradient is known.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "gradus/trainer.h"

#include "optim/adadelta.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/adamax.h"
#include "optim/amsgrad.h"
#include "optim/lion.h"
#include "optim/momentum.h"
#include "optim/nadam.h"
#include "optim/rmsprop.h"
#include "optim/rprop.h"
#include "optim/rule_state.h"
#include "optim/sgd.h"

namespace gradus {

template <typename T>
using Optimizer = std::variant<Sgd<T>, Momentum<T>, RmsProp<T>, Adagrad<T>, Adadelta<T>, Adam<T>, AmsGrad<T>, Adamax<T>,
                               Nadam<T>, Lion<T>, Rprop<T>>;

/// Whether `solver` is one of these rules; the others need the whole gradient, or the objective, at once.
bool is_elementwise(Solver solver) noexcept;

/// The rule of `options` for `parameters` values. Throws Error(usage) for a setting out of range.
template <typename T>
Optimizer<T> make_optimizer(const TrainerOptions& options, int64_t parameters);

/// Counts one more step, at this learning rate.
template <typename T>
void begin_step(Optimizer<T>& optimizer, double learning_rate) noexcept {
  std::visit([&](auto& rule) { rule.begin_step(learning_rate); }, optimizer);
}

/// Updates parameters first .. first + theta.size() - 1 from their gradients.
template <typename T>
void apply(Optimizer<T>& optimizer, int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  std::visit([&](auto& rule) { rule.apply(first, theta, gradients); }, optimizer);
}

/// Whether `solver` has `set_rate`.
bool takes_factors(Solver solver) noexcept;

/// For what is applied from here on in a step that has begun: another rate, and how much of a weight decays. Only for
/// rules that take factors.
template <typename T>
void set_rate(Optimizer<T>& optimizer, double learning_rate, double decayed) noexcept {
  std::visit(
      [&](auto& rule) {
        if constexpr (requires { rule.set_rate(learning_rate, decayed); }) rule.set_rate(learning_rate, decayed);
      },
      optimizer);
}

/// One whole step over all parameters.
template <typename T>
void step(Optimizer<T>& optimizer, std::span<T> theta, std::span<const T> gradients, double learning_rate) noexcept {
  begin_step<T>(optimizer, learning_rate);
  apply<T>(optimizer, 0, theta, gradients);
}

template <typename T>
RuleState<T> state(Optimizer<T>& optimizer) noexcept {
  return std::visit([](auto& rule) { return rule.state(); }, optimizer);
}

}  // namespace gradus
