// Vector helpers that every kernel shares, compiled once per target. Included only by kernels/*.cc.
#if defined(GRADUS_KERNELS_SIMD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_SIMD_INL_H
#undef GRADUS_KERNELS_SIMD_INL_H
#else
#define GRADUS_KERNELS_SIMD_INL_H
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
using Vector = hn::Vec<Tag<T>>;

template <typename T>
constexpr int64_t lanes() {
  return static_cast<int64_t>(HWY_LANES(T));
}

/// a * b + c with one rounding, on every target.
template <class V>
HWY_INLINE V fma(V a, V b, V c) {
#if HWY_TARGET == HWY_SCALAR
  return V(std::fma(a.raw, b.raw, c.raw));
#elif HWY_TARGET == HWY_EMU128
  for (std::size_t i = 0; i < sizeof(c.raw) / sizeof(c.raw[0]); ++i) c.raw[i] = std::fma(a.raw[i], b.raw[i], c.raw[i]);
  return c;
#else
  return hn::MulAdd(a, b, c);
#endif
}

/// c - a * b with one rounding.
template <class V>
HWY_INLINE V negative_fma(V a, V b, V c) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  return fma(hn::Neg(a), b, c);
#else
  return hn::NegMulAdd(a, b, c);
#endif
}

// Highway's masked memory operations touch the masked-out lanes on targets without such instructions.
#define GRADUS_NATIVE_MASKS (HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3)

/// The first `count` elements at `from`, zeros in the other lanes; reads nothing beyond.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_first(D d, const T* from, int64_t count) {
#if GRADUS_NATIVE_MASKS
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
#else
  alignas(64) T buffer[HWY_LANES(T)] = {};
  for (int64_t i = 0; i < count; ++i) buffer[i] = from[i];
  return hn::Load(d, buffer);
#endif
}

/// Stores the first `count` lanes; writes nothing beyond.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void store_first(D d, hn::Vec<D> v, T* to, int64_t count) {
#if GRADUS_NATIVE_MASKS
  hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
#else
  alignas(64) T buffer[HWY_LANES(T)];
  hn::Store(v, d, buffer);
  for (int64_t i = 0; i < count; ++i) to[i] = buffer[i];
#endif
}

/// to[i] = function(d, from[i]...) for i < count, a vector at a time.
template <typename T, class Function, typename... From>
HWY_INLINE void map(const Function& function, int64_t count, T* to, const From*... from) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  int64_t i = 0;
  for (; i + N <= count; i += N) hn::StoreU(function(d, hn::LoadU(d, from + i)...), d, to + i);
  if (i < count) store_first(d, function(d, load_first(d, from + i, count - i)...), to + i, count - i);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
