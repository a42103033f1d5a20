#include "kernels/dense_layers.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "kernels/activations.h"
#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/dense_layers.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/dense_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

// Accumulators must fit the registers, and there must be enough of them to hide the latency of fma.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kTallest = 12;
constexpr int vectors_beside(int rows) {
  return rows == 12 ? 2 : rows == 4 ? 4 : 8;
}
#else
constexpr int kTallest = 6;
constexpr int vectors_beside(int rows) {
  return rows >= 3 ? 2 : rows == 2 ? 4 : 8;
}
#endif
constexpr int64_t kRowVectors = vectors_beside(1);

template <typename T>
HWY_INLINE int64_t vectors_of(int64_t columns) {
  return (columns + lanes<T>() - 1) / lanes<T>();
}

/// Where the bias of vector `c` of the columns lies among the packed weights.
template <typename T>
HWY_INLINE int64_t vector_offset(int64_t c, int64_t depth) {
  return c / panel_vectors<T>() * panel_size<T>(depth) + c % panel_vectors<T>() * lanes<T>();
}

template <int kVectors, bool kRelu, bool kFetch, typename T>
HWY_NOINLINE void row_tile(const T* x, int64_t depth, const T* w, T* out) {
  dense_tile<1, kVectors, kRelu, kFetch>(DenseTile<T>{x, 0, depth, w, panel_size<T>(depth), out, 0});
}

template <typename T>
using RowTile = void (*)(const T* x, int64_t depth, const T* w, T* out);

/// The tile of one row by the number of its vectors less one.
template <bool kRelu, typename T, int... kLess1>
HWY_INLINE RowTile<T> row_tile_of(int64_t vectors, std::integer_sequence<int, kLess1...>) {
  static constexpr RowTile<T> kTiles[] = {row_tile<kLess1 + 1, kRelu, false, T>...};
  return kTiles[vectors - 1];
}

/// More vectors than one tile takes: as few tiles as there can be, of even widths, since each takes the latency of its
/// chains.
template <bool kRelu, typename T>
HWY_NOINLINE void wide_row(const DenseLayer<T>& layer, int64_t vectors, const T* x, T* out) {
  constexpr std::make_integer_sequence<int, kRowVectors> kAll;
  constexpr int64_t kInPanel = panel_vectors<T>();
  const int64_t panels_of_all_tiles = (vectors + kRowVectors - 1) / kRowVectors * kInPanel;
  const int64_t panels = (vectors + panels_of_all_tiles - 1) / panels_of_all_tiles;
  const int64_t width = std::min(kRowVectors, panels * kInPanel);
  for (int64_t c = 0; c < vectors; c += width) {
    const int64_t here = std::min(width, vectors - c);
    const RowTile<T> tile =
        layer.far && here == kRowVectors ? row_tile<kRowVectors, kRelu, true, T> : row_tile_of<kRelu, T>(here, kAll);
    tile(x, layer.inputs, layer.weights + vector_offset<T>(c, layer.inputs), out + c * lanes<T>());
  }
}

template <bool kRelu, typename T>
HWY_INLINE void dense_row(const DenseLayer<T>& layer, const T* x, T* out) {
  constexpr std::make_integer_sequence<int, kRowVectors> kAll;
  const int64_t vectors = vectors_of<T>(layer.outputs);
  if (vectors > kRowVectors) return wide_row<kRelu>(layer, vectors, x, out);
  row_tile_of<kRelu, T>(vectors, kAll)(x, layer.inputs, layer.weights, out);
}

/// Tiles down the rows, in columns kVectors wide from vector `c` on, what is left in narrower ones.
template <int kRows, int kVectors, bool kRelu, typename T>
HWY_NOINLINE void dense_columns(const DenseTile<T>& o, int64_t tiles, int64_t c, int64_t vectors) {
  for (; c + kVectors <= vectors; c += kVectors) {
    DenseTile<T> at = o;
    at.w += vector_offset<T>(c, o.depth);
    at.out += c * lanes<T>();
    for (int64_t tile = 0; tile < tiles; ++tile) {
      dense_tile<kRows, kVectors, kRelu, false>(at);
      at.x += kRows * at.x_stride;
      at.out += kRows * at.out_stride;
    }
  }
  if constexpr (kVectors > 1) {
    if (c < vectors) dense_columns<kRows, kVectors / 2, kRelu>(o, tiles, c, vectors);
  }
}

/// The first kRows * tiles rows of `o`, which moves on by as many.
template <int kRows, bool kRelu, typename T>
HWY_INLINE void take_rows(DenseTile<T>& o, int64_t tiles, int64_t vectors) {
  if (tiles == 0) return;
  dense_columns<kRows, vectors_beside(kRows), kRelu>(o, tiles, 0, vectors);
  o.x += tiles * kRows * o.x_stride;
  o.out += tiles * kRows * o.out_stride;
}

/// Each height of tile is one more pass over the weights: what the tallest leave goes, where it can, into fours and
/// threes alone.
template <bool kRelu, typename T>
HWY_NOINLINE void dense_rows(const DenseLayer<T>& layer, MatrixView<const T> x, MatrixView<T> out) {
  DenseTile<T> o = {x.data(),   x.stride(),  layer.inputs, layer.weights, panel_size<T>(layer.inputs),
                    out.data(), out.stride()};
  const int64_t vectors = vectors_of<T>(layer.outputs);
  take_rows<kTallest, kRelu>(o, x.rows() / kTallest, vectors);
  int64_t left = x.rows() % kTallest;
  const int64_t fours = 4 * (left % 3) <= left ? left % 3 : 0;
  take_rows<4, kRelu>(o, fours, vectors);
  left -= 4 * fours;
  take_rows<3, kRelu>(o, left / 3, vectors);
  left %= 3;
  take_rows<2, kRelu>(o, left / 2, vectors);
  if (left % 2 == 1) dense_row<kRelu>(layer, o.x, o.out);
}

inline bool apart(Activation activation) {
  return activation != Activation::relu && activation != Activation::identity;
}

template <typename T>
const T* row_through(std::span<const DenseLayer<T>> layers, const T* x, T* out, T* other) {
  for (const DenseLayer<T>& layer : layers) {
    if (layer.weights == nullptr) {
      activate<T>(layer.activation, {x, 1, layer.outputs}, {out, 1, layer.outputs});
    } else if (layer.activation == Activation::relu) {
      dense_row<true>(layer, x, out);
    } else {
      dense_row<false>(layer, x, out);
      if (apart(layer.activation)) activate<T>(layer.activation, {out, 1, layer.outputs}, {out, 1, layer.outputs});
    }
    x = out;
    std::swap(out, other);
  }
  return x;
}

template <typename T>
MatrixView<const T> rows_through(std::span<const DenseLayer<T>> layers, MatrixView<const T> x, T* to, T* other) {
  for (const DenseLayer<T>& layer : layers) {
    const MatrixView<T> out(to, x.rows(), layer.outputs, dense_stride<T>(layer.outputs));
    if (layer.weights == nullptr) {
      activate<T>(layer.activation, x, out);
    } else if (layer.activation == Activation::relu) {
      dense_rows<true>(layer, x, out);
    } else {
      dense_rows<false>(layer, x, out);
      if (apart(layer.activation)) activate<T>(layer.activation, out, out);
    }
    x = out;
    std::swap(to, other);
  }
  return x;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {
namespace {

template <typename T>
const T* dispatch_row(std::span<const DenseLayer<T>> layers, const T* x, T* scratch0, T* scratch1) noexcept {
  GRADUS_DISPATCH(row_through<T>(layers, x, scratch0, scratch1))
}

template <typename T>
MatrixView<const T> dispatch_rows(std::span<const DenseLayer<T>> layers, MatrixView<const T> x, T* scratch0,
                                  T* scratch1) noexcept {
  GRADUS_DISPATCH(rows_through<T>(layers, x, scratch0, scratch1))
}

}  // namespace

template <typename T>
void pack_dense(MatrixView<const T> weight, std::span<const T> bias, T* packed) noexcept {
  constexpr int64_t kWidth = kPanelColumns<T>;
  for (int64_t j = 0; j < weight.columns(); j += kWidth) {
    const int64_t count = std::min(kWidth, weight.columns() - j);
    for (int64_t k = -1; k < weight.rows(); ++k, packed += kWidth) {
      std::copy_n((k < 0 ? bias.data() : weight.row(k).data()) + j, count, packed);
      std::fill(packed + count, packed + kWidth, T(0));
    }
  }
}

template <typename T>
int64_t dense_scratch_size(std::span<const DenseLayer<T>> layers) noexcept {
  int64_t widest = 0;
  for (const DenseLayer<T>& layer : layers) widest = std::max(widest, dense_stride<T>(layer.outputs));
  return widest;
}

template <typename T>
const T* run_dense_row(std::span<const DenseLayer<T>> layers, const T* x, T* scratch0, T* scratch1) noexcept {
  return dispatch_row(layers, x, scratch0, scratch1);
}

template <typename T>
MatrixView<const T> run_dense_rows(std::span<const DenseLayer<T>> layers, MatrixView<const T> x, T* scratch0,
                                   T* scratch1) noexcept {
  return dispatch_rows(layers, x, scratch0, scratch1);
}

#define GRADUS_INSTANTIATE(T)                                                                 \
  template void pack_dense(MatrixView<const T>, std::span<const T>, T*) noexcept;             \
  template int64_t dense_scratch_size(std::span<const DenseLayer<T>>) noexcept;               \
  template const T* run_dense_row(std::span<const DenseLayer<T>>, const T*, T*, T*) noexcept; \
  template MatrixView<const T> run_dense_rows(std::span<const DenseLayer<T>>, MatrixView<const T>, T*, T*) noexcept;
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
