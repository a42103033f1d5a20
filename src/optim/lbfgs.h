// Limited-memory BFGS.
#pragma once

#include <cstdint>
#include <span>

#include "base/buffer.h"
#include "optim/line_search.h"
#include "optim/objective.h"
#include "optim/rule_state.h"

namespace gradus {

/// L-BFGS (Nocedal 1980; Nocedal & Wright 2006, algorithms 7.4 and 7.5): the direction is the gradient times an inverse
/// Hessian that the last kMemory moves imply. Vectors are T, scalars double, dot products in the contract's order.
template <typename T>
class Lbfgs {
 public:
  static constexpr int64_t kMemory = 10;

  explicit Lbfgs(int64_t parameters);

  Iteration iterate(std::span<T> theta, const Objective<T>& objective);
  RuleState<T> state() noexcept;

 private:
  /// Of the move `age` moves ago, 0 the newest: theta's change, and the gradient's.
  std::span<T> move(int64_t age) noexcept { return of_age(moves_, age); }
  std::span<T> turn(int64_t age) noexcept { return of_age(turns_, age); }
  std::span<T> of_age(AlignedBuffer<T>& ring, int64_t age) noexcept;
  void point_downhill() noexcept;
  void remember(std::span<const T> theta) noexcept;

  int64_t parameters_;
  AlignedBuffer<T> moves_;  // rings of kMemory
  AlignedBuffer<T> turns_;
  AlignedBuffer<T> gradient_, direction_, old_theta_, old_gradient_;
  double value_ = 0.0;
  double started_ = 0.0, kept_ = 0.0, newest_ = 0.0;  // whole numbers, double as every scalar of a state
  LineSearch<T> line_search_;
};

}  // namespace gradus
