#include "kernels/math.h"

#include <cmath>
#include <limits>

#include "kernels/dispatch-inl.h"
#include "kernels/math_coefficients.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/math.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

// A functor for each function, to hand to `map`.
#define GRADUS_FUNCTOR(Name, function)        \
  struct Name {                               \
    template <class D, class V>               \
    HWY_INLINE V operator()(D d, V x) const { \
      return HWY_NAMESPACE::function(d, x);   \
    }                                         \
  };
GRADUS_FUNCTOR(Exp, exp)
GRADUS_FUNCTOR(Log, log)
GRADUS_FUNCTOR(Expm1, expm1)
GRADUS_FUNCTOR(Log1p, log1p)
GRADUS_FUNCTOR(Tanh, tanh)
GRADUS_FUNCTOR(Sigmoid, sigmoid)
GRADUS_FUNCTOR(Erf, erf)
GRADUS_FUNCTOR(Softplus, softplus)
GRADUS_FUNCTOR(SinTurns, sin_turns)
GRADUS_FUNCTOR(CosTurns, cos_turns)
#undef GRADUS_FUNCTOR

template <typename T, class Function>
HWY_NOINLINE void map_span(const T* x, int64_t count, T* out) {
  map(Function(), count, out, x);
}

#define GRADUS_SPAN(Name, function)                         \
  template <typename T>                                     \
  void function##_span(const T* x, int64_t count, T* out) { \
    map_span<T, Name>(x, count, out);                       \
  }
GRADUS_SPAN(Exp, exp)
GRADUS_SPAN(Log, log)
GRADUS_SPAN(Expm1, expm1)
GRADUS_SPAN(Log1p, log1p)
GRADUS_SPAN(Tanh, tanh)
GRADUS_SPAN(Sigmoid, sigmoid)
GRADUS_SPAN(Erf, erf)
GRADUS_SPAN(Softplus, softplus)
GRADUS_SPAN(SinTurns, sin_turns)
GRADUS_SPAN(CosTurns, cos_turns)
#undef GRADUS_SPAN

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {
namespace {

// Each function over `count` values, on the target that runs.
#define GRADUS_DISPATCHED(function)                                    \
  template <typename T>                                                \
  void function##_values(const T* x, int64_t count, T* out) noexcept { \
    GRADUS_DISPATCH(function##_span<T>(x, count, out))                 \
  }
GRADUS_DISPATCHED(exp)
GRADUS_DISPATCHED(log)
GRADUS_DISPATCHED(expm1)
GRADUS_DISPATCHED(log1p)
GRADUS_DISPATCHED(tanh)
GRADUS_DISPATCHED(sigmoid)
GRADUS_DISPATCHED(erf)
GRADUS_DISPATCHED(softplus)
GRADUS_DISPATCHED(sin_turns)
GRADUS_DISPATCHED(cos_turns)
#undef GRADUS_DISPATCHED

/// t = x - its nearest multiple of 1/4, exactly; `quarter` 0 .. 3 names the multiple. False when x is not finite.
bool split_turn(double x, double& t, int& quarter) noexcept {
  if (!(std::fabs(x) <= std::numeric_limits<double>::max())) return false;
  const double r = x - std::nearbyint(x);
  const double quarters = std::nearbyint(4.0 * r);
  t = r - 0.25 * quarters;
  quarter = (static_cast<int>(quarters) + 4) % 4;
  return true;
}

template <std::size_t kSize>
double polynomial_value(double x, const double (&c)[kSize]) noexcept {
  double y = c[kSize - 1];
  for (std::size_t i = kSize - 1; i > 0; --i) y = std::fma(y, x, c[i - 1]);
  return y;
}

/// sin(2 pi (x + phase / 4))
double sin_turn(double x, int phase) noexcept {
  using C = MathCoefficients<double>;
  double t = 0.0;
  int quarter = 0;
  if (!split_turn(x, t, quarter)) return std::numeric_limits<double>::quiet_NaN();
  quarter = (quarter + phase) % 4;
  const double u = t * t;
  const double value =
      quarter % 2 == 0 ? t * polynomial_value(u, C::kSinTurn) : std::fma(u, polynomial_value(u, C::kCosTurn), 1.0);
  return quarter >= 2 ? -value : value;
}

}  // namespace

#define GRADUS_MATH(function)                     \
  template <typename T>                           \
  T function(T x) noexcept {                      \
    T out;                                        \
    function##_values(&x, 1, &out);               \
    return out;                                   \
  }                                               \
  template float function<float>(float) noexcept; \
  template double function<double>(double) noexcept;
GRADUS_MATH(exp)
GRADUS_MATH(log)
GRADUS_MATH(expm1)
GRADUS_MATH(log1p)
GRADUS_MATH(tanh)
GRADUS_MATH(sigmoid)
GRADUS_MATH(erf)
GRADUS_MATH(softplus)
GRADUS_MATH(sin_turns)
GRADUS_MATH(cos_turns)
#undef GRADUS_MATH

double sin_2pi(double x) noexcept {
  return sin_turn(x, 0);
}
double cos_2pi(double x) noexcept {
  return sin_turn(x, 1);
}

template <typename T>
void exp(std::span<const T> x, std::span<T> out) noexcept {
  exp_values(x.data(), static_cast<int64_t>(x.size()), out.data());
}
template <typename T>
void log(std::span<const T> x, std::span<T> out) noexcept {
  log_values(x.data(), static_cast<int64_t>(x.size()), out.data());
}
template void exp(std::span<const float>, std::span<float>) noexcept;
template void exp(std::span<const double>, std::span<double>) noexcept;
template void log(std::span<const float>, std::span<float>) noexcept;
template void log(std::span<const double>, std::span<double>) noexcept;

}  // namespace gradus::kernels
#endif  // HWY_ONCE
