#include "kernels/periodic.h"

#include <algorithm>
#include <cstdint>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/periodic.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/elementwise-inl.h"
#include "kernels/math-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

template <typename T>
inline constexpr T kTurnsPerRadian = T(0.15915494309189533577);
template <typename T>
inline constexpr T kRadiansPerTurn = T(6.28318530717958647693);

/// A vector of rows at a time: x and the outputs go through small arrays, since they stand a row's length apart.
template <typename T>
HWY_NOINLINE void forward_rows(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<T> out) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  const int64_t outputs = column.weight.rows(), hidden = column.weight.columns();
  for (int64_t row = 0; row < x.rows(); row += N) {
    const int64_t count = std::min(N, x.rows() - row);
    alignas(64) T values[HWY_LANES(T)] = {};
    for (int64_t i = 0; i < count; ++i) {
      values[i] = x(row + i, 0);
      out(row + i, 0) = values[i];
    }
    const auto v = hn::Load(d, values);
    for (int64_t first = 0; first < outputs; first += 4) {  // four sums in registers
      const int64_t wanted = std::min<int64_t>(4, outputs - first);
      Vector<T> sum[4];
      for (int64_t o = 0; o < 4; ++o) sum[o] = hn::Set(d, o < wanted ? column.bias[first + o] : T(0));
      for (int64_t k = 0; k < hidden; ++k) {
        const T turns = column.phase[k] * kTurnsPerRadian<T>;
        const auto angle = fma(hn::Set(d, column.frequency[k]), v, hn::Set(d, turns));
        const auto cosine = sin_cos_turns(d, angle).cos;
        for (int64_t o = 0; o < wanted; ++o) sum[o] = fma(hn::Set(d, column.weight(first + o, k)), cosine, sum[o]);
      }
      for (int64_t o = 0; o < wanted; ++o) {
        hn::Store(sum[o], d, values);
        for (int64_t i = 0; i < count; ++i) out(row + i, 1 + first + o) = values[i];
      }
    }
  }
}

/// A vector of cosines at a time, over all rows. `first`: which.
template <typename T, class Io>
HWY_INLINE void backward_cosines(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<const T> delta,
                                 const PeriodicView<T>& gradient, int64_t first, const Io& io) {
  const Tag<T> d;
  const int64_t outputs = column.weight.rows();
  const auto frequency = io.load(d, column.frequency + first);
  const auto phase = hn::Mul(io.load(d, column.phase + first), hn::Set(d, kTurnsPerRadian<T>));
  auto frequency_sum = hn::Zero(d), phase_sum = hn::Zero(d);
  for (int64_t o = 0; o < outputs; ++o) io.store(d, hn::Zero(d), gradient.weight.row(o).data() + first);
  for (int64_t row = 0; row < x.rows(); ++row) {
    const T value = x(row, 0);
    const auto turn = sin_cos_turns(d, fma(frequency, hn::Set(d, value), phase));
    auto error = hn::Zero(d);  // dJ/dcos
    for (int64_t o = 0; o < outputs; ++o) {
      const auto sent = hn::Set(d, delta(row, 1 + o));
      T* sum = gradient.weight.row(o).data() + first;
      io.store(d, fma(sent, turn.cos, io.load(d, static_cast<const T*>(sum))), sum);
      error = fma(sent, io.load(d, column.weight.row(o).data() + first), error);
    }
    const auto sent = hn::Mul(hn::Neg(turn.sin), error);  // dJ/dangle
    phase_sum = hn::Add(phase_sum, sent);
    frequency_sum = fma(hn::Set(d, kRadiansPerTurn<T> * value), sent, frequency_sum);
  }
  io.store(d, frequency_sum, gradient.frequency + first);
  io.store(d, phase_sum, gradient.phase + first);
}

template <typename T>
HWY_NOINLINE void backward_rows(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<const T> delta,
                                const PeriodicView<T>& gradient) {
  for_vectors<T>(column.weight.columns(),
                 [&](int64_t first, const auto& io) { backward_cosines<T>(column, x, delta, gradient, first, io); });
  for (int64_t o = 0; o < column.weight.rows(); ++o) {
    T sum = T(0);
    for (int64_t row = 0; row < x.rows(); ++row) sum += delta(row, 1 + o);
    gradient.bias[o] = sum;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void periodic_forward(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<T> out) noexcept {
  GRADUS_DISPATCH(forward_rows<T>(column, x, out))
}

template <typename T>
void periodic_backward(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<const T> delta,
                       const PeriodicView<T>& gradient) noexcept {
    GRADUS_DISPATCH(backward_rows<T>(column, x, delta, gradient))}

#define GRADUS_INSTANTIATE(T)                                                                                \
  template void periodic_forward(const PeriodicView<const T>&, MatrixView<const T>, MatrixView<T>) noexcept; \
  template void periodic_backward(const PeriodicView<const T>&, MatrixView<const T>, MatrixView<const T>,    \
                                  const PeriodicView<T>&) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
