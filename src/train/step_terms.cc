#include "train/step_terms.h"

#include <algorithm>
#include <cmath>

#include "gradus/error.h"

#include "base/bounds.h"
#include "kernels/column_moments.h"
#include "kernels/reductions.h"
#include "kernels/regularise.h"
#include "nn/pass.h"
#include "optim/settings.h"

namespace gradus {
namespace {

int64_t widest(const Plan& plan) {
  int64_t width = 0;
  for (const AffineLayout& layout : plan.affines) width = std::max(width, layout.outputs);
  return width;
}

void check(const TrainerOptions& options) {
  const double infinity = HUGE_VAL;
  check_below("l1", options.l1, 0.0, infinity);
  check_below("clip value", options.clip_value, 0.0, infinity);
  check_below("clip norm", options.clip_norm, 0.0, infinity);
  check_below("max norm", options.max_norm, 0.0, infinity);
}

}  // namespace

template <typename T>
StepTerms<T>::StepTerms(const Plan& plan, const TrainerOptions& options)
    : plan_(plan),
      clip_value_(options.clip_value),
      clip_norm_(options.clip_norm),
      decay_(uses_weight_decay(options.solver) && !decays_itself(options.solver) ? options.weight_decay : 0.0),
      max_norm_(options.max_norm),
      signs_(plan, options.monotone, options.monotone_outputs),
      none_(clip_value_ == 0.0 && clip_norm_ == 0.0 && decay_ == 0.0 && max_norm_ == 0.0 && signs_.none()),
      norms_(max_norm_ > 0.0 ? widest(plan) : 0),
      factors_(max_norm_ > 0.0 ? widest(plan) : 0) {
  check(options);
}

template <typename T>
bool StepTerms<T>::clip(std::span<T> gradients) const noexcept {
  if (clip_value_ > 0.0) kernels::clip<T>(gradients, static_cast<T>(clip_value_));
  if (clip_norm_ == 0.0) return true;
  const double norm = std::sqrt(kernels::blocked_sum_of_squares<T>(gradients));
  if (norm > clip_norm_) kernels::scale<T>(gradients, static_cast<T>(clip_norm_ / norm));
  return std::isfinite(norm);
}

template <typename T>
void StepTerms<T>::decay(double learning_rate, std::span<T> parameters) const noexcept {
  if (decay_ > 0.0) kernels::scale<T>(parameters, static_cast<T>(1.0 - learning_rate * decay_));
}

template <typename T>
void StepTerms<T>::constrain(std::span<T> parameters) noexcept {
  if (!signs_.none()) signs_.project(parameters);
  if (max_norm_ == 0.0) return;
  for (const AffineLayout& layout : plan_.affines) limit_norms(affine_view(layout, parameters).weight);
}

template <typename T>
void StepTerms<T>::limit_norms(MatrixView<T> weight) noexcept {
  const auto units = static_cast<std::size_t>(weight.columns());
  kernels::blocked_column_squares<T>(weight, nullptr, norms_.data());
  for (std::size_t i = 0; i < units; ++i) {
    const double norm = std::sqrt(norms_.data()[i]);
    factors_.data()[i] = norm > max_norm_ ? static_cast<T>(max_norm_ / norm) : T(1);
  }
  const std::span<const T> factors(factors_.data(), units);
  for (int64_t j = 0; j < weight.rows(); ++j) kernels::scale_by<T>(weight.row(j), factors);
}

template class StepTerms<float>;
template class StepTerms<double>;

}  // namespace gradus
