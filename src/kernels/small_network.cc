#include "kernels/small_network.h"

#include "kernels/activations.h"
#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/small_network.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/activation_functors-inl.h"
#include "kernels/elementwise-inl.h"
#include "kernels/product_blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// What a layer reads: (rows x its inputs).
template <typename T>
struct SmallInput {
  const T* data;
  int64_t stride;
  int64_t rows;
};

/// One row of a layer: z = start + x W, a = g(z).
template <typename T>
struct RowOfLayer {
  const T* x;
  int64_t inputs;
  const T* w;
  const T* bias;
  int64_t outputs;
  T* z;
  T* a;
};

/// Columns j .. of the row, kVectors vectors, the last with `last_count` lanes where kPartial.
template <int kVectors, bool kPartial, bool kRelu, typename T>
HWY_NOINLINE void row_tile(const RowOfLayer<T>& o, int64_t j, int64_t last_count) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  const auto load = [&](const T* from, int v) HWY_ATTR {
    return kPartial && v == kVectors - 1 ? load_first(d, from + v * N, last_count) : hn::LoadU(d, from + v * N);
  };
  const auto store = [&](Vector<T> value, T* to, int v) HWY_ATTR {
    if (kPartial && v == kVectors - 1) return store_first(d, value, to + v * N, last_count);
    hn::StoreU(value, d, to + v * N);
  };
  Vector<T> sum[kVectors];
  HWY_UNROLL(8)
  for (int v = 0; v < kVectors; ++v) sum[v] = load(o.bias + j, v);
  const T* HWY_RESTRICT w = o.w + j;
  HWY_UNROLL(4)
  for (int64_t k = 0; k < o.inputs; ++k, w += o.outputs) {
    const Vector<T> x_value = hn::Set(d, o.x[k]);
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) sum[v] = fma(x_value, load(w, v), sum[v]);
  }
  HWY_UNROLL(8)
  for (int v = 0; v < kVectors; ++v) {
    store(sum[v], o.z + j, v);
    if (kRelu) store(Relu()(d, sum[v]), o.a + j, v);
  }
}

/// Columns from j on: tiles kVectors wide, what is left in narrower ones.
template <int kVectors, bool kRelu, typename T>
HWY_INLINE void row_tiles(const RowOfLayer<T>& o, int64_t j) {
  constexpr int64_t kWidth = kVectors * lanes<T>();
  for (; j + kWidth <= o.outputs; j += kWidth) row_tile<kVectors, false, kRelu>(o, j, 0);
  const int64_t left = o.outputs - j;
  if (left == 0) return;
  if constexpr (kVectors > 1) {
    if (left <= kWidth / 2) return row_tiles<kVectors / 2, kRelu>(o, j);
    if (kVectors > 2) return row_tiles<kVectors / 2, kRelu>(o, j);
  }
  row_tile<kVectors, true, kRelu>(o, j, left - (kVectors - 1) * lanes<T>());
}

constexpr int kRowTileVectors = 8;  // of columns, to hide the latency of their chains

/// One output is one chain: of scalars, which reach the next load sooner than a vector's masked lane.
template <typename T>
HWY_INLINE void row_of_one(const RowOfLayer<T>& o) {
  const hn::CappedTag<T, 1> d;
  auto sum = hn::Set(d, o.bias[0]);
  HWY_UNROLL(8)
  for (int64_t k = 0; k < o.inputs; ++k) sum = fma(hn::Set(d, o.x[k]), hn::Set(d, o.w[k]), sum);
  o.z[0] = hn::GetLane(sum);
}

template <typename T>
HWY_INLINE void forward_row(const SmallLayer<T>& layer, const T* theta, const T* x) {
  const RowOfLayer<T> row = {
      x, layer.inputs, theta + layer.weight_offset, theta + layer.bias_offset(), layer.outputs, layer.z, layer.a};
  if (layer.activation == Activation::relu) return row_tiles<kRowTileVectors, true>(row, 0);
  if (layer.outputs == 1) {
    row_of_one(row);
  } else {
    row_tiles<kRowTileVectors, false>(row, 0);
  }
  if (layer.a != layer.z) activate<T>(layer.activation, {layer.z, 1, layer.outputs}, {layer.a, 1, layer.outputs});
}

template <typename T>
HWY_INLINE void forward_rows(const SmallLayer<T>& layer, const T* theta, const SmallInput<T>& x, std::byte* scratch) {
  const int64_t n = layer.outputs;
  product_block<T>({x.rows,
                    n,
                    layer.inputs,
                    x.data,
                    x.stride,
                    Operand::plain,
                    theta + layer.weight_offset,
                    n,
                    Operand::plain,
                    theta + layer.bias_offset(),
                    layer.z,
                    n,
                    {}},
                   scratch);
  if (layer.a != layer.z) activate<T>(layer.activation, {layer.z, x.rows, n}, {layer.a, x.rows, n});
}

template <typename T>
void forward_small(std::span<const SmallLayer<T>> layers, const T* theta, const T* x, int64_t stride, int64_t rows,
                   std::byte* scratch) {
  for (const SmallLayer<T>& layer : layers) {
    if (rows == 1) {
      forward_row(layer, theta, x);
    } else {
      forward_rows<T>(layer, theta, {x, stride, rows}, scratch);
    }
    x = layer.a;
    stride = layer.outputs;
  }
}

/// delta of the layer `below` from that of `layer`.
template <typename T>
HWY_INLINE void delta_below(const SmallLayer<T>& layer, const SmallLayer<T>& below, const T* theta, int64_t rows,
                            std::byte* scratch) {
  const Tag<T> d;
  const int64_t n = below.outputs;
  const T* w = theta + layer.weight_offset;
  if (rows == 1 && layer.outputs == 1) {  // the column of W is a row
    const Vector<T> delta = hn::Set(d, layer.delta[0]);
    const bool relu = below.activation == Activation::relu;
    for_vectors<T>(n, [&](int64_t i, auto io) HWY_ATTR {
      const Vector<T> error = fma(delta, io.load(d, w + i), hn::Zero(d));
      const Vector<T> z = io.load(d, below.z + i);
      io.store(d, relu ? hn::Mul(error, Relu().slope(d, z, z)) : error, below.delta + i);
    });
    if (relu) return;
  } else {
    product_block<T>({rows,
                      n,
                      layer.outputs,
                      layer.delta,
                      layer.outputs,
                      Operand::plain,
                      w,
                      layer.outputs,
                      Operand::transposed,
                      nullptr,
                      below.delta,
                      n,
                      {}},
                     scratch);
  }
  multiply_slope<T>(below.activation, {below.z, rows, n}, {below.a, rows, n}, {below.delta, rows, n});
}

/// The largest magnitude seen, as bits: in their order NaN stands above infinity.
template <typename T>
struct Largest {
  using Bits = hn::RebindToUnsigned<Tag<T>>;
  hn::Vec<Bits> bits;

  HWY_INLINE Largest() : bits(hn::Zero(Bits())) {}
  HWY_INLINE void see(const T* values, int64_t count) {
    for_vectors<T>(count, [&](int64_t i, auto io) HWY_ATTR {
      bits = hn::Max(bits, hn::BitCast(Bits(), hn::Abs(io.load(Tag<T>(), values + i))));
    });
  }
  HWY_INLINE bool is_at_most(T limit) const {
    const Tag<T> d;
    return hn::AllTrue(d, hn::Le(hn::BitCast(d, bits), hn::Set(d, limit)));
  }
};

/// Every delta. True where no gradient can be infinite: all that it is made of is far from overflow, even in the sum
/// over kMostSmallRows rows.
template <typename T>
HWY_INLINE bool deltas_small(std::span<const SmallLayer<T>> layers, const T* theta, const SmallInput<T>& x, T lambda,
                             std::byte* scratch) {
  constexpr T kFarBelow = sizeof(T) == 4 ? T(0x1p50) : T(0x1p450);
  const int64_t rows = x.rows;
  for (std::size_t l = layers.size() - 1; l > 0; --l) delta_below(layers[l], layers[l - 1], theta, rows, scratch);
  Largest<T> largest;
  for (int64_t row = 0; row < rows; ++row) largest.see(x.data + row * x.stride, layers[0].inputs);
  for (const SmallLayer<T>& layer : layers) {
    if (&layer != &layers.back()) largest.see(layer.a, rows * layer.outputs);
    largest.see(layer.delta, rows * layer.outputs);
    if (lambda != T(0)) largest.see(theta + layer.weight_offset, layer.inputs * layer.outputs);
  }
  return largest.is_at_most(kFarBelow) && lambda <= kFarBelow;
}

/// What becomes of a gradient: it is kept,
template <typename T>
struct Keep {
  T* gradients;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io, Vector<T> g) const {
    io.store(Tag<T>(), g, gradients + i);
  }
};
/// or theta moves against it at once.
template <typename T>
struct Descend {
  T* theta;
  T eta;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io, Vector<T> g) const {
    const Tag<T> d;
    io.store(d, hn::Sub(io.load(d, theta + i), hn::Mul(hn::Set(d, eta), g)), theta + i);
  }
};

/// The gradient of a layer's parameters from one row: each product one term of a chain from zero, and lambda theta.
template <bool kL2, typename T, class Take>
struct GradientOfRow {
  const T* theta;
  T lambda;
  const Take& take;

  /// a b for the vector of parameters from `at` on.
  template <class Io>
  HWY_INLINE void vector(int64_t at, Io io, Vector<T> a, Vector<T> b) const {
    const Tag<T> d;
    Vector<T> g = fma(a, b, hn::Zero(d));
    if constexpr (kL2) g = hn::Add(g, hn::Mul(hn::Set(d, lambda), io.load(d, theta + at)));
    take(at, io, g);
  }

  /// `columns` of an outer product a^T delta that start at parameter `at` and come again every `stride`.
  template <int kVectors, class LastIo>
  HWY_INLINE void panel(const T* a, int64_t rows, const T* delta, LastIo last, int64_t at, int64_t stride) const {
    const Tag<T> d;
    constexpr int64_t N = lanes<T>();
    Vector<T> b[kVectors];
    for (int v = 0; v < kVectors - 1; ++v) b[v] = hn::LoadU(d, delta + v * N);
    b[kVectors - 1] = last.load(d, delta + (kVectors - 1) * N);
    for (int64_t i = 0; i < rows; ++i, at += stride) {
      const Vector<T> factor = hn::Set(d, a[i]);
      HWY_UNROLL(4)
      for (int v = 0; v < kVectors - 1; ++v) vector(at + v * N, Whole(), factor, b[v]);
      vector(at + (kVectors - 1) * N, last, factor, b[kVectors - 1]);
    }
  }

  /// Panels kVectors wide, what is left in narrower ones.
  template <int kVectors>
  HWY_INLINE void panels(const T* a, int64_t rows, const T* delta, int64_t columns, int64_t at, int64_t stride) const {
    constexpr int64_t kWidth = kVectors * lanes<T>();
    for (; columns >= kWidth; columns -= kWidth, delta += kWidth, at += kWidth)
      panel<kVectors>(a, rows, delta, Whole(), at, stride);
    if (columns == 0) return;
    if constexpr (kVectors > 1) {
      panels<kVectors / 2>(a, rows, delta, columns, at, stride);
    } else {
      panel<kVectors>(a, rows, delta, Partial{columns}, at, stride);
    }
  }
};

/// One column is taken as a row.
template <bool kL2, typename T, class Take>
HWY_INLINE void gradient_of_row(const SmallLayer<T>& layer, const T* theta, const T* a, T lambda, const Take& take) {
  const int64_t n = layer.outputs;
  const GradientOfRow<kL2, T, Take> weight = {theta, lambda, take};
  if (n == 1) {
    weight.template panels<4>(layer.delta, 1, a, layer.inputs, layer.weight_offset, 0);
  } else {
    weight.template panels<4>(a, layer.inputs, layer.delta, n, layer.weight_offset, n);
  }
  const GradientOfRow<false, T, Take> bias = {theta, lambda, take};
  const T one = T(1);
  bias.template panels<1>(&one, 1, layer.delta, n, layer.bias_offset(), 0);
}

template <typename T, class Take>
HWY_INLINE void gradients_of_row(std::span<const SmallLayer<T>> layers, const T* theta, const T* x, T lambda,
                                 const Take& take) {
  for (const SmallLayer<T>& layer : layers) {
    if (lambda != T(0)) {
      gradient_of_row<true>(layer, theta, x, lambda, take);
    } else {
      gradient_of_row<false>(layer, theta, x, lambda, take);
    }
    x = layer.a;
  }
}

template <typename T>
HWY_INLINE void gradient_of_rows(const SmallLayer<T>& layer, const T* theta, const SmallInput<T>& a, T lambda,
                                 std::byte* scratch, T* gradients) {
  const Tag<T> d;
  const int64_t n = layer.outputs;
  T* to = gradients + layer.weight_offset;
  product_block<T>({layer.inputs,
                    n,
                    a.rows,
                    a.data,
                    a.stride,
                    Operand::transposed,
                    layer.delta,
                    n,
                    Operand::plain,
                    nullptr,
                    to,
                    n,
                    {}},
                   scratch);
  add_columns<T>({layer.delta, a.rows, n}, gradients + layer.bias_offset());
  if (lambda == T(0)) return;
  const T* w = theta + layer.weight_offset;
  for_vectors<T>(layer.inputs * n, [&](int64_t i, auto io) HWY_ATTR {
    io.store(d, hn::Add(io.load(d, to + i), hn::Mul(hn::Set(d, lambda), io.load(d, w + i))), to + i);
  });
}

template <typename T>
bool backward_small(std::span<const SmallLayer<T>> layers, const T* theta, const T* from, int64_t stride, int64_t rows,
                    T lambda, std::byte* scratch, T* gradients) {
  const SmallInput<T> x = {from, stride, rows};
  const bool finite = deltas_small(layers, theta, x, lambda, scratch);
  if (x.rows == 1) {
    gradients_of_row(layers, theta, x.data, lambda, Keep<T>{gradients});
    return finite;
  }
  SmallInput<T> a = x;
  for (const SmallLayer<T>& layer : layers) {
    gradient_of_rows(layer, theta, a, lambda, scratch, gradients);
    a = {layer.a, layer.outputs, x.rows};
  }
  return finite;
}

template <typename T>
bool descend_small(std::span<const SmallLayer<T>> layers, T* theta, const T* x, T lambda, T eta, std::byte* scratch) {
  if (!deltas_small<T>(layers, theta, {x, layers[0].inputs, 1}, lambda, scratch)) return false;
  gradients_of_row<T>(layers, theta, x, lambda, Descend<T>{theta, eta});
  return true;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void small_forward(std::span<const SmallLayer<T>> layers, const T* theta, const T* x, int64_t x_stride, int64_t rows,
                   std::byte* scratch) noexcept {
  GRADUS_DISPATCH(forward_small<T>(layers, theta, x, x_stride, rows, scratch))
}

template <typename T>
bool small_backward(std::span<const SmallLayer<T>> layers, const T* theta, const T* x, int64_t x_stride, int64_t rows,
                    T lambda_over_m, std::byte* scratch, T* gradients) noexcept {
  GRADUS_DISPATCH(backward_small<T>(layers, theta, x, x_stride, rows, lambda_over_m, scratch, gradients))
}

template <typename T>
bool small_descend(std::span<const SmallLayer<T>> layers, T* theta, const T* x, T lambda_over_m, T eta,
                   std::byte* scratch) noexcept {
    GRADUS_DISPATCH(descend_small<T>(layers, theta, x, lambda_over_m, eta, scratch))}

#define GRADUS_INSTANTIATE(T)                                                                                       \
  template bool small_descend(std::span<const SmallLayer<T>>, T*, const T*, T, T, std::byte*) noexcept;             \
  template void small_forward(std::span<const SmallLayer<T>>, const T*, const T*, int64_t, int64_t,                 \
                              std::byte*) noexcept;                                                                 \
  template bool small_backward(std::span<const SmallLayer<T>>, const T*, const T*, int64_t, int64_t, T, std::byte*, \
                               T*) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
