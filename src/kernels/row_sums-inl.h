// Sums over a row in the contract's 16 virtual lanes, which every loss and softmax shares. Included only by
// kernels/*.cc.
#if defined(GRADUS_KERNELS_ROW_SUMS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_ROW_SUMS_INL_H
#undef GRADUS_KERNELS_ROW_SUMS_INL_H
#else
#define GRADUS_KERNELS_ROW_SUMS_INL_H
#endif

#include <algorithm>
#include <limits>

#include "gradus/matrix_view.h"

#include "kernels/losses.h"
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// Lane j + lane j + N/2, then + N/4, ... + 1.
template <class D>
HWY_INLINE hn::TFromD<D> fold_halves([[maybe_unused]] D d, hn::Vec<D> v) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (hn::MaxLanes(d) > 1) {
    const hn::Half<D> half;
    return fold_halves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
#endif
  return hn::GetLane(v);
}

/// The 16 virtual lanes of a row sum: lane j takes elements j, j + 16, ...
template <typename T>
struct RowLanes {
  static constexpr int64_t kLanes = 16;
  static constexpr int64_t kVectors = kLanes / lanes<T>();
  Vector<T> sum[kVectors];

  HWY_INLINE RowLanes() {
    for (auto& s : sum) s = hn::Zero(Tag<T>());
  }

  /// Lane j + lane j + 8, then + 4, + 2, + 1: whole vectors first, then halves of one.
  HWY_INLINE T total() const {
    Vector<T> folded[kVectors];
    for (int64_t v = 0; v < kVectors; ++v) folded[v] = sum[v];
    for (int64_t half = kVectors / 2; half > 0; half /= 2)
      for (int64_t v = 0; v < half; ++v) folded[v] = hn::Add(folded[v], folded[v + half]);
    return fold_halves(Tag<T>(), folded[0]);
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

/// The first lane: functions of one value go through the vectors, so that the bits are theirs.
template <typename T>
HWY_INLINE T first_lane(Vector<T> v) {
  alignas(64) T lane[HWY_LANES(T)];
  hn::Store(v, Tag<T>(), lane);
  return lane[0];
}
template <typename T>
HWY_INLINE T log_of(T x) {
  return first_lane<T>(log(Tag<T>(), hn::Set(Tag<T>(), x)));
}
template <typename T>
HWY_INLINE T log1p_of(T x) {
  return first_lane<T>(log1p(Tag<T>(), hn::Set(Tag<T>(), x)));
}
template <typename T>
HWY_INLINE T exp_of(T x) {
  return first_lane<T>(exp(Tag<T>(), hn::Set(Tag<T>(), x)));
}

/// What one output adds to its row's loss, and the derivative.
template <typename T>
struct LossTerm {
  Vector<T> loss, slope;
};

template <typename T, class Function>
struct AddTerms {
  const Function& function;
  const T* z;
  const T* y;
  T* delta;
  T scale;
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    const LossTerm<T> term = function(d, load_some(d, z + first, count), load_some(d, y + first, count));
    if (delta != nullptr) store_some(d, hn::Mul(term.slope, hn::Set(d, scale)), delta + first, count);
    return hn::Add(sum, keep_first(d, term.loss, count));
  }
};

/// Losses that are a sum over the outputs of function(z, y).
template <typename T, class Function>
HWY_INLINE void sum_of_terms(const Function& function, const LossRows<T>& rows) {
  for (int64_t i = 0; i < rows.z.rows(); ++i)
    rows.losses[static_cast<std::size_t>(i)] = sum_row<T>(
        rows.z.columns(),
        AddTerms<T, Function>{function, rows.z.row(i).data(), rows.y.row(i).data(), rows.delta_row(i), rows.scale});
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
