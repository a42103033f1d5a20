// Levenberg & Marquardt's method with geodesic acceleration.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "optim/least_squares.h"
#include "optim/objective.h"
#include "optim/rule_state.h"

namespace gradus {

/// Bytes that the method takes for so many parameters: J^T J, its factor and a few vectors.
int64_t levenberg_marquardt_bytes(int64_t parameters) noexcept;

/// A step is v + a/2: (J^T J + mu I) v = -J^T r, and (J^T J + mu I) a = -J^T r'', which follows the bend of r along v
/// (Transtrum & Sethna, Improvements to the Levenberg-Marquardt algorithm for nonlinear least-squares minimization,
/// 2012); it is tried where 2 |a| <= 3/4 |v|. The damping mu follows from the gain, what F falls by over what the
/// linear model along v promised (Nielsen, Damping parameter in Marquardt's method, 1999).
class LevenbergMarquardt {
 public:
  explicit LevenbergMarquardt(int64_t parameters, int threads = 1);

  /// Moves `theta` by one step that lowers F, damped until one does. The iteration's `step` is the damping it took.
  Iteration iterate(std::span<double> theta, LeastSquares& problem);
  RuleState<double> state() noexcept;

 private:
  /// Factors J^T J + mu I; false where it isn't positive definite.
  bool factor() noexcept;
  /// v, and a where it says anything; false where the bend is too strong for a step of this length.
  bool find_step(std::span<const double> theta, LeastSquares& problem);
  void solve(std::span<const double> right, std::span<double> x) noexcept;
  void damp_more() noexcept;
  void damp_less(double gain) noexcept;
  MatrixView<double> square(AlignedBuffer<double>& values) noexcept { return {values.data(), count_, count_}; }

  int64_t count_;
  AlignedBuffer<double> normal_, factor_, scratch_;
  AlignedBuffer<double> gradient_, velocity_, acceleration_, candidate_;
  double damping_ = 0.0;  // mu; 0: not begun
  double growth_ = 2.0;   // nu: what the next rise of mu multiplies it by
  ThreadPool pool_;
};

}  // namespace gradus
