#include "kernels/activations.h"

#include <algorithm>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activations.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/activation_functors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

template <class G>
struct TimesSlope {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V delta, V z, V a) const {
    return hn::Mul(delta, G().slope(d, z, a));
  }
};

template <typename T, class G>
HWY_NOINLINE void activate_rows(MatrixView<const T> z, MatrixView<T> a) {
  for (int64_t i = 0; i < z.rows(); ++i) map(G(), z.columns(), a.row(i).data(), z.row(i).data());
}

template <typename T, class G>
HWY_NOINLINE void multiply_slope_rows(MatrixView<const T> z, MatrixView<const T> a, MatrixView<T> delta) {
  for (int64_t i = 0; i < z.rows(); ++i) {
    T* row = delta.row(i).data();
    map(TimesSlope<G>(), z.columns(), row, static_cast<const T*>(row), z.row(i).data(), a.row(i).data());
  }
}

// Calls `what<G>(...)` for the functor pair G of `activation`.
#define GRADUS_BY_ACTIVATION(what, ...)         \
  switch (activation) {                         \
    case Activation::identity:                  \
      return what<T, Identity>(__VA_ARGS__);    \
    case Activation::sigmoid:                   \
      return what<T, Sigmoid>(__VA_ARGS__);     \
    case Activation::tanh:                      \
      return what<T, Tanh>(__VA_ARGS__);        \
    case Activation::relu:                      \
      return what<T, Relu>(__VA_ARGS__);        \
    case Activation::leaky_relu:                \
      return what<T, LeakyRelu>(__VA_ARGS__);   \
    case Activation::elu:                       \
      return what<T, Elu>(__VA_ARGS__);         \
    case Activation::selu:                      \
      return what<T, Selu>(__VA_ARGS__);        \
    case Activation::gelu:                      \
      return what<T, Gelu>(__VA_ARGS__);        \
    case Activation::silu:                      \
      return what<T, Silu>(__VA_ARGS__);        \
    case Activation::mish:                      \
      return what<T, Mish>(__VA_ARGS__);        \
    case Activation::softplus:                  \
      return what<T, Softplus>(__VA_ARGS__);    \
    case Activation::softsign:                  \
      return what<T, Softsign>(__VA_ARGS__);    \
    case Activation::hard_sigmoid:              \
      return what<T, HardSigmoid>(__VA_ARGS__); \
  }

template <typename T>
void activate_by_name(Activation activation, MatrixView<const T> z, MatrixView<T> a) {
  GRADUS_BY_ACTIVATION(activate_rows, z, a)
}

template <typename T>
void multiply_slope_by_name(Activation activation, MatrixView<const T> z, MatrixView<const T> a, MatrixView<T> delta) {
  GRADUS_BY_ACTIVATION(multiply_slope_rows, z, a, delta)
}
#undef GRADUS_BY_ACTIVATION

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {
namespace {

/// Rows that follow each other without gaps as one row, so that few vectors are partial.
template <typename T>
MatrixView<T> joined(MatrixView<T> view) noexcept {
  return {view.data(), 1, view.rows() * view.columns()};
}

template <typename T>
bool gapless(MatrixView<T> view) noexcept {
  return view.stride() == view.columns();
}

template <typename T>
void dispatch_activate(Activation activation, MatrixView<const T> z, MatrixView<T> a) noexcept {
  GRADUS_DISPATCH(activate_by_name<T>(activation, z, a))
}

template <typename T>
void dispatch_multiply_slope(Activation activation, MatrixView<const T> z, MatrixView<const T> a,
                             MatrixView<T> delta) noexcept {
  GRADUS_DISPATCH(multiply_slope_by_name<T>(activation, z, a, delta))
}

}  // namespace

template <typename T>
void activate(Activation activation, MatrixView<const T> z, MatrixView<T> a) noexcept {
  if (gapless(z) && gapless(a)) return dispatch_activate(activation, joined(z), joined(a));
  dispatch_activate(activation, z, a);
}

template <typename T>
void multiply_slope(Activation activation, MatrixView<const T> z, MatrixView<const T> a, MatrixView<T> delta) noexcept {
  if (activation == Activation::identity) return;
  if (gapless(z) && gapless(a) && gapless(delta))
    return dispatch_multiply_slope(activation, joined(z), joined(a), joined(delta));
  dispatch_multiply_slope(activation, z, a, delta);
}

template <typename T>
T slope(Activation activation, T z, T a) noexcept {
  T delta = T(1);
  dispatch_multiply_slope<T>(activation, {&z, 1, 1}, {&a, 1, 1}, {&delta, 1, 1});
  return delta;
}

bool kink_between(Activation activation, double z0, double z1) noexcept {
  const double low = std::min(z0, z1);
  const double high = std::max(z0, z1);
  const auto holds = [&](double kink) { return low <= kink && kink <= high; };
  switch (activation) {
    case Activation::relu:
    case Activation::leaky_relu:
    case Activation::selu:
    case Activation::elu:
    case Activation::softsign:
      return holds(0.0);
    case Activation::hard_sigmoid:
      return holds(-3.0) || holds(3.0);
    default:
      return false;
  }
}

template void activate(Activation, MatrixView<const float>, MatrixView<float>) noexcept;
template void activate(Activation, MatrixView<const double>, MatrixView<double>) noexcept;
template void multiply_slope(Activation, MatrixView<const float>, MatrixView<const float>, MatrixView<float>) noexcept;
template void multiply_slope(Activation, MatrixView<const double>, MatrixView<const double>,
                             MatrixView<double>) noexcept;
template float slope(Activation, float, float) noexcept;
template double slope(Activation, double, double) noexcept;

}  // namespace gradus::kernels
#endif  // HWY_ONCE
