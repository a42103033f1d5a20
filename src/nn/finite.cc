#include "nn/finite.h"

#include "kernels/reductions.h"

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
  return 0;
}

template int64_t first_bad_layer(const Plan&, std::span<const float>) noexcept;
template int64_t first_bad_layer(const Plan&, std::span<const double>) noexcept;

}  // namespace gradus
