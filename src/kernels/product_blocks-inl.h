// A matrix product on one thread: blocks of rows and depth, their operands packed where that pays, tiles over them.
#if defined(GRADUS_KERNELS_PRODUCT_BLOCKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_PRODUCT_BLOCKS_INL_H
#undef GRADUS_KERNELS_PRODUCT_BLOCKS_INL_H
#else
#define GRADUS_KERNELS_PRODUCT_BLOCKS_INL_H
#endif

#include <algorithm>
#include <cstddef>

#include "kernels/product_block.h"
#include "kernels/product_pack-inl.h"
#include "kernels/product_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// Rows of c worked on together: with kDepth of a they fill less than half of a 1 MiB second-level cache.
template <typename T>
constexpr int64_t kBlockRows = 1536 / static_cast<int64_t>(sizeof(T));
constexpr int64_t kPadding = 64;  // bytes: keeps rows of a packed block off a power of two apart

/// A block of a, (rows x depth), as the tiles read it.
template <typename T>
struct BlockOfA {
  const T* at;
  int64_t stride;
  int64_t tile;  // from one tile's rows to the next
};

/// Where one thread packs its operands: a block of a, then a panel of b.
template <typename T>
struct PackingSpace {
  T* a;
  T* b;
};

/// Rows 2 KiB or more apart by a power of two fall into the same few sets of the first-level cache.
template <typename T>
bool strides_collide(int64_t stride) {
  return stride * static_cast<int64_t>(sizeof(T)) % 2048 == 0;
}

template <int kRows, typename T>
BlockOfA<T> block_of_a(const ProductBlock<T>& p, int64_t i, int64_t rows, int64_t k, int64_t depth, T* space) {
  constexpr int64_t kReuse = 4 * kTileVectors * lanes<T>();  // columns of c from which a copy of a pays
  if (p.a_form == Operand::plain) {
    const T* from = p.a + i * p.a_stride + k;
    if (p.n < kReuse || !strides_collide<T>(p.a_stride)) return {from, p.a_stride, kRows * p.a_stride};
    const int64_t stride = kDepth + kPadding / static_cast<int64_t>(sizeof(T));
    copy_rows(from, p.a_stride, rows, depth, space, stride);
    return {space, stride, kRows * stride};
  }
  const T* from = p.a + k * p.a_stride + i;
  if (p.n < kReuse) return {from, p.a_stride, kRows};
  copy_tiles<kRows>(from, p.a_stride, depth, rows, space);
  return {space, kRows, tile_stride<kRows, T>(depth)};
}

/// A panel of b, (depth x columns), where whole vectors can be loaded from every row: in place, packed into `space`, or
/// to be packed there by the first tile.
template <int kVectors, bool kPartial, typename T>
void find_panel_of_b(const ProductBlock<T>& p, int64_t rows, int64_t k, int64_t depth, int64_t j, int64_t columns,
                     T* space, Operands<T>& o) {
  constexpr int64_t kWidth = kVectors * lanes<T>();
  constexpr int64_t kReuse = 48;  // rows of c from which a copy of b pays
  o.packed = nullptr;
  o.b = space;
  o.b_stride = kWidth;
  if (p.b_form == Operand::transposed)
    return transpose_rows(p.b + j * p.b_stride + k, p.b_stride, columns, depth, space, kWidth);
  const T* from = p.b + k * p.b_stride + j;
  if (kPartial && !GRADUS_NATIVE_MASKS) return copy_rows(from, p.b_stride, depth, columns, space, kWidth);
  o.b = from;
  o.b_stride = p.b_stride;
  const bool far_apart = strides_collide<T>(p.b_stride) || depth * p.b_stride * static_cast<int64_t>(sizeof(T)) > 32768;
  if (rows >= kReuse && far_apart) o.packed = space;
}

/// The panel of b after the one at column j, where asking ahead is worth it.
template <int kVectors, typename T>
Prefetch<T> next_panel(const ProductBlock<T>& p, int64_t k, int64_t depth, int64_t j) {
  constexpr int64_t kWidth = kVectors * lanes<T>();
  constexpr int64_t kWorthAsking = int64_t{1} << 20;  // below, everything stays in the nearer caches anyway
  const int64_t next = j + kWidth;
  const int64_t columns = std::min(kWidth, p.n - next);
  if (columns <= 0 || p.m * p.n * p.k < kWorthAsking) return {};
  if (p.b_form == Operand::transposed) return {p.b + next * p.b_stride + k, p.b_stride, columns, depth};
  return {p.b + k * p.b_stride + next, p.b_stride, depth, columns};
}

/// One panel of up to kVectors vectors of columns over a block of rows and of depth.
template <int kVectors, bool kPartial, int kRows, bool kTransposed, typename T>
HWY_NOINLINE void panel(const ProductBlock<T>& p, const BlockOfA<T>& a, int64_t i, int64_t rows, int64_t k,
                        int64_t depth, int64_t j, int64_t columns, T* space) {
  Operands<T> o;
  o.a = a.at;
  o.a_stride = a.stride;
  find_panel_of_b<kVectors, kPartial>(p, rows, k, depth, j, columns, space, o);
  o.c = p.c + i * p.c_stride + j;
  o.c_stride = p.c_stride;
  o.start = k > 0 ? o.c : p.bias == nullptr ? nullptr : p.bias + j;
  o.start_stride = k > 0 ? p.c_stride : 0;
  o.depth = depth;
  o.last_count = columns - (kVectors - 1) * lanes<T>();
  o.next_b = next_panel<kVectors>(p, k, depth, j);
  tile_rows<kRows, kVectors, kPartial, kTransposed>(o, rows, a.tile);
  if (k + depth >= p.k && p.epilogue.call != nullptr)
    p.epilogue.call(p.epilogue.context, p.first_row + i, rows, p.first_column + j, columns);
}

/// Panels kVectors wide, the rest in one narrower one.
template <int kVectors, int kRows, bool kTransposed, typename T>
HWY_INLINE void panels(const ProductBlock<T>& p, const BlockOfA<T>& a, int64_t i, int64_t rows, int64_t k,
                       int64_t depth, int64_t j, T* space) {
  constexpr int64_t kWidth = kVectors * lanes<T>();
  for (; j + kWidth <= p.n; j += kWidth)
    panel<kVectors, false, kRows, kTransposed>(p, a, i, rows, k, depth, j, kWidth, space);
  if (j == p.n) return;
  if constexpr (kVectors > 1) {
    if (kVectors > 2 || p.n - j <= kWidth / 2)
      return panels<kVectors / 2, kRows, kTransposed>(p, a, i, rows, k, depth, j, space);
  }
  panel<kVectors, true, kRows, kTransposed>(p, a, i, rows, k, depth, j, p.n - j, space);
}

/// Part `part` of `size` cut into `parts` of nearly equal size, in whole multiples of `grain`.
HWY_INLINE int64_t cut(int64_t size, int64_t parts, int64_t part, int64_t grain) {
  const int64_t grains = (size + grain - 1) / grain;
  return std::min(size, grains * part / parts * grain);
}

template <int kVectors, int kRows, bool kTransposed, typename T>
HWY_INLINE void blocks(const ProductBlock<T>& p, const PackingSpace<T>& space) {
  const int64_t row_blocks = (p.m + kBlockRows<T> - 1) / kBlockRows<T>;
  const int64_t depth_blocks = std::max<int64_t>(1, (p.k + kDepth - 1) / kDepth);
  for (int64_t row_block = 0; row_block < row_blocks; ++row_block) {
    const int64_t i = cut(p.m, row_blocks, row_block, kRows);
    const int64_t rows = cut(p.m, row_blocks, row_block + 1, kRows) - i;
    for (int64_t depth_block = 0; depth_block < depth_blocks; ++depth_block) {
      const int64_t k = cut(p.k, depth_blocks, depth_block, 1);
      const int64_t depth = cut(p.k, depth_blocks, depth_block + 1, 1) - k;
      const BlockOfA<T> a = block_of_a<kRows>(p, i, rows, k, depth, space.a);
      panels<kVectors, kRows, kTransposed>(p, a, i, rows, k, depth, 0, space.b);
    }
  }
}

// One row has no tile to reuse b in; eight vectors of columns hide the latency of its chains instead.
constexpr int kRowVectors = 8;

template <typename T>
void product_block(const ProductBlock<T>& p, std::byte* scratch) {
  const PackingSpace<T> space = {reinterpret_cast<T*>(scratch + kPackedPanel), reinterpret_cast<T*>(scratch)};
  if (p.m == 1 && p.b_form == Operand::plain) {
    if (p.a_form == Operand::transposed) return blocks<kRowVectors, 1, true>(p, space);
    return blocks<kRowVectors, 1, false>(p, space);
  }
  if (p.a_form == Operand::transposed) return blocks<kTileVectors, kTileRows, true>(p, space);
  blocks<kTileVectors, kTileRows, false>(p, space);
}

template <typename T>
void add_columns(MatrixView<const T> a, T* out) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  constexpr int64_t kChains = 4;
  int64_t j = 0;
  for (; j + kChains * N <= a.columns(); j += kChains * N) {
    Vector<T> sum[kChains] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    for (int64_t i = 0; i < a.rows(); ++i)
      for (int64_t v = 0; v < kChains; ++v)
        sum[v] = hn::Add(sum[v], hn::LoadU(d, a.data() + i * a.stride() + j + v * N));
    for (int64_t v = 0; v < kChains; ++v) hn::StoreU(sum[v], d, out + j + v * N);
  }
  for (; j < a.columns(); j += N) {
    const int64_t count = std::min(N, a.columns() - j);
    Vector<T> sum = hn::Zero(d);
    for (int64_t i = 0; i < a.rows(); ++i) sum = hn::Add(sum, load_first(d, a.data() + i * a.stride() + j, count));
    store_first(d, sum, out + j, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
