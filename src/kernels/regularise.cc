#include "kernels/regularise.h"

#include <cstdint>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/regularise.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

template <typename T>
struct AddL1 {
  T lambda_over_m;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V gradient, V theta) const {
    const V zero = hn::Zero(d), step = hn::Set(d, lambda_over_m);
    const V down = hn::IfThenElse(hn::Lt(theta, zero), hn::Neg(step), zero);
    return hn::Add(gradient, hn::IfThenElse(hn::Gt(theta, zero), step, down));
  }
};

template <typename T>
struct Clip {
  T limit;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V v) const {
    const V most = hn::Set(d, limit), least = hn::Neg(most);
    // By comparison: what Min and Max make of NaN depends on the target.
    return hn::IfThenElse(hn::Gt(v, most), most, hn::IfThenElse(hn::Lt(v, least), least, v));
  }
};

template <typename T>
struct Scale {
  T factor;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V v) const {
    return hn::Mul(v, hn::Set(d, factor));
  }
};

struct ScaleBy {
  template <class D, class V>
  HWY_INLINE V operator()(D, V v, V factor) const {
    return hn::Mul(v, factor);
  }
};

template <typename T>
struct KeepSigns {
  T sign;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V weight, V unit) const {
    const V zero = hn::Zero(d), wanted = hn::Mul(hn::Set(d, sign), unit);
    const auto up = hn::And(hn::Gt(wanted, zero), hn::Gt(weight, zero));
    const auto down = hn::And(hn::Lt(wanted, zero), hn::Lt(weight, zero));
    return hn::IfThenElse(hn::Or(up, down), weight, zero);
  }
};

template <typename T>
struct MoveAverage {
  T share;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V average, V theta) const {
    return fma(hn::Set(d, share), hn::Sub(theta, average), average);
  }
};

template <typename T>
HWY_NOINLINE void all_add_l1(const T* theta, T lambda_over_m, T* gradient, int64_t count) {
  map(AddL1<T>{lambda_over_m}, count, gradient, static_cast<const T*>(gradient), theta);
}
template <typename T>
HWY_NOINLINE void all_clip(T* values, T limit, int64_t count) {
  map(Clip<T>{limit}, count, values, static_cast<const T*>(values));
}
template <typename T>
HWY_NOINLINE void all_scale(T* values, T factor, int64_t count) {
  map(Scale<T>{factor}, count, values, static_cast<const T*>(values));
}
template <typename T>
HWY_NOINLINE void all_scale_by(T* values, const T* factors, int64_t count) {
  map(ScaleBy(), count, values, static_cast<const T*>(values), factors);
}
template <typename T>
HWY_NOINLINE void all_keep_signs(T* row, T sign, const T* units, int64_t count) {
  map(KeepSigns<T>{sign}, count, row, static_cast<const T*>(row), units);
}
template <typename T>
HWY_NOINLINE void all_move_average(const T* theta, T share, T* average, int64_t count) {
  map(MoveAverage<T>{share}, count, average, static_cast<const T*>(average), theta);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {
namespace {

template <typename Span>
int64_t size_of(const Span& span) noexcept {
  return static_cast<int64_t>(span.size());
}

}  // namespace

template <typename T>
void add_l1(std::span<const T> theta, T lambda_over_m, std::span<T> gradient) noexcept {
  GRADUS_DISPATCH(all_add_l1<T>(theta.data(), lambda_over_m, gradient.data(), size_of(theta)))
}
template <typename T>
void clip(std::span<T> values, T limit) noexcept {
  GRADUS_DISPATCH(all_clip<T>(values.data(), limit, size_of(values)))
}
template <typename T>
void scale(std::span<T> values, T factor) noexcept {
  GRADUS_DISPATCH(all_scale<T>(values.data(), factor, size_of(values)))
}
template <typename T>
void scale_by(std::span<T> values, std::span<const T> factors) noexcept {
  GRADUS_DISPATCH(all_scale_by<T>(values.data(), factors.data(), size_of(values)))
}
template <typename T>
void keep_signs(std::span<T> row, T sign, std::span<const T> units) noexcept {
  GRADUS_DISPATCH(all_keep_signs<T>(row.data(), sign, units.data(), size_of(row)))
}
template <typename T>
void move_average(std::span<const T> theta, T share, std::span<T> average) noexcept {
    GRADUS_DISPATCH(all_move_average<T>(theta.data(), share, average.data(), size_of(theta)))}

#define GRADUS_INSTANTIATE(T)                                             \
  template void add_l1(std::span<const T>, T, std::span<T>) noexcept;     \
  template void clip(std::span<T>, T) noexcept;                           \
  template void scale(std::span<T>, T) noexcept;                          \
  template void scale_by(std::span<T>, std::span<const T>) noexcept;      \
  template void keep_signs(std::span<T>, T, std::span<const T>) noexcept; \
  template void move_average(std::span<const T>, T, std::span<T>) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
