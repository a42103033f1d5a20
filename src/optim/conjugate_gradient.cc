#include "optim/conjugate_gradient.h"

#include <algorithm>
#include <cmath>

#include "kernels/reductions.h"
#include "kernels/updates.h"

namespace gradus {
namespace {

constexpr double kFarFromOrthogonal = 0.2;
// The directions stay conjugate only as far as the searches are sharp.
constexpr WolfeConditions kSharp = {.decrease = 1e-4, .curvature = 0.1, .most_evaluations = 25};

}  // namespace

template <typename T>
ConjugateGradient<T>::ConjugateGradient(int64_t parameters)
    : gradient_(parameters), old_gradient_(parameters), direction_(parameters), line_search_(parameters) {}

/// direction = -gradient + beta direction.
template <typename T>
void ConjugateGradient<T>::choose_direction() noexcept {
  const std::span<const T> g = gradient_.span(), old = old_gradient_.span();
  const std::span<T> d = direction_.span();
  double beta = 0.0;
  if (started_ == 2.0) {
    const double across = kernels::blocked_dot<T>(g, old);
    const double now = kernels::blocked_sum_of_squares<T>(g), before = kernels::blocked_sum_of_squares<T>(old);
    if (std::abs(across) < kFarFromOrthogonal * now) beta = std::max(0.0, (now - across) / before);
  }
  for (T& value : d) value *= static_cast<T>(beta);
  kernels::add_scaled<T>(g, T(-1), d);
  if (kernels::blocked_dot<T>(g, d) < 0.0) return;
  std::transform(g.begin(), g.end(), d.begin(), [](T x) { return -x; });
}

template <typename T>
Iteration ConjugateGradient<T>::iterate(std::span<T> theta, const Objective<T>& objective) {
  if (started_ == 0.0) {
    value_ = objective(theta, gradient_.span());
    started_ = 1.0;
  }
  if (!std::isfinite(value_)) return {.objective = value_};
  const double norm = std::sqrt(kernels::blocked_sum_of_squares<T>(gradient_.span()));
  if (!(norm > 0.0)) return {.objective = value_, .converged = true};
  for (;;) {
    choose_direction();
    const double slope = kernels::blocked_dot<T>(gradient_.span(), direction_.span());
    const double first_step = started_ == 2.0 && last_gain_ < 0.0 ? last_gain_ / slope : std::min(1.0, 1.0 / norm);
    std::copy(gradient_.span().begin(), gradient_.span().end(), old_gradient_.span().begin());
    const LineSearchResult found =
        line_search_.run(objective, theta, gradient_.span(), direction_.span(), value_, first_step, kSharp);
    value_ = found.value;
    if (found.step > 0.0) {
      last_gain_ = found.step * slope;
      started_ = 2.0;
      return {.objective = value_, .step = found.step};
    }
    if (started_ == 1.0) return {.objective = value_, .converged = true};
    started_ = 1.0;  // once more, along the gradient itself
  }
}

template <typename T>
RuleState<T> ConjugateGradient<T>::state() noexcept {
  return {.arrays = {{"gradient", gradient_.span()},
                     {"last_gradient", old_gradient_.span()},
                     {"direction", direction_.span()}},
          .scalars = {{"objective", &value_}, {"started", &started_}, {"last_gain", &last_gain_}}};
}

template class ConjugateGradient<float>;
template class ConjugateGradient<double>;

}  // namespace gradus
