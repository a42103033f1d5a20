#include "kernels/reductions.h"

#include <algorithm>
#include <limits>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/reductions.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// The 16 virtual lanes of a row sum: lane j takes elements j, j + 16, ...
template <typename T>
struct RowLanes {
  static constexpr int64_t kLanes = 16;
  static constexpr int64_t kVectors = kLanes / lanes<T>();
  Vector<T> sum[kVectors];

  HWY_INLINE RowLanes() {
    for (auto& s : sum) s = hn::Zero(Tag<T>());
  }

  /// Lane j + lane j + 8, then + 4, + 2, + 1.
  HWY_INLINE T total() const {
    alignas(64) T lane[kLanes];
    for (int64_t v = 0; v < kVectors; ++v) hn::Store(sum[v], Tag<T>(), lane + v * lanes<T>());
    for (int64_t half = kLanes / 2; half > 0; half /= 2)
      for (int64_t j = 0; j < half; ++j) lane[j] += lane[j + half];
    return lane[0];
  }
};

/// Calls body(sum, first, count) for each vector of a row; lanes beyond `count` must add zero.
template <typename T, class Body>
HWY_INLINE T sum_row(int64_t columns, const Body& body) {
  constexpr int64_t N = lanes<T>();
  RowLanes<T> row;
  for (int64_t j = 0; j < columns; j += RowLanes<T>::kLanes)
    for (int64_t v = 0; v < RowLanes<T>::kVectors; ++v) {
      const int64_t first = j + v * N;
      if (first < columns) row.sum[v] = body(row.sum[v], first, std::min(N, columns - first));
    }
  return row.total();
}

template <class D, typename T>
HWY_INLINE hn::Vec<D> load_some(D d, const T* from, int64_t count) {
  return count == lanes<T>() ? hn::LoadU(d, from) : load_first(d, from, count);
}
template <class D, typename T>
HWY_INLINE void store_some(D d, hn::Vec<D> v, T* to, int64_t count) {
  if (count == lanes<T>()) return hn::StoreU(v, d, to);
  store_first(d, v, to, count);
}
/// `v` with zeros from lane `count` on.
template <class D>
HWY_INLINE hn::Vec<D> keep_first(D d, hn::Vec<D> v, int64_t count) {
  if (count == lanes<hn::TFromD<D>>()) return v;
  return hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(count)), v);
}

/// The largest element; one that is NaN is passed over.
template <typename T>
HWY_INLINE T row_max(const T* z, int64_t columns) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  T best = -std::numeric_limits<T>::infinity();
  int64_t j = 0;
  if (columns >= N) {
    Vector<T> largest = hn::Set(d, best);
    for (; j + N <= columns; j += N) {
      const Vector<T> v = hn::LoadU(d, z + j);
      largest = hn::IfThenElse(hn::Gt(v, largest), v, largest);
    }
    alignas(64) T lane[HWY_LANES(T)];
    hn::Store(largest, d, lane);
    for (const T value : lane) best = value > best ? value : best;
  }
  for (; j < columns; ++j) best = z[j] > best ? z[j] : best;
  return best;
}

/// out = exp(z - shift); returns the sum.
template <typename T>
struct ExpShifted {
  const T* z;
  T* out;
  T shift;
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    const Vector<T> e = exp(d, hn::Sub(load_some(d, z + first, count), hn::Set(d, shift)));
    if (out != nullptr) store_some(d, e, out + first, count);
    return hn::Add(sum, keep_first(d, e, count));
  }
};

template <typename T>
struct DivideBy {
  T divisor;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V e) const {
    return hn::Div(e, hn::Set(d, divisor));
  }
};

template <typename T>
struct DivideAndScale {
  T divisor, scale;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V e) const {
    return hn::Mul(hn::Div(e, hn::Set(d, divisor)), hn::Set(d, scale));
  }
};

template <typename T>
void softmax(MatrixView<const T> z, MatrixView<T> out) {
  const int64_t columns = z.columns();
  for (int64_t i = 0; i < z.rows(); ++i) {
    T* to = out.row(i).data();
    const T* from = z.row(i).data();
    const T sum = sum_row<T>(columns, ExpShifted<T>{from, to, row_max(from, columns)});
    map(DivideBy<T>{sum}, columns, to, static_cast<const T*>(to));
  }
}

template <typename T>
void softmax_cross_entropy(MatrixView<const T> z, const T* labels, T scale, MatrixView<T> delta, T* losses) {
  const int64_t columns = z.columns();
  for (int64_t i = 0; i < z.rows(); ++i) {
    const T* from = z.row(i).data();
    T* to = delta.data() == nullptr ? nullptr : delta.row(i).data();
    const auto label = static_cast<int64_t>(labels[i]);
    const T largest = row_max(from, columns);
    const T margin = largest - from[label];  // before `to`, perhaps the same memory, is written
    const T sum = sum_row<T>(columns, ExpShifted<T>{from, to, largest});
    alignas(64) T log_sum[HWY_LANES(T)];
    hn::Store(log(Tag<T>(), hn::Set(Tag<T>(), sum)), Tag<T>(), log_sum);
    losses[i] = margin + log_sum[0];
    if (to == nullptr) continue;
    const T at_label = (to[label] / sum - T(1)) * scale;
    map(DivideAndScale<T>{sum, scale}, columns, to, static_cast<const T*>(to));
    to[label] = at_label;
  }
}

template <typename T>
struct SigmoidCrossEntropy {
  const T* z;
  const T* y;
  T* delta;
  T scale;
  // softplus(z) - y z with max(z, 0) - y z first: exact for y of 0 and 1.
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    const Vector<T> logit = load_some(d, z + first, count);
    const Vector<T> target = load_some(d, y + first, count);
    const Vector<T> positive = hn::IfThenElse(hn::Gt(logit, hn::Zero(d)), logit, hn::Zero(d));
    const Vector<T> term = hn::Add(negative_fma(target, logit, positive), softplus_of_negative(d, logit));
    if (delta != nullptr) {
      const Vector<T> error = hn::Sub(sigmoid(d, logit), target);
      store_some(d, hn::Mul(error, hn::Set(d, scale)), delta + first, count);
    }
    return hn::Add(sum, keep_first(d, term, count));
  }
};

template <typename T>
void sigmoid_cross_entropy(MatrixView<const T> z, MatrixView<const T> y, T scale, MatrixView<T> delta, T* losses) {
  for (int64_t i = 0; i < z.rows(); ++i) {
    T* to = delta.data() == nullptr ? nullptr : delta.row(i).data();
    losses[i] = sum_row<T>(z.columns(), SigmoidCrossEntropy<T>{z.row(i).data(), y.row(i).data(), to, scale});
  }
}

template <typename T>
struct SquaredError {
  const T* a;
  const T* y;
  T* delta;
  T scale;
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    const Vector<T> error = hn::Sub(load_some(d, a + first, count), load_some(d, y + first, count));
    if (delta != nullptr) store_some(d, hn::Mul(error, hn::Set(d, scale)), delta + first, count);
    return fma(error, error, sum);
  }
};

template <typename T>
void squared_error(MatrixView<const T> a, MatrixView<const T> y, T scale, MatrixView<T> delta, T* losses) {
  for (int64_t i = 0; i < a.rows(); ++i) {
    T* to = delta.data() == nullptr ? nullptr : delta.row(i).data();
    losses[i] = T(0.5) * sum_row<T>(a.columns(), SquaredError<T>{a.row(i).data(), y.row(i).data(), to, scale});
  }
}

template <typename T>
bool finite(const T* values, int64_t count) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  const Vector<T> largest = hn::Set(d, std::numeric_limits<T>::max());
  for (int64_t i = 0; i < count; i += N) {
    const Vector<T> v = load_some(d, values + i, std::min(N, count - i));
    if (!hn::AllTrue(d, hn::Le(hn::Abs(v), largest))) return false;
  }
  return true;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {
namespace {

template <typename T>
void dispatch_softmax(MatrixView<const T> z, MatrixView<T> out) noexcept {
  GRADUS_DISPATCH(softmax<T>(z, out))
}
template <typename T>
void dispatch_softmax_cross_entropy(MatrixView<const T> z, const T* labels, T scale, MatrixView<T> delta,
                                    T* losses) noexcept {
  GRADUS_DISPATCH(softmax_cross_entropy<T>(z, labels, scale, delta, losses))
}
template <typename T>
void dispatch_sigmoid_cross_entropy(MatrixView<const T> z, MatrixView<const T> y, T scale, MatrixView<T> delta,
                                    T* losses) noexcept {
  GRADUS_DISPATCH(sigmoid_cross_entropy<T>(z, y, scale, delta, losses))
}
template <typename T>
void dispatch_squared_error(MatrixView<const T> a, MatrixView<const T> y, T scale, MatrixView<T> delta,
                            T* losses) noexcept {
  GRADUS_DISPATCH(squared_error<T>(a, y, scale, delta, losses))
}
template <typename T>
bool dispatch_finite(const T* values, int64_t count) noexcept {
  GRADUS_DISPATCH(finite<T>(values, count))
}

}  // namespace

template <typename T>
void softmax_rows(MatrixView<const T> z, MatrixView<T> out) noexcept {
  dispatch_softmax(z, out);
}

template <typename T>
void softmax_cross_entropy_rows(MatrixView<const T> z, std::span<const T> labels, T scale, MatrixView<T> delta,
                                std::span<T> losses) noexcept {
  dispatch_softmax_cross_entropy(z, labels.data(), scale, delta, losses.data());
}

template <typename T>
void sigmoid_cross_entropy_rows(MatrixView<const T> z, MatrixView<const T> y, T scale, MatrixView<T> delta,
                                std::span<T> losses) noexcept {
  dispatch_sigmoid_cross_entropy(z, y, scale, delta, losses.data());
}

template <typename T>
void squared_error_rows(MatrixView<const T> a, MatrixView<const T> y, T scale, MatrixView<T> delta,
                        std::span<T> losses) noexcept {
  dispatch_squared_error(a, y, scale, delta, losses.data());
}

template <typename T>
bool all_finite(std::span<const T> values) noexcept {
  return dispatch_finite(values.data(), static_cast<int64_t>(values.size()));
}

#define GRADUS_INSTANTIATE(T)                                                                                          \
  template void softmax_rows(MatrixView<const T>, MatrixView<T>) noexcept;                                             \
  template void softmax_cross_entropy_rows(MatrixView<const T>, std::span<const T>, T, MatrixView<T>,                  \
                                           std::span<T>) noexcept;                                                     \
  template void sigmoid_cross_entropy_rows(MatrixView<const T>, MatrixView<const T>, T, MatrixView<T>,                 \
                                           std::span<T>) noexcept;                                                     \
  template void squared_error_rows(MatrixView<const T>, MatrixView<const T>, T, MatrixView<T>, std::span<T>) noexcept; \
  template bool all_finite(std::span<const T>) noexcept;
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
