#include "kernels/normalise.h"

#include <cmath>
#include <cstdint>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/normalise.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/elementwise-inl.h"
#include "kernels/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// One row by columns' means and deviations.
template <typename T>
struct NormaliseRow {
  const T* x;
  ColumnNorm<T> norm;
  T* normalised;
  T* out;
  template <class Io>
  HWY_INLINE void operator()(int64_t j, Io io) const {
    const Tag<T> d;
    const Vector<T> centred = hn::Sub(io.load(d, x + j), io.load(d, norm.mean + j));
    const Vector<T> value = hn::Mul(centred, io.load(d, norm.inverse + j));
    if (normalised != nullptr) io.store(d, value, normalised + j);
    io.store(d, fma(io.load(d, norm.scale + j), value, io.load(d, norm.shift + j)), out + j);
  }
};

template <typename T>
struct NormaliseRowBack {
  const T* normalised;
  const T* factor;
  const T* mean;
  const T* slope;
  T* delta;
  template <class Io>
  HWY_INLINE void operator()(int64_t j, Io io) const {
    const Tag<T> d;
    const Vector<T> centred = hn::Sub(io.load(d, delta + j), io.load(d, mean + j));
    const Vector<T> straight = negative_fma(io.load(d, normalised + j), io.load(d, slope + j), centred);
    io.store(d, hn::Mul(io.load(d, factor + j), straight), delta + j);
  }
};

template <typename T>
HWY_NOINLINE void columns_forward(MatrixView<const T> x, const ColumnNorm<T>& norm, MatrixView<T> normalised,
                                  MatrixView<T> out) {
  for (int64_t i = 0; i < x.rows(); ++i) {
    T* kept = normalised.data() == nullptr ? nullptr : normalised.row(i).data();
    for_vectors<T>(x.columns(), NormaliseRow<T>{x.row(i).data(), norm, kept, out.row(i).data()});
  }
}

template <typename T>
HWY_NOINLINE void columns_back(MatrixView<const T> normalised, const T* factor, const T* mean, const T* slope,
                               MatrixView<T> delta) {
  for (int64_t i = 0; i < delta.rows(); ++i)
    for_vectors<T>(delta.columns(),
                   NormaliseRowBack<T>{normalised.row(i).data(), factor, mean, slope, delta.row(i).data()});
}

template <typename T>
struct AddValues {
  const T* x;
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    return hn::Add(sum, load_some(d, x + first, count));
  }
};
template <typename T>
struct AddSquares {
  const T* x;
  T mean;
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    const Vector<T> centred = hn::Sub(load_some(d, x + first, count), hn::Set(d, mean));
    return hn::Add(sum, keep_first(d, hn::Mul(centred, centred), count));
  }
};
/// delta scale, or with `normalised` that times it.
template <typename T>
struct AddScaledDeltas {
  const T* delta;
  const T* scale;
  const T* normalised;
  HWY_INLINE Vector<T> operator()(Vector<T> sum, int64_t first, int64_t count) const {
    const Tag<T> d;
    Vector<T> g = hn::Mul(load_some(d, delta + first, count), load_some(d, scale + first, count));
    if (normalised != nullptr) g = hn::Mul(g, load_some(d, normalised + first, count));
    return hn::Add(sum, g);
  }
};

/// One row by its own mean and deviation.
template <typename T>
struct NormaliseOwn {
  const T* x;
  T mean, inverse;
  const T* scale;
  const T* shift;
  T* normalised;
  T* out;
  template <class Io>
  HWY_INLINE void operator()(int64_t j, Io io) const {
    const Tag<T> d;
    const Vector<T> value = hn::Mul(hn::Sub(io.load(d, x + j), hn::Set(d, mean)), hn::Set(d, inverse));
    if (normalised != nullptr) io.store(d, value, normalised + j);
    io.store(d, fma(io.load(d, scale + j), value, io.load(d, shift + j)), out + j);
  }
};

template <typename T>
struct NormaliseOwnBack {
  const T* normalised;
  const T* scale;
  T inverse, mean, slope;
  T* delta;
  template <class Io>
  HWY_INLINE void operator()(int64_t j, Io io) const {
    const Tag<T> d;
    const Vector<T> g = hn::Mul(io.load(d, delta + j), io.load(d, scale + j));
    const Vector<T> straight =
        negative_fma(io.load(d, normalised + j), hn::Set(d, slope), hn::Sub(g, hn::Set(d, mean)));
    io.store(d, hn::Mul(hn::Set(d, inverse), straight), delta + j);
  }
};

template <typename T>
HWY_NOINLINE void rows_forward(MatrixView<const T> x, T epsilon, const T* scale, const T* shift,
                               MatrixView<T> normalised, T* inverses, MatrixView<T> out) {
  const auto width = static_cast<T>(x.columns());
  for (int64_t i = 0; i < x.rows(); ++i) {
    const T* row = x.row(i).data();
    const T mean = sum_row<T>(x.columns(), AddValues<T>{row}) / width;
    const T variance = sum_row<T>(x.columns(), AddSquares<T>{row, mean}) / width;
    const T inverse = T(1) / std::sqrt(variance + epsilon);
    T* kept = normalised.data() == nullptr ? nullptr : normalised.row(i).data();
    if (inverses != nullptr) inverses[i] = inverse;
    for_vectors<T>(x.columns(), NormaliseOwn<T>{row, mean, inverse, scale, shift, kept, out.row(i).data()});
  }
}

template <typename T>
HWY_NOINLINE void rows_back(MatrixView<const T> normalised, const T* inverses, const T* scale, MatrixView<T> delta) {
  const auto width = static_cast<T>(delta.columns());
  for (int64_t i = 0; i < delta.rows(); ++i) {
    T* row = delta.row(i).data();
    const T* values = normalised.row(i).data();
    const T mean = sum_row<T>(delta.columns(), AddScaledDeltas<T>{row, scale, nullptr}) / width;
    const T slope = sum_row<T>(delta.columns(), AddScaledDeltas<T>{row, scale, values}) / width;
    for_vectors<T>(delta.columns(), NormaliseOwnBack<T>{values, scale, inverses[i], mean, slope, row});
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void normalise_columns(MatrixView<const T> x, const ColumnNorm<T>& norm, MatrixView<T> normalised,
                       MatrixView<T> out) noexcept {
  GRADUS_DISPATCH(columns_forward<T>(x, norm, normalised, out))
}
template <typename T>
void normalise_columns_back(MatrixView<const T> normalised, const T* factor, const T* mean, const T* slope,
                            MatrixView<T> delta) noexcept {
  GRADUS_DISPATCH(columns_back<T>(normalised, factor, mean, slope, delta))
}
template <typename T>
void normalise_rows(MatrixView<const T> x, T epsilon, const T* scale, const T* shift, MatrixView<T> normalised,
                    T* inverse, MatrixView<T> out) noexcept {
  GRADUS_DISPATCH(rows_forward<T>(x, epsilon, scale, shift, normalised, inverse, out))
}
template <typename T>
void normalise_rows_back(MatrixView<const T> normalised, const T* inverse, const T* scale,
                         MatrixView<T> delta) noexcept {
    GRADUS_DISPATCH(rows_back<T>(normalised, inverse, scale, delta))}

#define GRADUS_INSTANTIATE(T)                                                                                          \
  template void normalise_columns(MatrixView<const T>, const ColumnNorm<T>&, MatrixView<T>, MatrixView<T>) noexcept;   \
  template void normalise_columns_back(MatrixView<const T>, const T*, const T*, const T*, MatrixView<T>) noexcept;     \
  template void normalise_rows(MatrixView<const T>, T, const T*, const T*, MatrixView<T>, T*, MatrixView<T>) noexcept; \
  template void normalise_rows_back(MatrixView<const T>, const T*, const T*, MatrixView<T>) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
