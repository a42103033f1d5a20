#include "nn/finite.h"

#include <algorithm>
#include <limits>

#include "kernels/magnitude.h"
#include "kernels/reductions.h"
#include "nn/pass.h"

namespace gradus {

template <typename T>
int64_t first_bad_layer(const Plan& plan, std::span<const T> flat) noexcept {
  if (kernels::all_finite<T>(flat)) return 0;
  for (std::size_t l = 0; l < plan.affines.size(); ++l) {
    const AffineLayout& layout = plan.affines[l];
    const auto first = static_cast<std::size_t>(layout.weight_offset);
    const auto count = static_cast<std::size_t>((layout.inputs + 1) * layout.outputs);  // weight, then bias
    if (!kernels::all_finite<T>(flat.subspan(first, count))) return static_cast<int64_t>(l) + 1;
  }
  for (const NormLayout& norm : plan.norms) {
    const auto first = static_cast<std::size_t>(norm.scale_offset);
    const auto count = static_cast<std::size_t>(2 * norm.width);  // scale, then shift
    if (!kernels::all_finite<T>(flat.subspan(first, count))) return norm.affine + 1;
  }
  return std::ssize(plan.affines);  // a running statistic
}

template <typename T>
bool gradients_surely_finite(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, T lambda_over_m,
                             Workspace<T>& workspace) noexcept {
  // Rounding in the chain of fma adds a factor of at most (1 + 2^-24)^rows, and the regulariser one more term.
  constexpr double kFarBelow = static_cast<double>(std::numeric_limits<T>::max()) / 1024.0;
  const auto rows = static_cast<double>(x.rows());
  for (int64_t affine = 0; affine < std::ssize(plan.affines); ++affine) {
    const double a = kernels::largest_magnitude<T>(affine_input<T>(plan, affine, x, workspace));
    const double delta = kernels::largest_magnitude<T>(workspace.delta(affine, x.rows()));
    if (!(rows * std::max(a, 1.0) * delta < kFarBelow)) return false;  // the bias reads a 1
  }
  if (lambda_over_m == T(0)) return true;
  const double theta = kernels::largest_magnitude<T>({parameters.data(), 1, static_cast<int64_t>(parameters.size())});
  return static_cast<double>(lambda_over_m) * theta < kFarBelow;
}

template bool gradients_surely_finite(const Plan&, std::span<const float>, MatrixView<const float>, float,
                                      Workspace<float>&) noexcept;
template bool gradients_surely_finite(const Plan&, std::span<const double>, MatrixView<const double>, double,
                                      Workspace<double>&) noexcept;
template int64_t first_bad_layer(const Plan&, std::span<const float>) noexcept;
template int64_t first_bad_layer(const Plan&, std::span<const double>) noexcept;

}  // namespace gradus
