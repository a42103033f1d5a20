// A loss of the caller's own, and the check that its derivative is right.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "gradus/matrix_view.h"

namespace gradus {

/// Takes the place of the network's loss in a Trainer; the head still says what a Predictor makes of the logits.
template <typename T>
struct BasicCustomLoss {
  int64_t target_width = 0;  ///< columns of the targets; 0: one for each output
  /// Fills losses[i] and delta(i, k) = d losses[i] / d logits(i, k) for every row; weights and the mean over the rows
  /// are the trainer's. `logits`, `delta`: (rows x outputs); `targets`: (rows x target_width). Called once or more a
  /// step from the thread that trains; must not throw. A row's results may depend on that row alone: which rows come
  /// together differs.
  std::function<void(MatrixView<const T> logits, MatrixView<const T> targets, MatrixView<T> delta, std::span<T> losses)>
      rows;
};
using CustomLoss = BasicCustomLoss<float>;

struct LossCheck {
  double largest_relative_difference = 0.0;
  int64_t row = 0;        ///< where, counted from 0
  int64_t output = 0;     ///< where, counted from 0
  double analytic = 0.0;  ///< delta there
  double numeric = 0.0;   ///< the difference quotient there
  double tolerance = 1e-6;
  bool passed = false;  ///< every difference is within the tolerance, and every value finite
};

/// Holds delta against five-point central differences of the sum of the losses at these rows, relative to the larger of
/// the two or, where both are smaller, to 1e-4 of the largest delta. Rows on a kink of the loss can't pass: choose
/// others. Throws Error(usage) without a function, or when logits and targets don't fit it.
LossCheck check_custom_loss(const BasicCustomLoss<double>& loss, MatrixView<const double> logits,
                            MatrixView<const double> targets);

}  // namespace gradus
