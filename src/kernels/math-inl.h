// The functions of math.h on vectors. Every one is a fixed sequence of fma, add, multiply, divide and select, so all
// targets give the same bits.
#if defined(GRADUS_KERNELS_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_MATH_INL_H
#undef GRADUS_KERNELS_MATH_INL_H
#else
#define GRADUS_KERNELS_MATH_INL_H
#endif

#include <limits>

#include "kernels/math_coefficients.h"
#include "kernels/math_constants.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

/// sum_i c[i] x^i by Horner's rule.
template <class D, class V, typename T, std::size_t kSize>
HWY_INLINE V polynomial(D d, V x, const T (&c)[kSize]) {
  V y = hn::Set(d, c[kSize - 1]);
  HWY_UNROLL(24)
  for (std::size_t i = kSize - 1; i > 0; --i) y = fma(y, x, hn::Set(d, c[i - 1]));
  return y;
}

template <class D, class V>
HWY_INLINE V at_least(D d, V x, hn::TFromD<D> low) {
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, low)), hn::Set(d, low), x);  // NaN stays
}
template <class D, class V>
HWY_INLINE V at_most(D d, V x, hn::TFromD<D> high) {
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, high)), hn::Set(d, high), x);  // NaN stays
}

template <class D>
using Bits = hn::Vec<hn::RebindToUnsigned<D>>;

/// x = n ln 2 + r + r_low, |r| <= ln(2)/2.
template <class D>
struct ExpReduction {
  hn::Vec<D> r, r_low;
  Bits<D> n;  // modulo 2^32 or 2^64
};

template <class D, class V>
HWY_INLINE ExpReduction<D> reduce_exp(D d, V x) {
  using T = hn::TFromD<D>;
  using K = MathConstants<T>;
  const hn::RebindToUnsigned<D> du;
  const V magic = hn::Set(d, K::kRounder);
  const V shifted = fma(x, hn::Set(d, K::kLog2E), magic);  // the integer n stands in its low bits
  const V n = hn::Sub(shifted, magic);
  const V high = negative_fma(n, hn::Set(d, K::kLn2), x);
  const V low = hn::Mul(n, hn::Set(d, K::kLn2Low));
  const V r = hn::Sub(high, low);
  return {r, hn::Sub(hn::Sub(high, r), low), hn::Sub(hn::BitCast(du, shifted), hn::BitCast(du, magic))};
}

template <class D, class V>
HWY_INLINE V exp(D d, V x) {
  using T = hn::TFromD<D>;
  using K = MathConstants<T>;
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  const ExpReduction<D> e = reduce_exp(d, at_most(d, at_least(d, x, K::kExpLow), K::kExpHigh));
  const V q = polynomial(d, e.r, MathCoefficients<T>::kExp);
  const V y = hn::Add(hn::Set(d, T(1)), fma(hn::Mul(e.r, e.r), q, e.r));
  // 2^n as two factors, since n may lie beyond the exponents on either side.
  const Bits<D> biased = hn::Add(e.n, hn::Set(du, U(2 * K::kBias)));
  const Bits<D> half = hn::ShiftRight<1>(biased);
  const V scale0 = hn::BitCast(d, hn::ShiftLeft<K::kMantissa>(half));
  const V scale1 = hn::BitCast(d, hn::ShiftLeft<K::kMantissa>(hn::Sub(biased, half)));
  return hn::Mul(hn::Mul(y, scale0), scale1);
}

/// a + b = sum + error exactly.
template <class V>
HWY_INLINE V two_sum_error(V a, V b, V sum) {
  const V b_part = hn::Sub(sum, a);
  return hn::Add(hn::Sub(a, hn::Sub(sum, b_part)), hn::Sub(b, b_part));
}

template <class D, class V>
HWY_INLINE V expm1(D d, V x) {
  using T = hn::TFromD<D>;
  using K = MathConstants<T>;
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  const ExpReduction<D> e = reduce_exp(d, at_most(d, at_least(d, x, K::kExpm1Low), K::kExpHigh));
  const V q = polynomial(d, e.r, MathCoefficients<T>::kExp);
  const V tail = fma(hn::Mul(e.r, e.r), q, fma(e.r_low, e.r, e.r_low));  // exp(r) - 1 - r
  // Half of the result, 2^(n-1) (1 + r + tail) - 1/2: 2^n itself may overflow.
  const V scale = hn::BitCast(d, hn::ShiftLeft<K::kMantissa>(hn::Add(e.n, hn::Set(du, U(K::kBias - 1)))));
  const V a = hn::Sub(scale, hn::Set(d, T(0.5)));
  const V b = hn::Mul(scale, e.r);
  const V sum = hn::Add(a, b);
  const V half = hn::Add(sum, fma(scale, tail, two_sum_error(a, b, sum)));
  const V y = hn::Add(half, half);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, K::kTiny)), x, y);
}

/// log(x + x_low), x positive, finite and normal. kLow: whether there is an x_low.
template <bool kLow, class D, class V>
HWY_INLINE V log_of_normal(D d, V x, V exponent_offset, V x_low) {
  using T = hn::TFromD<D>;
  using K = MathConstants<T>;
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  // x = 2^e (1 + f), 1 + f from sqrt(1/2) to sqrt(2).
  const Bits<D> bits = hn::BitCast(du, x);
  const Bits<D> root = hn::BitCast(du, hn::Set(d, K::kSqrtHalf));
  const Bits<D> one = hn::BitCast(du, hn::Set(d, T(1)));
  const Bits<D> e_biased = hn::ShiftRight<K::kMantissa>(hn::Add(hn::Sub(bits, root), one));
  const Bits<D> e_bits = hn::Sub(hn::ShiftLeft<K::kMantissa>(e_biased), one);
  const V f = hn::Sub(hn::BitCast(d, hn::Sub(bits, e_bits)), hn::Set(d, T(1)));
  const V carrier = hn::Set(d, K::kIntegerCarrier);  // 2^mantissa: an integer in its low bits is added exactly
  const V e_float = hn::Sub(hn::BitCast(d, hn::Or(e_biased, hn::BitCast(du, carrier))),
                            hn::Set(d, K::kIntegerCarrier + T(U(K::kBias))));
  const V e = hn::Add(e_float, exponent_offset);
  // log(1 + f) = 2 atanh(s), s = f / (2 + f), as f - (f^2/2 - s (f^2/2 + s^2 L(s^2))).
  const V s = hn::Div(f, hn::Add(f, hn::Set(d, T(2))));
  const V z = hn::Mul(s, s);
  const V half_square = hn::Mul(hn::Mul(f, f), hn::Set(d, T(0.5)));
  const V series = fma(z, polynomial(d, z, MathCoefficients<T>::kLog), half_square);
  V small = hn::Mul(e, hn::Set(d, K::kLn2Low));
  if constexpr (kLow) small = hn::Add(small, hn::Div(x_low, x));
  small = fma(s, series, small);
  const V log_1f = hn::Sub(f, hn::Sub(half_square, small));
  return fma(e, hn::Set(d, K::kLn2), log_1f);
}

/// `y`, but the limits of the logarithm where x is not a positive finite number.
template <class D, class V>
HWY_INLINE V log_limits(D d, V x, V y) {
  using T = hn::TFromD<D>;
  const V infinity = hn::Set(d, std::numeric_limits<T>::infinity());
  const V nan = hn::Set(d, std::numeric_limits<T>::quiet_NaN());
  const V zero = hn::Zero(d);
  const V at_zero = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity), nan);
  const V at_infinity = hn::IfThenElse(hn::Eq(x, infinity), infinity, y);
  return hn::IfThenElse(hn::Gt(x, zero), at_infinity, at_zero);
}

template <class D, class V>
HWY_INLINE V log(D d, V x) {
  using T = hn::TFromD<D>;
  using K = MathConstants<T>;
  const auto denormal = hn::Lt(x, hn::Set(d, std::numeric_limits<T>::min()));
  const V scaled = hn::IfThenElse(denormal, hn::Mul(x, hn::Set(d, K::kDenormalScale)), x);
  const V offset = hn::IfThenElse(denormal, hn::Set(d, K::kDenormalExponent), hn::Zero(d));
  return log_limits(d, x, log_of_normal<false>(d, scaled, offset, hn::Zero(d)));
}

template <class D, class V>
HWY_INLINE V log1p(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const V u = hn::Add(one, x);
  const V low = two_sum_error(one, x, u);
  const V y = log_limits(d, u, log_of_normal<true>(d, u, hn::Zero(d), low));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, MathConstants<T>::kTiny)), x, y);
}

/// numerator / (denominator + denominator_low), nearly correctly rounded.
template <class D, class V>
HWY_INLINE V divide(D d, V numerator, V denominator, V denominator_low) {
  const V reciprocal = hn::Div(hn::Set(d, hn::TFromD<D>(1)), denominator);
  const V y = hn::Mul(numerator, reciprocal);
  const V remainder = negative_fma(y, denominator_low, negative_fma(y, denominator, numerator));
  return fma(remainder, reciprocal, y);
}

template <class D, class V>
HWY_INLINE V tanh(D d, V x) {
  using T = hn::TFromD<D>;
  const V magnitude = at_most(d, hn::Abs(x), MathConstants<T>::kTanhOne);
  const V t = expm1(d, hn::Add(magnitude, magnitude));
  const V two = hn::Set(d, T(2));
  const V denominator = hn::Add(t, two);
  const V y = divide(d, t, denominator, two_sum_error(t, two, denominator));
  return hn::CopySignToAbs(y, x);
}

template <class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const V e = exp(d, hn::Neg(hn::Abs(x)));
  const V denominator = hn::Add(one, e);
  const V numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
  return divide(d, numerator, denominator, hn::Sub(e, hn::Sub(denominator, one)));
}

/// log(1 + exp(-|x|))
template <class D, class V>
HWY_INLINE V softplus_of_negative(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const V e = exp(d, hn::Neg(hn::Abs(x)));
  const V u = hn::Add(one, e);
  const V y = log_of_normal<true>(d, u, hn::Zero(d), hn::Sub(e, hn::Sub(u, one)));
  // At or beyond the threshold the select is also what carries NaN through.
  return hn::IfThenElse(hn::Ge(e, hn::Set(d, MathConstants<T>::kTiny)), y, e);
}

template <class D, class V>
HWY_INLINE V softplus(D d, V x) {
  const V positive = hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Zero(d));
  return hn::Add(positive, softplus_of_negative(d, x));
}

template <class D, class V>
HWY_INLINE V erf(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const V magnitude = hn::Abs(x);
  const V near = fma(x, polynomial(d, hn::Mul(x, x), MathCoefficients<T>::kErf), x);
  const V t = hn::Sub(at_most(d, magnitude, MathConstants<T>::kErfOne), one);
  const V far = hn::Sub(one, exp(d, polynomial(d, t, MathCoefficients<T>::kLogErfc)));
  return hn::IfThenElse(hn::Lt(magnitude, one), near, hn::CopySignToAbs(far, x));
}

template <class V>
struct SinCos {
  V sin, cos;
};

/// sin and cos of 2 pi x: x = k/4 + t, |t| <= 1/8, exactly; NaN where x is not finite.
template <class D, class V>
HWY_INLINE SinCos<V> sin_cos_turns(D d, V x) {
  using T = hn::TFromD<D>;
  using C = MathCoefficients<T>;
  const V r = hn::Sub(x, hn::Round(x));
  const V k = hn::Round(hn::Mul(r, hn::Set(d, T(4))));
  const V t = negative_fma(k, hn::Set(d, T(0.25)), r);
  const V u = hn::Mul(t, t);
  const V s = hn::Mul(t, polynomial(d, u, C::kSinTurn));
  const V c = fma(u, polynomial(d, u, C::kCosTurn), hn::Set(d, T(1)));
  const auto odd = hn::Eq(hn::Abs(k), hn::Set(d, T(1)));
  const auto far = hn::Gt(hn::Abs(k), hn::Set(d, T(1)));  // half a turn
  const V sine = hn::IfThenElse(odd, c, s), cosine = hn::IfThenElse(odd, s, c);
  const V zero = hn::Zero(d);
  return {hn::IfThenElse(hn::Or(far, hn::Lt(k, zero)), hn::Neg(sine), sine),
          hn::IfThenElse(hn::Or(far, hn::And(odd, hn::Gt(k, zero))), hn::Neg(cosine), cosine)};
}

template <class D, class V>
HWY_INLINE V sin_turns(D d, V x) {
  return sin_cos_turns(d, x).sin;
}
template <class D, class V>
HWY_INLINE V cos_turns(D d, V x) {
  return sin_cos_turns(d, x).cos;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
