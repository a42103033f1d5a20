// The register tiles of a dense layer whose weights are packed in panels.
#if defined(GRADUS_KERNELS_DENSE_TILES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_DENSE_TILES_INL_H
#undef GRADUS_KERNELS_DENSE_TILES_INL_H
#else
#define GRADUS_KERNELS_DENSE_TILES_INL_H
#endif

#include <hwy/cache_control.h>

#include "kernels/activation_functors-inl.h"
#include "kernels/dense_layers.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// Vectors of columns in one panel.
template <typename T>
constexpr int64_t panel_vectors() {
  return kPanelColumns<T> / lanes<T>();
}

/// Values from one panel to the next.
template <typename T>
HWY_INLINE int64_t panel_size(int64_t depth) {
  return kPanelColumns<T> * (depth + 1);
}

/// What a tile works on. `w` points into a panel, at the bias of the tile's first column.
template <typename T>
struct DenseTile {
  const T* x;
  int64_t x_stride;
  int64_t depth;
  const T* w;
  int64_t panel_size;
  T* out;
  int64_t out_stride;
};

// How far ahead of a row's product its weights are fetched, in rows of a panel: 1 KiB. Weights beyond the second-level
// cache then come at the rate of the first level's fills (784-512-256-10: 20.6 -> 18.7 us).
constexpr int64_t kFetchAhead = 8;

/// (kRows x kVectors vectors) of g(x W + b), g the identity or relu. With one row the weights are read once only.
template <int kRows, int kVectors, bool kRelu, bool kFetch, typename T>
HWY_INLINE void dense_tile(const DenseTile<T>& o) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  constexpr int kInPanel = static_cast<int>(panel_vectors<T>());
  constexpr int kInLine = kInPanel / 2;
  const T* HWY_RESTRICT w = o.w;
  const T* HWY_RESTRICT x = o.x;
  const int64_t x_stride = o.x_stride;
  const int64_t panel_size = o.panel_size;
  const auto column = [&](int v) HWY_ATTR { return w + (v / kInPanel) * panel_size + (v % kInPanel) * N; };
  Vector<T> sum[kRows][kVectors];
  HWY_UNROLL(8)
  for (int v = 0; v < kVectors; ++v) {
    const Vector<T> bias = hn::Load(d, column(v));
    HWY_UNROLL(12)
    for (int r = 0; r < kRows; ++r) sum[r][v] = bias;
  }
  for (int64_t k = 0; k < o.depth; ++k) {
    w += kPanelColumns<T>;
    Vector<T> w_row[kVectors];
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) {
      if (kFetch && v % kInLine == 0) hwy::Prefetch(column(v) + kFetchAhead * kPanelColumns<T>);
      w_row[v] = hn::Load(d, column(v));
    }
    HWY_UNROLL(12)
    for (int r = 0; r < kRows; ++r) {
      const Vector<T> x_value = hn::Set(d, x[r * x_stride + k]);
      HWY_UNROLL(8)
      for (int v = 0; v < kVectors; ++v) sum[r][v] = fma(x_value, w_row[v], sum[r][v]);
    }
  }
  HWY_UNROLL(12)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) {
      const Vector<T> z = sum[r][v];
      hn::Store(kRelu ? Relu()(d, z) : z, d, o.out + r * o.out_stride + v * N);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
