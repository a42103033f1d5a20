#include "kernels/dispatch-inl.h"
#include "kernels/losses.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/quantile_losses.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

struct Softplus {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return softplus(d, x);
  }
};
struct Sigmoid {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return sigmoid(d, x);
  }
};

// What follows is scalar: quantiles are few, and each waits for the one below it.

/// The quantiles of one target, `count` of them.
template <typename T>
HWY_INLINE void ascend(const T* z, int64_t count, T* out) {
  const T lowest = z[0];  // before `out`, perhaps the same memory, is written
  map(Softplus(), count - 1, out + 1, z + 1);
  out[0] = lowest;
  for (int64_t q = 1; q < count; ++q) out[q] += out[q - 1];
}

template <typename T>
void quantile_outputs(MatrixView<const T> z, int64_t count, MatrixView<T> out) {
  for (int64_t i = 0; i < z.rows(); ++i)
    for (int64_t first = 0; first < z.columns(); first += count)
      ascend(z.row(i).data() + first, count, out.row(i).data() + first);
}

/// Turns delta, the derivatives of one target's loss by its quantiles, into those by z: quantile q moves with z_0 and,
/// by sigmoid(z_i), with every z_i up to q.
template <typename T>
HWY_INLINE void descend(const T* sigmoids, int64_t count, T scale, T* delta) {
  T above = T(0);
  for (int64_t q = count - 1; q > 0; --q) {
    above += delta[q];
    delta[q] = above * sigmoids[q] * scale;
  }
  delta[0] = (above + delta[0]) * scale;
}

template <typename T>
void quantile(const LossRows<T>& rows, std::span<const double> taus, MatrixView<T> scratch) {
  const auto count = static_cast<int64_t>(taus.size());
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    const T* z = rows.z.row(i).data();
    T* out = scratch.row(i).data();
    T* to = rows.delta_row(i);
    T lane[16] = {};
    for (int64_t first = 0; first < rows.z.columns(); first += count) {
      ascend(z + first, count, out + first);
      const T y = rows.y(i, first / count);
      for (int64_t q = 0; q < count; ++q) {
        const T tau = static_cast<T>(taus[static_cast<std::size_t>(q)]);
        const T error = y - out[first + q];
        lane[(first + q) % 16] += error < T(0) ? (tau - T(1)) * error : tau * error;
        // By the quantile; at 0, and for NaN, the error itself.
        out[first + q] = error > T(0) ? -tau : error < T(0) ? T(1) - tau : error;
      }
      if (to == nullptr) continue;
      map(Sigmoid(), count, to + first, z + first);
      std::swap_ranges(to + first, to + first + count, out + first);
      descend(static_cast<const T*>(out + first), count, rows.scale, to + first);
    }
    for (int64_t half = 8; half > 0; half /= 2)
      for (int64_t j = 0; j < half; ++j) lane[j] += lane[j + half];
    rows.losses[static_cast<std::size_t>(i)] = lane[0];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void quantile_outputs_rows(MatrixView<const T> z, int64_t quantiles, MatrixView<T> out) noexcept {
  GRADUS_DISPATCH(quantile_outputs<T>(z, quantiles, out))
}
template <typename T>
void quantile_rows(const LossRows<T>& rows, std::span<const double> taus,
                   MatrixView<T> scratch) noexcept {GRADUS_DISPATCH(quantile<T>(rows, taus, scratch))}

#define GRADUS_INSTANTIATE(T)                                                                \
  template void quantile_outputs_rows(MatrixView<const T>, int64_t, MatrixView<T>) noexcept; \
  template void quantile_rows(const LossRows<T>&, std::span<const double>, MatrixView<T>) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
