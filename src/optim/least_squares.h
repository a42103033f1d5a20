// What Levenberg & Marquardt's method minimises: half the sum of the squares of residuals r(theta).
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

namespace gradus {

/// F(theta) = 1/2 |r(theta)|^2, of which the method sees sums only, so that neither r nor its Jacobian J need be kept.
/// All in double; values may be NaN or infinite; nothing may throw.
class LeastSquares {
 public:
  virtual ~LeastSquares() = default;

  virtual int64_t parameters() const = 0;

  virtual double value(std::span<const double> theta) = 0;

  /// F, J^T J into the lower triangle of `normal` (parameters x parameters), J^T r into `gradient`.
  virtual double linearise(std::span<const double> theta, MatrixView<double> normal, std::span<double> gradient) = 0;

  /// J^T r'' into `bend`: r'' the second derivative of r along `velocity`, by central differences over a step of
  /// `step` times it, J at `theta`.
  virtual void curvature(std::span<const double> theta, std::span<const double> velocity, double step,
                         std::span<double> bend) = 0;
};

}  // namespace gradus
