#include "optim/lbfgs.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/reductions.h"
#include "kernels/updates.h"

namespace gradus {

template <typename T>
Lbfgs<T>::Lbfgs(int64_t parameters)
    : parameters_(parameters),
      moves_(kMemory * parameters),
      turns_(kMemory * parameters),
      gradient_(parameters),
      direction_(parameters),
      old_theta_(parameters),
      old_gradient_(parameters),
      line_search_(parameters) {}

template <typename T>
std::span<T> Lbfgs<T>::of_age(AlignedBuffer<T>& ring, int64_t age) noexcept {
  const int64_t place = (static_cast<int64_t>(newest_) + kMemory - age) % kMemory;
  return part(ring, place * parameters_, static_cast<std::size_t>(parameters_));
}

template <typename T>
void Lbfgs<T>::point_downhill() noexcept {
  const auto kept = static_cast<int64_t>(kept_);
  const std::span<T> q = direction_.span();
  std::transform(gradient_.span().begin(), gradient_.span().end(), q.begin(), [](T g) { return -g; });
  std::array<double, kMemory> along{}, product{};
  for (int64_t age = 0; age < kept; ++age) {
    const auto i = static_cast<std::size_t>(age);
    product[i] = kernels::blocked_dot<T>(move(age), turn(age));
    along[i] = kernels::blocked_dot<T>(move(age), q) / product[i];
    kernels::add_scaled<T>(turn(age), static_cast<T>(-along[i]), q);
  }
  if (kept > 0) {
    const T scale = static_cast<T>(product[0] / kernels::blocked_sum_of_squares<T>(turn(0)));
    for (T& value : q) value *= scale;
  }
  for (int64_t age = kept - 1; age >= 0; --age) {
    const auto i = static_cast<std::size_t>(age);
    const double back = kernels::blocked_dot<T>(turn(age), q) / product[i];
    kernels::add_scaled<T>(move(age), static_cast<T>(along[i] - back), q);
  }
}

/// Keeps the move just made, unless the gradient turned too little along it to say anything of the curvature.
template <typename T>
void Lbfgs<T>::remember(std::span<const T> theta) noexcept {
  const double before = newest_;
  newest_ = static_cast<double>((static_cast<int64_t>(newest_) + 1) % kMemory);
  const std::span<T> moved = move(0), turned = turn(0);
  std::transform(theta.begin(), theta.end(), old_theta_.span().begin(), moved.begin(), std::minus<T>());
  std::transform(gradient_.span().begin(), gradient_.span().end(), old_gradient_.span().begin(), turned.begin(),
                 std::minus<T>());
  const double product = kernels::blocked_dot<T>(moved, turned);
  const double least = 1e-12 * std::sqrt(kernels::blocked_sum_of_squares<T>(moved)) *
                       std::sqrt(kernels::blocked_sum_of_squares<T>(turned));
  if (product > least) {
    kept_ = std::min(kept_ + 1.0, static_cast<double>(kMemory));
  } else {
    newest_ = before;
    kept_ = std::min(kept_, static_cast<double>(kMemory - 1));  // the ring's oldest place was written over
  }
}

template <typename T>
Iteration Lbfgs<T>::iterate(std::span<T> theta, const Objective<T>& objective) {
  if (started_ == 0.0) {
    value_ = objective(theta, gradient_.span());
    started_ = 1.0;
  }
  if (!std::isfinite(value_)) return {.objective = value_};
  const double norm = std::sqrt(kernels::blocked_sum_of_squares<T>(gradient_.span()));
  if (!(norm > 0.0)) return {.objective = value_, .converged = true};
  for (;;) {
    point_downhill();
    if (kept_ > 0.0 && !(kernels::blocked_dot<T>(gradient_.span(), direction_.span()) < 0.0)) {
      kept_ = 0.0;
      continue;
    }
    std::copy(theta.begin(), theta.end(), old_theta_.span().begin());
    std::copy(gradient_.span().begin(), gradient_.span().end(), old_gradient_.span().begin());
    const double first_step = kept_ > 0.0 ? 1.0 : std::min(1.0, 1.0 / norm);
    const LineSearchResult found =
        line_search_.run(objective, theta, gradient_.span(), direction_.span(), value_, first_step, {});
    value_ = found.value;
    if (found.step > 0.0) {
      remember(theta);
      return {.objective = value_, .step = found.step};
    }
    // Where what is remembered misleads, the gradient itself may still lead down.
    if (kept_ == 0.0) return {.objective = value_, .converged = true};
    kept_ = 0.0;
  }
}

template <typename T>
RuleState<T> Lbfgs<T>::state() noexcept {
  return {.arrays = {{"moves", moves_.span()}, {"gradient_changes", turns_.span()}, {"gradient", gradient_.span()}},
          .scalars = {{"objective", &value_},
                      {"started", &started_},
                      {"kept", &kept_, kMemory},
                      {"newest", &newest_, kMemory - 1}}};
}

template class Lbfgs<float>;
template class Lbfgs<double>;

}  // namespace gradus
