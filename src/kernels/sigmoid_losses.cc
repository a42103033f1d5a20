#include "kernels/dispatch-inl.h"
#include "kernels/losses.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sigmoid_losses.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

template <class D, class V>
HWY_INLINE V positive_part(D d, V x) {
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Zero(d));
}

template <typename T>
struct SigmoidCrossEntropy {
  explicit SigmoidCrossEntropy(double smoothing)
      : kept(static_cast<T>(1.0 - smoothing)), added(static_cast<T>(smoothing / 2.0)) {}
  T kept, added;
  // softplus(z) - t z with max(z, 0) - t z first: exact for t of 0 and 1.
  template <class D, class V>
  HWY_INLINE LossTerm<T> operator()(D d, V z, V y) const {
    const V target = fma(y, hn::Set(d, kept), hn::Set(d, added));
    const V loss = hn::Add(negative_fma(target, z, positive_part(d, z)), softplus_of_negative(d, z));
    return {loss, hn::Sub(sigmoid(d, z), target)};
  }
};

/// x is z where y = 1 and -z where y = 0; p = sigmoid(x), q = 1 - p = sigmoid(-x). -log p = softplus(-x) and
/// q^gamma = exp(-gamma softplus(x)) are finite for every x; the derivative by x is -q^gamma (q + gamma p (-log p)).
template <typename T>
struct SigmoidFocal {
  T gamma;
  template <class D, class V>
  HWY_INLINE LossTerm<T> operator()(D d, V z, V y) const {
    const auto positive = hn::Gt(y, hn::Set(d, T(0.5)));
    const V x = hn::IfThenElse(positive, z, hn::Neg(z));
    const V shared = softplus_of_negative(d, x);
    const V minus_log_p = hn::Add(positive_part(d, hn::Neg(x)), shared);
    const V minus_log_q = hn::Add(positive_part(d, x), shared);
    const V power = exp(d, hn::Mul(hn::Set(d, -gamma), minus_log_q));
    const V sum = hn::Add(hn::Mul(hn::Mul(hn::Set(d, gamma), sigmoid(d, x)), minus_log_p), sigmoid(d, hn::Neg(x)));
    const V slope = hn::Mul(power, sum);
    return {hn::Mul(power, minus_log_p), hn::IfThenElse(positive, hn::Neg(slope), slope)};
  }
};

template <typename T>
struct Hinge {
  template <class D, class V>
  HWY_INLINE LossTerm<T> operator()(D d, V z, V y) const {
    const V one = hn::Set(d, T(1));
    const V sign = hn::IfThenElse(hn::Gt(y, hn::Set(d, T(0.5))), one, hn::Neg(one));
    const V margin = hn::Sub(one, hn::Mul(sign, z));
    return {at_least(d, margin, T(0)), hn::IfThenElseZero(hn::Gt(margin, hn::Zero(d)), hn::Neg(sign))};
  }
};

template <typename T>
void sigmoid_cross_entropy(const LossRows<T>& rows, double smoothing) {
  sum_of_terms<T>(SigmoidCrossEntropy<T>(smoothing), rows);
}
template <typename T>
void sigmoid_focal(const LossRows<T>& rows, T gamma) {
  sum_of_terms<T>(SigmoidFocal<T>{gamma}, rows);
}
template <typename T>
void hinge(const LossRows<T>& rows) {
  sum_of_terms<T>(Hinge<T>{}, rows);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void sigmoid_cross_entropy_rows(const LossRows<T>& rows, double smoothing) noexcept {
  GRADUS_DISPATCH(sigmoid_cross_entropy<T>(rows, smoothing))
}
template <typename T>
void sigmoid_focal_rows(const LossRows<T>& rows, T gamma) noexcept {
  GRADUS_DISPATCH(sigmoid_focal<T>(rows, gamma))
}
template <typename T>
void hinge_rows(const LossRows<T>& rows) noexcept {GRADUS_DISPATCH(hinge<T>(rows))}

#define GRADUS_INSTANTIATE(T)                                                    \
  template void sigmoid_cross_entropy_rows(const LossRows<T>&, double) noexcept; \
  template void sigmoid_focal_rows(const LossRows<T>&, T) noexcept;              \
  template void hinge_rows(const LossRows<T>&) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
