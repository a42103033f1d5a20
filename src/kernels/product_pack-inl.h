// Operands copied into the order in which tiles read them: whole cache lines in sequence, no two rows a power of two
// apart.
#if defined(GRADUS_KERNELS_PRODUCT_PACK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_PRODUCT_PACK_INL_H
#undef GRADUS_KERNELS_PRODUCT_PACK_INL_H
#else
#define GRADUS_KERNELS_PRODUCT_PACK_INL_H
#endif

#include <algorithm>

#include "kernels/simd-inl.h"
#include "kernels/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// to (rows x columns, stride `to_stride`) = from (stride `stride`).
template <typename T>
HWY_NOINLINE void copy_rows(const T* from, int64_t stride, int64_t rows, int64_t columns, T* to, int64_t to_stride) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  for (int64_t i = 0; i < rows; ++i, from += stride, to += to_stride) {
    int64_t j = 0;
    for (; j + N <= columns; j += N) hn::StoreU(hn::LoadU(d, from + j), d, to + j);
    if (j < columns) store_first(d, load_first(d, from + j, columns - j), to + j, columns - j);
  }
}

/// From one packed tile of kRows columns to the next: whole vectors may be stored over the end of a row.
template <int kRows, typename T>
constexpr int64_t tile_stride(int64_t depth) {
  return depth * kRows + lanes<T>();
}

/// A (depth x columns) strip in tiles of kRows columns: element (k, r) of tile t at t * tile_stride + k * kRows + r.
/// What follows the last column in its tile is not meant to be read.
template <int kRows, typename T>
HWY_NOINLINE void copy_tiles(const T* from, int64_t stride, int64_t depth, int64_t columns, T* to) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  // Stores of whole vectors run over into the next row, which is written after; loads must not leave the matrix.
  const int64_t free = kRows % N == 0 ? columns : std::max<int64_t>(0, columns - N);
  const int64_t fast = (free / kRows) * kRows;
  for (int64_t k = 0; k < depth; ++k, from += stride, to += kRows) {
    T* tile = to;
    int64_t r = 0;
    for (; r < fast; r += kRows, tile += tile_stride<kRows, T>(depth))
      for (int64_t v = 0; v < kRows; v += N) hn::StoreU(hn::LoadU(d, from + r + v), d, tile + v);
    for (; r < columns; r += kRows, tile += tile_stride<kRows, T>(depth))
      std::copy_n(from + r, std::min<int64_t>(kRows, columns - r), tile);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
