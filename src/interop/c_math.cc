// Functions of one number in C, each the same operations in the same order as its twin in kernels/math-inl.h. Products
// and sums stand in statements of their own wherever a compiler might join them.
#include "interop/c_math.h"

namespace gradus {

// float32: the product of two floats is exact in double, so that the sum there rounds as fmaf but for one case in 2^28.
const std::string_view kCFmaSingle = R"(
/* a b + c rounded once: an instruction where there is one, else through double. Define it to use another. */
#ifndef @@FMA
#ifdef FP_FAST_FMAF
#define @@FMA(a, b, c) fmaf((a), (b), (c))
#else
#define @@FMA(a, b, c) ((float)((double)(a) * (double)(b) + (double)(c)))
#endif
#endif
)";

const std::string_view kCFmaDouble = R"(
/* a b + c rounded once. Define it as ((a) * (b) + (c)) for speed at the price of the last digit. */
#ifndef @@FMA
#define @@FMA(a, b, c) fma((a), (b), (c))
#endif
)";

const std::string_view kCBits = R"(
static $bits$ @to_bits($real$ x) {
  $bits$ bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static $real$ @of_bits($bits$ bits) {
  $real$ x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
)";

const std::string_view kCPolynomial = R"(
/* terms[0] + terms[1] x + terms[2] x^2 + ... */
static $real$ @polynomial($real$ x, const $real$ *terms, int count) {
  $real$ y = terms[count - 1];
  int i;
  for (i = count - 2; i >= 0; --i) y = @@FMA(y, x, terms[i]);
  return y;
}
)";

const std::string_view kCExpParts = R"(
/* x = n ln 2 + r + r_low, |r| <= ln(2)/2; returns n modulo a power of two. */
static $bits$ @exp_parts($real$ x, $real$ *r, $real$ *r_low) {
  const $real$ shifted = @@FMA(x, $log2e$, $rounder$); /* n stands in its low bits */
  const $real$ n = shifted - $rounder$;
  const $real$ high = @@FMA(-n, $ln2$, x);
  const $real$ low = n * $ln2_low$;
  const $real$ rest = high - low;
  *r = rest;
  *r_low = (high - rest) - low;
  return @to_bits(shifted) - @to_bits($rounder$);
}
static $real$ @exp_series($real$ r) {
  return @polynomial(r, @exp_terms, (int)(sizeof @exp_terms / sizeof @exp_terms[0]));
}
)";

const std::string_view kCExp = R"(
static $real$ @exp($real$ x) {
  $real$ r, r_low, square, y;
  $bits$ biased, half;
  if (x < $exp_low$) x = $exp_low$;
  if (x > $exp_high$) x = $exp_high$;
  biased = @exp_parts(x, &r, &r_low) + $two_biases$;
  half = biased >> 1; /* 2^n in two factors: n may lie beyond the exponents */
  square = r * r;
  y = @@FMA(square, @exp_series(r), r);
  y = $one$ + y;
  return (y * @of_bits(half << $mantissa$)) * @of_bits((biased - half) << $mantissa$);
}
)";

const std::string_view kCTwoSumError = R"(
/* a + b = sum + what is returned, exactly. */
static $real$ @two_sum_error($real$ a, $real$ b, $real$ sum) {
  const $real$ b_part = sum - a;
  return (a - (sum - b_part)) + (b - b_part);
}
)";

const std::string_view kCExpm1 = R"(
static $real$ @expm1($real$ x) {
  $real$ y = x, r, r_low, square, tail, scale, a, b, sum, half;
  $bits$ n;
  if (y < $expm1_low$) y = $expm1_low$;
  if (y > $exp_high$) y = $exp_high$;
  n = @exp_parts(y, &r, &r_low);
  square = r * r;
  tail = @@FMA(square, @exp_series(r), @@FMA(r_low, r, r_low));
  scale = @of_bits((n + $bias_less_one$) << $mantissa$); /* of half the result: 2^n itself may overflow */
  a = scale - $half$;
  b = scale * r;
  sum = a + b;
  half = sum + @@FMA(scale, tail, @two_sum_error(a, b, sum));
  return fabs$f$(x) < $tiny$ ? x : half + half;
}
)";

const std::string_view kCCosTurns = R"(
/* cos(2 pi x), x = k/4 + t to the nearest turn */
static $real$ @cos_turns($real$ x) {
  const $real$ rest = x - rint$f$(x);
  const $real$ k = rint$f$(rest * $four$);
  const $real$ t = @@FMA(-k, $quarter$, rest);
  const $real$ square = t * t;
  if (k == $one$ || k == -$one$) {
    const $real$ sine = t * @polynomial(square, @sin_terms, (int)(sizeof @sin_terms / sizeof @sin_terms[0]));
    return k == $one$ ? -sine : sine;
  } else {
    const $real$ series = @polynomial(square, @cos_terms, (int)(sizeof @cos_terms / sizeof @cos_terms[0]));
    const $real$ cosine = @@FMA(square, series, $one$);
    return k == $zero$ ? cosine : -cosine;
  }
}
)";

const std::string_view kCDivide = R"(
/* above / (below + below_low), nearly correctly rounded. */
static $real$ @divide($real$ above, $real$ below, $real$ below_low) {
  const $real$ reciprocal = $one$ / below;
  const $real$ y = above * reciprocal;
  const $real$ rest = @@FMA(-y, below_low, @@FMA(-y, below, above));
  return @@FMA(rest, reciprocal, y);
}
)";

const std::string_view kCTanh = R"(
static $real$ @tanh_of($real$ x) {
  $real$ size = fabs$f$(x), t, below;
  if (size > $tanh_one$) size = $tanh_one$;
  t = @expm1(size + size);
  below = t + $two$;
  return copysign$f$(@divide(t, below, @two_sum_error(t, $two$, below)), x);
}
)";

const std::string_view kCSigmoid = R"(
static $real$ @sigmoid_of($real$ x) {
  const $real$ e = @exp(-fabs$f$(x));
  const $real$ below = $one$ + e;
  return @divide(x < $zero$ ? e : $one$, below, e - (below - $one$));
}
)";

const std::string_view kCSoftplus = R"(
/* log(u + u_low), u from 1 to 2. */
static $real$ @log_of_sum($real$ u, $real$ u_low) {
  const $bits$ one = @to_bits($one$);
  const $bits$ e_biased = (@to_bits(u) - @to_bits($root_half$) + one) >> $mantissa$;
  const $bits$ e_bits = (e_biased << $mantissa$) - one;
  const $real$ f = @of_bits(@to_bits(u) - e_bits) - $one$;
  const $real$ e = @of_bits(e_biased | @to_bits($integer_carrier$)) - $carrier_and_bias$;
  const $real$ s = f / (f + $two$); /* log(1 + f) = 2 atanh(s) */
  const $real$ z = s * s;
  const $real$ square = f * f;
  const $real$ half_square = square * $half$;
  const $real$ series =
      @@FMA(z, @polynomial(z, @log_terms, (int)(sizeof @log_terms / sizeof @log_terms[0])), half_square);
  const $real$ low = e * $ln2_low$;
  const $real$ ratio = u_low / u;
  const $real$ small = @@FMA(s, series, low + ratio);
  return @@FMA(e, $ln2$, f - (half_square - small));
}
static $real$ @softplus_of($real$ x) {
  const $real$ e = @exp(-fabs$f$(x));
  const $real$ u = $one$ + e;
  const $real$ negative = e >= $tiny$ ? @log_of_sum(u, e - (u - $one$)) : e;
  return (x > $zero$ ? x : $zero$) + negative;
}
)";

const std::string_view kCErf = R"(
static $real$ @erf_of($real$ x) {
  const $real$ size = fabs$f$(x);
  if (size < $one$) {
    const $real$ square = x * x;
    return @@FMA(x, @polynomial(square, @erf_terms, (int)(sizeof @erf_terms / sizeof @erf_terms[0])), x);
  } else {
    const $real$ t = (size > $erf_one$ ? $erf_one$ : size) - $one$;
    const $real$ log_erfc =
        @polynomial(t, @log_erfc_terms, (int)(sizeof @log_erfc_terms / sizeof @log_erfc_terms[0]));
    return copysign$f$($one$ - @exp(log_erfc), x);
  }
}
)";

}  // namespace gradus
