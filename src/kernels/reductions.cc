#include "kernels/reductions.h"

#include <algorithm>
#include <limits>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/reductions.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

template <typename T>
bool finite(const T* values, int64_t count) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  const Vector<T> largest = hn::Set(d, std::numeric_limits<T>::max());
  for (int64_t i = 0; i < count; i += N) {
    const Vector<T> v = load_some(d, values + i, std::min(N, count - i));
    if (!hn::AllTrue(d, hn::Le(hn::Abs(v), largest))) return false;
  }
  return true;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {
namespace {

template <typename T>
bool dispatch_finite(const T* values, int64_t count) noexcept {
  GRADUS_DISPATCH(finite<T>(values, count))
}

}  // namespace

template <typename T>
bool all_finite(std::span<const T> values) noexcept {
  return dispatch_finite(values.data(), static_cast<int64_t>(values.size()));
}

template bool all_finite(std::span<const float>) noexcept;
template bool all_finite(std::span<const double>) noexcept;

}  // namespace gradus::kernels
#endif  // HWY_ONCE
