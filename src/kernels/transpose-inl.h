// Transposition of narrow strips of rows.
#if defined(GRADUS_KERNELS_TRANSPOSE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_TRANSPOSE_INL_H
#undef GRADUS_KERNELS_TRANSPOSE_INL_H
#else
#define GRADUS_KERNELS_TRANSPOSE_INL_H
#endif

#include <algorithm>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// to (k x ., stride `to_stride`) = the transpose of rows first .. last - 1 of b, columns x0 .. x1 - 1.
template <typename T>
HWY_INLINE void transpose_plainly(const T* b, int64_t b_stride, int64_t first, int64_t last, int64_t x0, int64_t x1,
                                  T* to, int64_t to_stride) {
  for (int64_t i = first; i < last; ++i)
    for (int64_t x = x0; x < x1; ++x) to[x * to_stride + i] = b[i * b_stride + x];
}

#if HWY_TARGET == HWY_SCALAR

template <typename T>
HWY_NOINLINE void transpose_rows(const T* b, int64_t b_stride, int64_t count, int64_t k, T* to, int64_t to_stride) {
  constexpr int64_t kBlock = 16;  // so that both sides stay in few cache lines
  for (int64_t x = 0; x < k; x += kBlock)
    transpose_plainly(b, b_stride, 0, count, x, std::min(x + kBlock, k), to, to_stride);
}

#else

/// A vector whose 128-bit block i is loaded from row i * (elements in a block) of `from`.
template <class D, typename T>
HWY_INLINE hn::Vec<D> load_blocks(D d, const T* from, int64_t stride) {
  if constexpr (hn::MaxLanes(d) * sizeof(T) <= 16) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    constexpr auto kHalfRows = static_cast<int64_t>(hn::MaxLanes(half));
    return hn::Combine(d, load_blocks(half, from + kHalfRows * stride, stride), load_blocks(half, from, stride));
  }
}

/// As many rows as a vector has lanes, as many columns as a 128-bit block has: whole vectors of the transpose come out
/// after a transposition inside the blocks.
template <class D>
HWY_INLINE void transpose_strip(D d, const float* from, int64_t stride, float* to, int64_t to_stride) {
  const auto r0 = load_blocks(d, from, stride);
  const auto r1 = load_blocks(d, from + stride, stride);
  const auto r2 = load_blocks(d, from + 2 * stride, stride);
  const auto r3 = load_blocks(d, from + 3 * stride, stride);
  const auto low02 = hn::InterleaveLower(d, r0, r2);
  const auto low13 = hn::InterleaveLower(d, r1, r3);
  const auto high02 = hn::InterleaveUpper(d, r0, r2);
  const auto high13 = hn::InterleaveUpper(d, r1, r3);
  hn::StoreU(hn::InterleaveLower(d, low02, low13), d, to);
  hn::StoreU(hn::InterleaveUpper(d, low02, low13), d, to + to_stride);
  hn::StoreU(hn::InterleaveLower(d, high02, high13), d, to + 2 * to_stride);
  hn::StoreU(hn::InterleaveUpper(d, high02, high13), d, to + 3 * to_stride);
}
template <class D>
HWY_INLINE void transpose_strip(D d, const double* from, int64_t stride, double* to, int64_t to_stride) {
  const auto r0 = load_blocks(d, from, stride);
  const auto r1 = load_blocks(d, from + stride, stride);
  hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
  hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + to_stride);
}

/// to (k x count, stride `to_stride`) = the transpose of b (count x k).
template <typename T>
HWY_NOINLINE void transpose_rows(const T* b, int64_t b_stride, int64_t count, int64_t k, T* to, int64_t to_stride) {
  const Tag<T> d;
  constexpr int64_t kRows = lanes<T>();
  constexpr int64_t kColumns = 16 / static_cast<int64_t>(sizeof(T));
  const int64_t whole_columns = k - k % kColumns;
  int64_t i = 0;
  for (; i + kRows <= count; i += kRows) {
    for (int64_t x = 0; x < whole_columns; x += kColumns)
      transpose_strip(d, b + i * b_stride + x, b_stride, to + x * to_stride + i, to_stride);
    transpose_plainly(b, b_stride, i, i + kRows, whole_columns, k, to, to_stride);
  }
  transpose_plainly(b, b_stride, i, count, 0, k, to, to_stride);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
