// The register tiles that every matrix product is made of.
#if defined(GRADUS_KERNELS_PRODUCT_TILES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_PRODUCT_TILES_INL_H
#undef GRADUS_KERNELS_PRODUCT_TILES_INL_H
#else
#define GRADUS_KERNELS_PRODUCT_TILES_INL_H
#endif

#include <algorithm>
#include <utility>

#include "kernels/product_block.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

// Accumulators and one row of b must fit the registers: 12 x 2 + 2 of 32, 6 x 2 + 2 of 16.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kTileRows = 12;
#elif HWY_TARGET == HWY_AVX2
constexpr int kTileRows = 6;
#else
constexpr int kTileRows = 4;
#endif
constexpr int kTileVectors = 2;
constexpr int64_t kDepth = 256;  // of k at a time: a panel of b is 32 KiB with the widest vectors

constexpr int64_t kStretch = 8;  // terms between one asking ahead and the next: in a burst they fill the miss buffers

/// A (rows x columns) part of a matrix to be asked for, a few rows at a time.
template <typename T>
struct Prefetch {
  const T* at = nullptr;
  int64_t stride = 0;
  int64_t rows = 0;
  int64_t columns = 0;

  HWY_INLINE void ask(int64_t count) {
    constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
    for (count = std::min(count, rows), rows -= count; count > 0; --count, at += stride)
      for (int64_t j = 0; j < columns; j += kLine) __builtin_prefetch(at + j, 0, 2);
  }
};

template <typename T>
struct Operands {
  const T* a;
  int64_t a_stride;
  const T* b;
  int64_t b_stride;
  const T* start;  // where the chains start: null for zero, the bias row, or c itself
  int64_t start_stride;
  T* c;
  int64_t c_stride;
  int64_t depth;
  int64_t last_count;  // columns in the last vector, where kPartial
  T* packed;           // where a packing tile leaves b, row after row of whole vectors
  Prefetch<T> next_b;  // asked for while a tile works, at_once rows at a time
  int64_t at_once;
  Prefetch<T> next_c;

  void advance(int64_t rows, int64_t a_elements) {
    a += a_elements;
    c += rows * c_stride;
    if (start != nullptr) start += rows * start_stride;
  }
};

/// c (kRows x kVectors vectors) from `depth` terms of each chain. kTransposed: a is (depth x kRows). kPacks: what is
/// read of b is written to `packed`, while the sums leave the store unit idle.
template <int kRows, int kVectors, bool kPartial, bool kTransposed, bool kPacks, typename T>
HWY_NOINLINE void tile(Operands<T>& o) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  Vector<T> sum[kRows][kVectors];
  HWY_UNROLL(12)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) {
      if (o.start == nullptr) {
        sum[r][v] = hn::Zero(d);
        continue;
      }
      const T* from = o.start + r * o.start_stride + v * N;
      if (kPartial && v == kVectors - 1) {
        sum[r][v] = load_first(d, from, o.last_count);
      } else {
        sum[r][v] = hn::LoadU(d, from);
      }
    }
  }
  // Two pointers into a: the offsets of half the rows fit the integer registers, those of twelve rows don't.
  constexpr int kHalf = (kRows + 1) / 2;
  const T* HWY_RESTRICT b = o.b;
  const int64_t a_row = kTransposed ? 1 : o.a_stride;
  const int64_t a_step = kTransposed ? o.a_stride : 1;
  const T* HWY_RESTRICT a = o.a;
  const T* HWY_RESTRICT a_lower = o.a + kHalf * a_row;
  const int64_t b_step = o.b_stride;
  T* packed = o.packed;
  for (int64_t rest = o.depth; rest > 0; rest -= kStretch) {
    if (o.next_c.rows > 0) o.next_c.ask(2);
    if (o.next_b.rows > 0) o.next_b.ask(o.at_once);
    for (int64_t k = std::min(rest, kStretch); k > 0; --k, a += a_step, a_lower += a_step, b += b_step) {
      Vector<T> b_row[kVectors];
      HWY_UNROLL(8)
      for (int v = 0; v < kVectors; ++v) {
        if (GRADUS_NATIVE_MASKS && kPartial && v == kVectors - 1) {
          b_row[v] = load_first(d, b + v * N, o.last_count);
        } else {
          b_row[v] = hn::LoadU(d, b + v * N);
        }
        if constexpr (kPacks) hn::StoreU(b_row[v], d, packed + v * N);
      }
      if constexpr (kPacks) packed += kVectors * N;
      HWY_UNROLL(12)
      for (int r = 0; r < kRows; ++r) {
        const Vector<T> a_value = hn::Set(d, r < kHalf ? a[r * a_row] : a_lower[(r - kHalf) * a_row]);
        HWY_UNROLL(8)
        for (int v = 0; v < kVectors; ++v) sum[r][v] = fma(a_value, b_row[v], sum[r][v]);
      }
    }
  }
  HWY_UNROLL(12)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) {
      T* to = o.c + r * o.c_stride + v * N;
      if (kPartial && v == kVectors - 1) {
        store_first(d, sum[r][v], to, o.last_count);
      } else {
        hn::StoreU(sum[r][v], d, to);
      }
    }
  }
}

/// What is left below a whole tile: tiles of 8, 4, 2 and 1 rows.
template <int kRows, int kVectors, bool kPartial, bool kTransposed, typename T>
HWY_INLINE void tile_rest(Operands<T>& o, int64_t rows) {
  if (rows >= kRows) {
    tile<kRows, kVectors, kPartial, kTransposed, false>(o);
    o.advance(kRows, kRows * (kTransposed ? 1 : o.a_stride));
    rows -= kRows;
  }
  if constexpr (kRows > 1) {
    if (rows > 0) tile_rest<kRows / 2, kVectors, kPartial, kTransposed>(o, rows);
  }
}

/// `rows` rows of c, kRows at a time; `a_tile` from one tile's rows of a to the next. Where o.packed is not null, the
/// first tile packs b for the others. `o` is used up, not copied: a copy in vectors waits until the words just written
/// have left the store queue, which is as long as a small product takes.
template <int kRows, int kVectors, bool kPartial, bool kTransposed, typename T>
HWY_INLINE void tile_rows(Operands<T>& o, int64_t rows, int64_t a_tile) {
  const int64_t stretches = std::max<int64_t>(1, rows / kRows * (o.depth / kStretch));
  o.at_once = (o.next_b.rows + stretches - 1) / stretches;
  o.next_c = {};
  for (; rows >= kRows; rows -= kRows) {
    if (o.start == o.c) o.next_c = {o.c + kRows * o.c_stride, o.c_stride, rows - kRows, kVectors * lanes<T>()};
    if (o.packed != nullptr) {
      tile<kRows, kVectors, kPartial, kTransposed, true>(o);
      o.b = std::exchange(o.packed, nullptr);
      o.b_stride = kVectors * lanes<T>();
    } else {
      tile<kRows, kVectors, kPartial, kTransposed, false>(o);
    }
    o.advance(kRows, a_tile);
  }
  constexpr int kRest = kRows > 8 ? 8 : kRows > 4 ? 4 : kRows / 2;
  if constexpr (kRest > 0) {
    if (rows > 0) tile_rest<kRest, kVectors, kPartial, kTransposed>(o, rows);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
