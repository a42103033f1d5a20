// What the functions of math.h are held against, in tests and in the exhaustive sweep: the C library with more digits.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/math.h"

namespace gradus::kernels {

/// A function under test beside a reference of more digits.
template <typename T, typename Wide>
struct Function {
  const char* name;
  T (*ours)(T) noexcept;
  Wide (*reference)(Wide);
  double max_ulp;
};

template <typename Wide>
Wide reference_sigmoid(Wide x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
template <typename Wide>
Wide reference_softplus(Wide x) {
  return (x > 0 ? x : Wide(0)) + std::log1p(std::exp(-std::abs(x)));
}

/// sin(2 pi x): exactly to within an eighth of a turn of a multiple of a quarter, since 2 pi itself is rounded.
template <typename Wide>
Wide reference_sin_turns(Wide x) {
  if (!std::isfinite(x)) return std::numeric_limits<Wide>::quiet_NaN();
  constexpr Wide kTwoPi = static_cast<Wide>(6.283185307179586476925286766559L);
  const Wide rest = x - std::nearbyint(x), quarters = std::nearbyint(4 * rest), t = rest - quarters / 4;
  const Wide sine = std::sin(kTwoPi * t), cosine = std::cos(kTwoPi * t);
  return quarters == 0 ? sine : quarters == 1 ? cosine : quarters == -1 ? -cosine : -sine;
}
template <typename Wide>
Wide reference_cos_turns(Wide x) {
  if (!std::isfinite(x)) return std::numeric_limits<Wide>::quiet_NaN();
  const Wide rest = std::abs(x - std::nearbyint(x));
  return rest == Wide(0.25) ? Wide(0) : reference_sin_turns<Wide>(Wide(0.25) - rest);
}

template <typename T, typename Wide>
std::vector<Function<T, Wide>> functions(double max_ulp) {
  return {
      {"exp", exp<T>, [](Wide x) { return std::exp(x); }, max_ulp},
      {"log", log<T>, [](Wide x) { return std::log(x); }, max_ulp},
      {"expm1", expm1<T>, [](Wide x) { return std::expm1(x); }, max_ulp},
      {"log1p", log1p<T>, [](Wide x) { return std::log1p(x); }, max_ulp},
      {"tanh", tanh<T>, [](Wide x) { return std::tanh(x); }, max_ulp},
      {"sigmoid", sigmoid<T>, reference_sigmoid<Wide>, max_ulp},
      {"erf", erf<T>, [](Wide x) { return std::erf(x); }, max_ulp},
      {"softplus", softplus<T>, reference_softplus<Wide>, max_ulp},
      {"sin_turns", sin_turns<T>, reference_sin_turns<Wide>, max_ulp},
      {"cos_turns", cos_turns<T>, reference_cos_turns<Wide>, max_ulp},
  };
}

/// |ours - exact| in units of T's last place at `exact`; 0 where both are the same infinity or NaN.
template <typename T, typename Wide>
double ulp_error(T ours, Wide exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(exact)) return std::isnan(ours) ? 0.0 : HUGE_VAL;
  if (std::isinf(static_cast<T>(exact))) return ours == static_cast<T>(exact) ? 0.0 : HUGE_VAL;
  if (!std::isfinite(ours)) return HUGE_VAL;
  const int exponent = std::max(exact == 0 ? Limits::min_exponent : std::ilogb(exact) + 1, Limits::min_exponent);
  const Wide ulp = std::ldexp(Wide(1), exponent - Limits::digits);
  return static_cast<double>(std::abs(static_cast<Wide>(ours) - exact) / ulp);
}

}  // namespace gradus::kernels
