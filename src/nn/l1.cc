#include "nn/l1.h"

#include <cmath>

#include "kernels/reductions.h"
#include "kernels/regularise.h"

namespace gradus {
namespace {

/// The weights of one layer in a flat array; its bias is left out.
template <typename T>
std::span<T> weights_of(const AffineLayout& layout, std::span<T> flat) noexcept {
  return flat.subspan(static_cast<std::size_t>(layout.weight_offset),
                      static_cast<std::size_t>(layout.inputs * layout.outputs));
}

}  // namespace

template <typename T>
double l1_penalty(const Plan& plan, std::span<const T> parameters, double lambda, int64_t rows) noexcept {
  if (lambda == 0.0) return 0.0;
  kernels::BlockedSum sum;
  for (const AffineLayout& layout : plan.affines)
    for (const T weight : weights_of(layout, parameters)) sum.add(std::fabs(static_cast<double>(weight)));
  return lambda / static_cast<double>(rows) * sum.total();
}

template <typename T>
void add_l1_gradient(const Plan& plan, std::span<const T> parameters, double lambda, int64_t rows,
                     std::span<T> gradients) noexcept {
  if (lambda == 0.0) return;
  const T lambda_over_m = static_cast<T>(lambda / static_cast<double>(rows));
  for (const AffineLayout& layout : plan.affines)
    kernels::add_l1<T>(weights_of(layout, parameters), lambda_over_m, weights_of(layout, gradients));
}

template double l1_penalty(const Plan&, std::span<const float>, double, int64_t) noexcept;
template double l1_penalty(const Plan&, std::span<const double>, double, int64_t) noexcept;
template void add_l1_gradient(const Plan&, std::span<const float>, double, int64_t, std::span<float>) noexcept;
template void add_l1_gradient(const Plan&, std::span<const double>, double, int64_t, std::span<double>) noexcept;

}  // namespace gradus
