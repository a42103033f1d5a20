#include "optim/levenberg_marquardt.h"

#include <algorithm>
#include <cmath>

#include "kernels/cholesky.h"
#include "kernels/reductions.h"

namespace gradus {
namespace {

constexpr double kFirstDamping = 1e-3;   // of the largest diagonal element of the first J^T J
constexpr double kLeastDamping = 1e-16;  // of the largest diagonal element: keeps pivots above rounding
constexpr double kBendStep = 0.01;       // of the velocity
constexpr double kMostBend = 0.75;       // of 2 |a| / |v|
// Velocities so much shorter than theta leave second differences nothing but rounding.
constexpr double kLeastVelocity = 1e-6;
constexpr int kMostTries = 60;

double norm(std::span<const double> x) noexcept {
  return std::sqrt(kernels::blocked_sum_of_squares<double>(x));
}

double largest_on_diagonal(MatrixView<const double> a) noexcept {
  double largest = 0.0;
  for (int64_t j = 0; j < a.rows(); ++j) largest = std::max(largest, a(j, j));
  return largest;
}

}  // namespace

int64_t levenberg_marquardt_bytes(int64_t parameters) noexcept {
  return (2 * parameters * parameters + kernels::cholesky_scratch(parameters) + 4 * parameters) *
         static_cast<int64_t>(sizeof(double));
}

LevenbergMarquardt::LevenbergMarquardt(int64_t parameters, int threads)
    : count_(parameters),
      normal_(parameters * parameters),
      factor_(parameters * parameters),
      scratch_(kernels::cholesky_scratch(parameters)),
      gradient_(parameters),
      velocity_(parameters),
      acceleration_(parameters),
      candidate_(parameters),
      pool_(threads) {}

bool LevenbergMarquardt::factor() noexcept {
  const MatrixView<double> normal = square(normal_), factor = square(factor_);
  for (int64_t i = 0; i < count_; ++i) {
    std::copy_n(normal.row(i).data(), i + 1, factor.row(i).data());
    factor(i, i) += damping_;
  }
  return kernels::cholesky(factor, scratch_.span(), pool_);
}

void LevenbergMarquardt::solve(std::span<const double> right, std::span<double> x) noexcept {
  std::transform(right.begin(), right.end(), x.begin(), [](double value) { return -value; });
  kernels::cholesky_solve(square(factor_), x);
}

bool LevenbergMarquardt::find_step(std::span<const double> theta, LeastSquares& problem) {
  const std::span<double> v = velocity_.span(), a = acceleration_.span();
  solve(gradient_.span(), v);
  std::fill(a.begin(), a.end(), 0.0);
  const double speed = norm(v);
  if (!std::isfinite(speed)) return false;
  if (speed <= kLeastVelocity * norm(theta)) return true;
  problem.curvature(theta, v, kBendStep, candidate_.span());
  solve(candidate_.span(), a);
  return 2.0 * norm(a) <= kMostBend * speed;  // false too where the residuals beyond are not finite
}

void LevenbergMarquardt::damp_more() noexcept {
  damping_ *= growth_;
  growth_ *= 2.0;
}

void LevenbergMarquardt::damp_less(double gain) noexcept {
  const double off = 2.0 * std::clamp(gain, 0.0, 1.0) - 1.0;
  damping_ *= std::max(1.0 / 3.0, 1.0 - off * off * off);
  growth_ = 2.0;
}

Iteration LevenbergMarquardt::iterate(std::span<double> theta, LeastSquares& problem) {
  const double value = problem.linearise(theta, square(normal_), gradient_.span());
  const double largest = largest_on_diagonal(square(normal_));
  if (!std::isfinite(value) || !std::isfinite(largest)) return {.objective = HUGE_VAL};
  if (!(norm(gradient_.span()) > 0.0)) return {.objective = value, .converged = true};
  if (damping_ == 0.0) damping_ = kFirstDamping * largest;
  damping_ = std::max(damping_, kLeastDamping * largest);
  const std::span<const double> v = velocity_.span(), a = acceleration_.span();
  for (int tries = 0; tries < kMostTries && std::isfinite(damping_); ++tries) {
    if (factor() && find_step(theta, problem)) {
      for (std::size_t j = 0; j < theta.size(); ++j) candidate_.span()[j] = theta[j] + (v[j] + 0.5 * a[j]);
      const double found = problem.value(candidate_.span());
      if (found < value) {
        // What the linear model promises along v: 1/2 v.(mu v - g).
        const double promised = 0.5 * (damping_ * kernels::blocked_sum_of_squares<double>(v) -
                                       kernels::blocked_dot<double>(v, gradient_.span()));
        const double taken = damping_;
        damp_less((value - found) / promised);
        std::copy(candidate_.span().begin(), candidate_.span().end(), theta.begin());
        return {.objective = found, .step = taken};
      }
    }
    damp_more();
  }
  return {.objective = value, .converged = true};
}

RuleState<double> LevenbergMarquardt::state() noexcept {
  return {.scalars = {{"damping", &damping_}, {"growth", &growth_}}};
}

}  // namespace gradus
