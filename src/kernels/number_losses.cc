#include "kernels/dispatch-inl.h"
#include "kernels/losses.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/number_losses.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

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

/// One output: the sum is its one term, and scalars reach the step that waits for them sooner than masked vectors.
template <typename T>
void squared_error_of_one(const LossRows<T>& rows) {
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    const T error = rows.z(i, 0) - rows.y(i, 0);
    if (T* delta = rows.delta_row(i)) *delta = error * rows.scale;
    rows.losses[static_cast<std::size_t>(i)] = T(0.5) * (error * error);
  }
}

template <typename T>
void squared_error(const LossRows<T>& rows) {
  if (rows.z.columns() == 1) return squared_error_of_one(rows);
  for (int64_t i = 0; i < rows.z.rows(); ++i)
    rows.losses[static_cast<std::size_t>(i)] =
        T(0.5) * sum_row<T>(rows.z.columns(),
                            SquaredError<T>{rows.z.row(i).data(), rows.y.row(i).data(), rows.delta_row(i), rows.scale});
}

template <typename T>
struct AbsoluteError {
  template <class D, class V>
  HWY_INLINE LossTerm<T> operator()(D d, V a, V y) const {
    const V error = hn::Sub(a, y);
    const V zero = hn::Zero(d);
    // At 0 the slope is 0, and of NaN it is NaN: the error itself.
    const V not_above = hn::IfThenElse(hn::Lt(error, zero), hn::Set(d, T(-1)), error);
    return {hn::Abs(error), hn::IfThenElse(hn::Gt(error, zero), hn::Set(d, T(1)), not_above)};
  }
};

template <typename T>
struct Huber {
  T width;
  template <class D, class V>
  HWY_INLINE LossTerm<T> operator()(D d, V a, V y) const {
    const V error = hn::Sub(a, y);
    const V magnitude = hn::Abs(error);
    const V square = hn::Mul(hn::Mul(error, error), hn::Set(d, T(0.5)));
    const V line = hn::Mul(hn::Set(d, width), hn::Sub(magnitude, hn::Set(d, width / T(2))));
    const V loss = hn::IfThenElse(hn::Le(magnitude, hn::Set(d, width)), square, line);
    return {loss, at_most(d, at_least(d, error, -width), width)};
  }
};

template <typename T>
struct LogCosh {
  // cosh(e) - 1 = t^2 / (2 (1 + t)) with t = exp(|e|) - 1; from |e| = 1 on, where t would soon overflow,
  // |e| - log 2 + log(1 + exp(-2 |e|)).
  template <class D, class V>
  HWY_INLINE LossTerm<T> operator()(D d, V a, V y) const {
    const V error = hn::Sub(a, y);
    const V magnitude = hn::Abs(error);
    const V one = hn::Set(d, T(1));
    const V t = expm1(d, at_most(d, magnitude, T(1)));
    const V near = log1p(d, hn::Div(hn::Mul(t, t), hn::Add(hn::Add(t, one), hn::Add(t, one))));
    const V far = hn::Add(hn::Sub(magnitude, hn::Set(d, MathConstants<T>::kLn2)),
                          softplus_of_negative(d, hn::Add(magnitude, magnitude)));
    return {hn::IfThenElse(hn::Lt(magnitude, one), near, far), tanh(d, error)};
  }
};

template <typename T>
struct Poisson {
  template <class D, class V>
  HWY_INLINE LossTerm<T> operator()(D d, V z, V y) const {
    const V mean = exp(d, z);
    return {negative_fma(y, z, mean), hn::Sub(mean, y)};
  }
};

template <typename T>
void absolute_error(const LossRows<T>& rows) {
  sum_of_terms<T>(AbsoluteError<T>{}, rows);
}
template <typename T>
void huber(const LossRows<T>& rows, T width) {
  sum_of_terms<T>(Huber<T>{width}, rows);
}
template <typename T>
void log_cosh(const LossRows<T>& rows) {
  sum_of_terms<T>(LogCosh<T>{}, rows);
}
template <typename T>
void poisson(const LossRows<T>& rows) {
  sum_of_terms<T>(Poisson<T>{}, rows);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void squared_error_rows(const LossRows<T>& rows) noexcept {
  GRADUS_DISPATCH(squared_error<T>(rows))
}
template <typename T>
void absolute_error_rows(const LossRows<T>& rows) noexcept {
  GRADUS_DISPATCH(absolute_error<T>(rows))
}
template <typename T>
void huber_rows(const LossRows<T>& rows, T width) noexcept {
  GRADUS_DISPATCH(huber<T>(rows, width))
}
template <typename T>
void log_cosh_rows(const LossRows<T>& rows) noexcept {
  GRADUS_DISPATCH(log_cosh<T>(rows))
}
template <typename T>
void poisson_rows(const LossRows<T>& rows) noexcept {GRADUS_DISPATCH(poisson<T>(rows))}

#define GRADUS_INSTANTIATE(T)                                     \
  template void squared_error_rows(const LossRows<T>&) noexcept;  \
  template void absolute_error_rows(const LossRows<T>&) noexcept; \
  template void huber_rows(const LossRows<T>&, T) noexcept;       \
  template void log_cosh_rows(const LossRows<T>&) noexcept;       \
  template void poisson_rows(const LossRows<T>&) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
