#include "kernels/products.h"

#include <algorithm>

#include "kernels/dispatch-inl.h"
#include "kernels/product_block.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/products.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/product_tiles-inl.h"
#include "kernels/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// One panel of up to kVectors vectors of columns, all rows and all of k.
template <int kVectors, bool kPartial, int kRows, bool kTransposed, typename T>
HWY_NOINLINE void panel(const ProductBlock<T>& p, int64_t j, int64_t columns) {
  constexpr int64_t N = lanes<T>();
  constexpr bool kPack = kPartial && !GRADUS_NATIVE_MASKS;  // so that whole vectors of b can be loaded
  const bool in_panels = p.b_panel > 0;
  const int64_t panel_start = in_panels ? j - j % p.b_panel : 0;
  const T* b = p.b + panel_start * p.k + (j - panel_start);
  const int64_t b_stride = in_panels ? std::min(p.b_panel, p.n - panel_start) : p.b_stride;
  for (int64_t k = 0; k == 0 || k < p.k; k += kDepth) {
    const int64_t depth = std::min(kDepth, p.k - k);
    const T* b_block = b + k * b_stride;
    Operands<T> o;
    o.a = p.a + (kTransposed ? k * p.a_stride : k);
    o.a_stride = p.a_stride;
    o.b = b_block;
    o.b_stride = b_stride;
    o.c = p.c + j;
    o.c_stride = p.c_stride;
    o.start = k > 0 ? o.c : p.bias == nullptr ? nullptr : p.bias + j;
    o.start_stride = k > 0 ? p.c_stride : 0;
    o.depth = depth;
    o.last_count = columns - (kVectors - 1) * N;
    if constexpr (kPack) {
      alignas(64) T packed[kDepth * kVectors * N];
      for (int64_t row = 0; row < depth; ++row) {
        T* to = packed + row * kVectors * N;
        std::copy_n(b_block + row * b_stride, columns, to);
        std::fill(to + columns, to + kVectors * N, T(0));
      }
      o.b = packed;
      o.b_stride = kVectors * N;
      tile_rows<kRows, kVectors, kPartial, kTransposed>(o, p.m);
    } else {
      tile_rows<kRows, kVectors, kPartial, kTransposed>(o, p.m);
    }
  }
}

/// Panels kVectors wide, the rest in one narrower one.
template <int kVectors, int kRows, bool kTransposed, typename T>
HWY_INLINE void panels(const ProductBlock<T>& p, int64_t j) {
  constexpr int64_t kWidth = kVectors * lanes<T>();
  for (; j + kWidth <= p.n; j += kWidth) panel<kVectors, false, kRows, kTransposed>(p, j, kWidth);
  if (j == p.n) return;
  if constexpr (kVectors > 1) {
    if (kVectors > 2 || p.n - j <= kWidth / 2) return panels<kVectors / 2, kRows, kTransposed>(p, j);
  }
  panel<kVectors, true, kRows, kTransposed>(p, j, p.n - j);
}

// One row has no tile to reuse b in; eight vectors of columns hide the latency of its chains instead.
constexpr int kRowVectors = 8;

template <typename T>
int64_t panel_width(int64_t m) {
  return (m == 1 ? kRowVectors : kTileVectors) * lanes<T>();
}

template <typename T>
void product_block(const ProductBlock<T>& p) {
  if (p.a_transposed) {
    if (p.m == 1) return panels<kRowVectors, 1, true>(p, 0);
    return panels<kTileVectors, kTileRows, true>(p, 0);
  }
  if (p.m == 1 && (p.b_panel == 0 || p.b_panel == panel_width<T>(1))) return panels<kRowVectors, 1, false>(p, 0);
  panels<kTileVectors, kTileRows, false>(p, 0);
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

#if HWY_ONCE
namespace gradus::kernels {
namespace {

template <typename T>
void dispatch_block(const ProductBlock<T>& block) noexcept {
  GRADUS_DISPATCH(product_block<T>(block))
}

template <typename T>
void dispatch_transpose(const T* b, int64_t b_stride, int64_t count, int64_t k, T* to) noexcept {
  GRADUS_DISPATCH(transpose_rows<T>(b, b_stride, count, k, to))
}

template <typename T>
int64_t dispatch_panel_width(int64_t m) noexcept {
  GRADUS_DISPATCH(panel_width<T>(m))
}

// Waking a second thread costs a few microseconds, as much as this many multiply-adds.
constexpr int64_t kWorthThreads = int64_t{1} << 20;

int64_t parts_for(int64_t m, int64_t n, int64_t k, const ThreadPool& pool) noexcept {
  return pool.threads() > 1 && m * n * k >= kWorthThreads ? pool.threads() : 1;
}

/// Part `part` of `parts` of 0 .. size - 1, cut at multiples of `grain`.
struct Range {
  int64_t first, count;
};
Range range_of(int64_t part, int64_t parts, int64_t size, int64_t grain) noexcept {
  const int64_t grains = (size + grain - 1) / grain;
  const int64_t first = std::min(size, grains * part / parts * grain);
  const int64_t last = std::min(size, grains * (part + 1) / parts * grain);
  return {first, last - first};
}

template <typename T>
ProductBlock<T> rows_of(ProductBlock<T> p, Range range) noexcept {
  p.m = range.count;
  p.a += range.first * (p.a_transposed ? 1 : p.a_stride);
  p.c += range.first * p.c_stride;
  return p;
}

template <typename T>
ProductBlock<T> columns_of(ProductBlock<T> p, Range range) noexcept {
  p.n = range.count;
  p.b += range.first * (p.b_panel > 0 ? p.k : 1);
  p.bias = p.bias == nullptr ? nullptr : p.bias + range.first;
  p.c += range.first;
  return p;
}

/// Splits the longer side of c over the threads.
template <typename T>
void run_product(const ProductBlock<T>& p, ThreadPool& pool) noexcept {
  if (p.m == 0 || p.n == 0) return;
  const int64_t parts = parts_for(p.m, p.n, p.k, pool);
  if (parts == 1) return dispatch_block(p);
  constexpr int64_t kRowGrain = 12;  // a whole number of tiles on every target
  const int64_t column_grain = p.b_panel > 0 ? p.b_panel : 32;
  if (p.m * 2 >= p.n) {
    pool.run(parts, [&](int64_t part) {
      const Range range = range_of(part, parts, p.m, kRowGrain);
      if (range.count > 0) dispatch_block(rows_of(p, range));
    });
  } else {
    pool.run(parts, [&](int64_t part) {
      const Range range = range_of(part, parts, p.n, column_grain);
      if (range.count > 0) dispatch_block(columns_of(p, range));
    });
  }
}

/// b (n x k) into panels of b^T: see ProductBlock.
template <typename T>
void transpose_into_panels(MatrixView<const T> b, T* scratch, int64_t width, ThreadPool& pool) noexcept {
  const int64_t n = b.rows();
  const int64_t k = b.columns();
  const int64_t panels = (n + width - 1) / width;
  const int64_t parts = parts_for(n, k, 16, pool);
  pool.run(parts, [&](int64_t part) {
    for (int64_t panel = panels * part / parts; panel < panels * (part + 1) / parts; ++panel) {
      const int64_t j = panel * width;
      dispatch_transpose(b.data() + j * b.stride(), b.stride(), std::min(width, n - j), k, scratch + j * k);
    }
  });
}

template <typename T>
void dispatch_column_sums(MatrixView<const T> a, T* out) noexcept {
  GRADUS_DISPATCH(add_columns<T>(a, out))
}

}  // namespace

template <typename T>
void product_nn(MatrixView<const T> a, MatrixView<const T> b, const T* bias, MatrixView<T> c,
                ThreadPool& pool) noexcept {
  run_product<T>({c.rows(), c.columns(), a.columns(), a.data(), a.stride(), false, b.data(), b.stride(), 0, bias,
                  c.data(), c.stride()},
                 pool);
}

template <typename T>
void product_tn(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ThreadPool& pool) noexcept {
  run_product<T>({c.rows(), c.columns(), a.rows(), a.data(), a.stride(), true, b.data(), b.stride(), 0, nullptr,
                  c.data(), c.stride()},
                 pool);
}

template <typename T>
void product_nt(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, T* scratch, ThreadPool& pool) noexcept {
  const int64_t width = dispatch_panel_width<T>(c.rows());
  transpose_into_panels(b, scratch, width, pool);
  run_product<T>({c.rows(), c.columns(), a.columns(), a.data(), a.stride(), false, scratch, 0, width, nullptr, c.data(),
                  c.stride()},
                 pool);
}

template <typename T>
void column_sums(MatrixView<const T> a, T* out) noexcept {
  dispatch_column_sums<T>(a, out);
}

#define GRADUS_INSTANTIATE(T)                                                                                        \
  template void product_nn(MatrixView<const T>, MatrixView<const T>, const T*, MatrixView<T>, ThreadPool&) noexcept; \
  template void product_tn(MatrixView<const T>, MatrixView<const T>, MatrixView<T>, ThreadPool&) noexcept;           \
  template void product_nt(MatrixView<const T>, MatrixView<const T>, MatrixView<T>, T*, ThreadPool&) noexcept;       \
  template void column_sums(MatrixView<const T>, T*) noexcept;
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
