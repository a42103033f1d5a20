#include "kernels/magnitude.h"

#include <cstdint>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/magnitude.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// Without their sign, numbers are ordered as their bits are, and NaN stands above infinity.
template <typename T>
HWY_NOINLINE T largest_bits(MatrixView<const T> values) {
  const Tag<T> d;
  const hn::RebindToUnsigned<Tag<T>> du;
  using Bits = hn::Vec<decltype(du)>;
  constexpr int64_t N = lanes<T>();
  constexpr int64_t kChains = 4;
  Bits largest[kChains] = {hn::Zero(du), hn::Zero(du), hn::Zero(du), hn::Zero(du)};
  for (int64_t i = 0; i < values.rows(); ++i) {
    const T* row = values.row(i).data();
    int64_t j = 0;
    for (; j + kChains * N <= values.columns(); j += kChains * N)
      for (int64_t v = 0; v < kChains; ++v)
        largest[v] = hn::Max(largest[v], hn::BitCast(du, hn::Abs(hn::LoadU(d, row + j + v * N))));
    for (; j + N <= values.columns(); j += N)
      largest[0] = hn::Max(largest[0], hn::BitCast(du, hn::Abs(hn::LoadU(d, row + j))));
    if (j < values.columns())
      largest[1] = hn::Max(largest[1], hn::BitCast(du, hn::Abs(load_first(d, row + j, values.columns() - j))));
  }
  alignas(64) hn::TFromD<decltype(du)> each[HWY_LANES(T)];
  hn::Store(hn::Max(hn::Max(largest[0], largest[1]), hn::Max(largest[2], largest[3])), du, each);
  hn::TFromD<decltype(du)> most = 0;
  for (const auto bits : each) most = bits > most ? bits : most;
  T result;
  __builtin_memcpy(&result, &most, sizeof(T));
  return result;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
T largest_magnitude(MatrixView<const T> values) noexcept {
  // Rows that follow each other without gaps are one row.
  if (values.stride() == values.columns()) values = {values.data(), 1, values.rows() * values.columns()};
  GRADUS_DISPATCH(largest_bits<T>(values))
}

template float largest_magnitude(MatrixView<const float>) noexcept;
template double largest_magnitude(MatrixView<const double>) noexcept;

}  // namespace gradus::kernels
#endif  // HWY_ONCE
