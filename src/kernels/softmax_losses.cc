#include <limits>

#include "kernels/dispatch-inl.h"
#include "kernels/losses.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax_losses.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/row_sums-inl.h"
#include "kernels/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

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
void softmax(const MatrixView<const T>& z, const MatrixView<T>& out) {
  const int64_t columns = z.columns();
  for (int64_t i = 0; i < z.rows(); ++i) {
    T* to = out.row(i).data();
    const T* from = z.row(i).data();
    const T sum = sum_row<T>(columns, ExpShifted<T>{from, to, row_max(from, columns)});
    map(DivideBy<T>{sum}, columns, to, static_cast<const T*>(to));
  }
}

/// The target 1 - smoothing + smoothing / outputs at the label, smoothing / outputs elsewhere.
template <typename T>
struct SmoothedTarget {
  SmoothedTarget(double smoothing, int64_t outputs)
      : at_label(static_cast<T>(1.0 - smoothing)),
        spread(static_cast<T>(smoothing)),
        elsewhere(static_cast<T>(smoothing / static_cast<double>(outputs))),
        label(static_cast<T>(1.0 - smoothing + smoothing / static_cast<double>(outputs))),
        smooths(smoothing > 0.0) {}
  T at_label, spread, elsewhere, label;
  bool smooths;
};

/// Adds shift - z.
template <typename T>
struct BelowShift {
  const T* z;
  T shift;
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    return hn::Add(sum, keep_first(d, hn::Sub(hn::Set(d, shift), load_some(d, z + first, count)), count));
  }
};

template <typename T>
struct SubtractAndScale {
  T divisor, target, scale;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V e) const {
    return hn::Mul(hn::Sub(hn::Div(e, hn::Set(d, divisor)), hn::Set(d, target)), hn::Set(d, scale));
  }
};

/// What RowLanes::total makes of a row of `count` <= 16 terms, for several rows side by side.
template <typename T>
HWY_INLINE Vector<T> total_of_terms(const T* terms, int64_t count) {
  const Tag<T> d;
  Vector<T> lane[16];
  for (int64_t j = 0; j < count; ++j) lane[j] = hn::Add(hn::Zero(d), hn::Load(d, terms + j * lanes<T>()));
  for (int64_t half = 8; half > 0; half /= 2)
    for (int64_t j = 0; j < half && j + half < count; ++j) lane[j] = hn::Add(lane[j], lane[j + half]);
  return lane[0];
}

/// Few outputs: up to a vector's lanes of rows, `first` .. , side by side, so that a row takes a lane and not a vector.
template <typename T>
HWY_NOINLINE void narrow_cross_entropy(const LossRows<T>& rows, const SmoothedTarget<T>& target, int64_t first) {
  const Tag<T> d;
  constexpr int64_t N = lanes<T>();
  const int64_t columns = rows.z.columns();
  const int64_t count = std::min(N, rows.z.rows() - first);
  alignas(64) T z[16 * N] = {}, e[16 * N], label[N] = {};
  transpose_rows(rows.z.row(first).data(), rows.z.stride(), count, columns, z, N);
  for (int64_t i = 0; i < count; ++i) label[i] = rows.y(first + i, 0);
  const Vector<T> at = hn::Load(d, label);
  Vector<T> largest = hn::Set(d, -std::numeric_limits<T>::infinity());
  Vector<T> z_label = hn::Zero(d);
  for (int64_t j = 0; j < columns; ++j) {
    const Vector<T> value = hn::Load(d, z + j * N);
    largest = hn::IfThenElse(hn::Gt(value, largest), value, largest);
    z_label = hn::IfThenElse(hn::Eq(at, hn::Set(d, static_cast<T>(j))), value, z_label);
  }
  Vector<T> margin = hn::Sub(largest, z_label);
  if (target.smooths) {
    for (int64_t j = 0; j < columns; ++j) hn::Store(hn::Sub(largest, hn::Load(d, z + j * N)), d, e + j * N);
    const Vector<T> mean = hn::Div(total_of_terms(e, columns), hn::Set(d, static_cast<T>(columns)));
    margin = hn::Add(hn::Mul(hn::Set(d, target.at_label), margin), hn::Mul(hn::Set(d, target.spread), mean));
  }
  for (int64_t j = 0; j < columns; ++j) hn::Store(exp(d, hn::Sub(hn::Load(d, z + j * N), largest)), d, e + j * N);
  const Vector<T> sum = total_of_terms(e, columns);
  store_some(d, hn::Add(margin, log(d, sum)), rows.losses.data() + first, count);
  if (rows.delta.data() == nullptr) return;
  for (int64_t j = 0; j < columns; ++j) {
    const auto is_label = hn::Eq(at, hn::Set(d, static_cast<T>(j)));
    const Vector<T> wanted = hn::IfThenElse(is_label, hn::Set(d, target.label), hn::Set(d, target.elsewhere));
    const Vector<T> p = hn::Div(hn::Load(d, e + j * N), sum);
    hn::Store(hn::Mul(hn::Sub(p, wanted), hn::Set(d, rows.scale)), d, e + j * N);
  }
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < columns; ++j) rows.delta(first + i, j) = e[j * N + i];
}

template <typename T>
void softmax_cross_entropy(const LossRows<T>& rows, double smoothing) {
  const int64_t columns = rows.z.columns();
  const SmoothedTarget<T> target(smoothing, columns);
  if (columns <= 16 && rows.z.rows() > 1) {
    for (int64_t i = 0; i < rows.z.rows(); i += lanes<T>()) narrow_cross_entropy(rows, target, i);
    return;
  }
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    const T* from = rows.z.row(i).data();
    T* to = rows.delta_row(i);
    const auto label = static_cast<int64_t>(rows.y(i, 0));
    const T largest = row_max(from, columns);
    T margin = largest - from[label];  // before `to`, perhaps the same memory, is written
    if (target.smooths) {
      const T mean = sum_row<T>(columns, BelowShift<T>{from, largest}) / static_cast<T>(columns);
      margin = target.at_label * margin + target.spread * mean;
    }
    const T sum = sum_row<T>(columns, ExpShifted<T>{from, to, largest});
    rows.losses[static_cast<std::size_t>(i)] = margin + log_of(sum);
    if (to == nullptr) continue;
    const T at_label = (to[label] / sum - target.label) * rows.scale;
    map(SubtractAndScale<T>{sum, target.elsewhere, rows.scale}, columns, to, static_cast<const T*>(to));
    to[label] = at_label;
  }
}

/// out = exp(z - shift); returns the sum without the label's.
template <typename T>
struct ExpOfOthers {
  const T* z;
  T* out;
  T shift, label;
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    const Vector<T> e = exp(d, hn::Sub(load_some(d, z + first, count), hn::Set(d, shift)));
    if (out != nullptr) store_some(d, e, out + first, count);
    const auto is_label = hn::Eq(hn::Iota(d, static_cast<T>(first)), hn::Set(d, label));
    return hn::Add(sum, keep_first(d, hn::IfThenZeroElse(is_label, e), count));
  }
};

/// One row under the focal loss. q = 1 - p comes from the other classes, so that it keeps its digits where p is near 1:
/// loss = q^gamma (-log p), dloss/dz_j = (p_j - [j = label]) q^gamma (1 + gamma p (-log p) / q).
template <typename T>
struct FocalRow {
  /// `others`: sum of exp(z - largest) over the other classes; `own`: the label's; `margin` = largest - z_label.
  FocalRow(T others, T own, T margin, T gamma) : sum(others + own), q(others / sum) {
    const T log_sum = log_of(sum);
    // At the largest logit own is 1, and log(1 + others) needs log1p where others is small.
    const T minus_log_p = margin == T(0) ? log1p_of(others) : margin + log_sum;
    const T power = gamma == T(0) ? T(1) : exp_of(gamma * (log_of(others) - log_sum));
    const T ratio = q > T(0) ? minus_log_p / q : T(1);
    loss = power * minus_log_p;
    factor = power * (T(1) + gamma * (own / sum * ratio));
  }
  T sum, q, loss, factor;
};

template <typename T>
void softmax_focal(const LossRows<T>& rows, T gamma) {
  const int64_t columns = rows.z.columns();
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    const T* from = rows.z.row(i).data();
    T* to = rows.delta_row(i);
    const T label = rows.y(i, 0);
    const T largest = row_max(from, columns);
    const T margin = largest - from[static_cast<int64_t>(label)];  // before `to` is written, as above
    const T own = exp_of(-margin);
    const T others = sum_row<T>(columns, ExpOfOthers<T>{from, to, largest, label});
    const FocalRow<T> row(others, own, margin, gamma);
    rows.losses[static_cast<std::size_t>(i)] = row.loss;
    if (to == nullptr) continue;
    const T scale = row.factor * rows.scale;
    map(DivideAndScale<T>{row.sum, scale}, columns, to, static_cast<const T*>(to));
    to[static_cast<int64_t>(label)] = -row.q * scale;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void softmax_rows(const MatrixView<const T>& z, const MatrixView<T>& out) noexcept {
  GRADUS_DISPATCH(softmax<T>(z, out))
}
template <typename T>
void softmax_cross_entropy_rows(const LossRows<T>& rows, double smoothing) noexcept {
  GRADUS_DISPATCH(softmax_cross_entropy<T>(rows, smoothing))
}
template <typename T>
void softmax_focal_rows(const LossRows<T>& rows, T gamma) noexcept {GRADUS_DISPATCH(softmax_focal<T>(rows, gamma))}

#define GRADUS_INSTANTIATE(T)                                                            \
  template void softmax_rows(const MatrixView<const T>&, const MatrixView<T>&) noexcept; \
  template void softmax_cross_entropy_rows(const LossRows<T>&, double) noexcept;         \
  template void softmax_focal_rows(const LossRows<T>&, T) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
