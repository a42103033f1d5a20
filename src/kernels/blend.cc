#include "kernels/blend.h"

#include <cstdint>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/blend.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/elementwise-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

template <typename T>
HWY_NOINLINE void all_blend(const T* z, const T* a, const T* share, T* out, int64_t count) {
  const Tag<T> d;
  for_vectors<T>(count, [&](int64_t i, const auto& io) {
    const auto from = io.load(d, z + i);
    io.store(d, fma(io.load(d, share + i), hn::Sub(io.load(d, a + i), from), from), out + i);
  });
}

template <typename T>
HWY_NOINLINE void all_blend_back(const T* share, T* delta, T* to_z, int64_t count) {
  const Tag<T> d;
  for_vectors<T>(count, [&](int64_t i, const auto& io) {
    const auto part = io.load(d, share + i), sent = io.load(d, static_cast<const T*>(delta + i));
    io.store(d, hn::Mul(hn::Sub(hn::Set(d, T(1)), part), sent), to_z + i);
    io.store(d, hn::Mul(sent, part), delta + i);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void blend(std::span<const T> z, std::span<const T> a, std::span<const T> share, std::span<T> out) noexcept {
  GRADUS_DISPATCH(all_blend<T>(z.data(), a.data(), share.data(), out.data(), static_cast<int64_t>(out.size())))
}

template <typename T>
void blend_back(std::span<const T> share, std::span<T> delta, std::span<T> to_z) noexcept {
    GRADUS_DISPATCH(all_blend_back<T>(share.data(), delta.data(), to_z.data(), static_cast<int64_t>(delta.size())))}

#define GRADUS_INSTANTIATE(T)                                                                             \
  template void blend(std::span<const T>, std::span<const T>, std::span<const T>, std::span<T>) noexcept; \
  template void blend_back(std::span<const T>, std::span<T>, std::span<T>) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
