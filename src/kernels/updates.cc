#include "kernels/updates.h"

#include <cstdint>
#include <limits>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/updates.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/elementwise-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

template <typename T>
struct AddScaled {
  T factor;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V gradient, V theta) const {
    return hn::Add(gradient, hn::Mul(hn::Set(d, factor), theta));
  }
};

template <typename T>
struct SubtractScaled {
  T factor;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V theta, V direction) const {
    return hn::Sub(theta, hn::Mul(hn::Set(d, factor), direction));
  }
};

template <typename T>
HWY_NOINLINE void add_scaled(const T* x, T factor, T* to, int64_t count) {
  map(AddScaled<T>{factor}, count, to, static_cast<const T*>(to), x);
}

template <typename T>
HWY_NOINLINE void subtract_scaled(const T* x, T factor, T* to, int64_t count) {
  map(SubtractScaled<T>{factor}, count, to, static_cast<const T*>(to), x);
}

/// x, or 0 below the normal numbers. Moments that only decay would stay there for ever (nine tenths of the smallest
/// number round back to it), where every operation takes some processors a hundred times as long.
template <class D, class V>
HWY_INLINE V normal_or_zero(D d, V x) {
  return hn::IfThenZeroElse(hn::Lt(hn::Abs(x), hn::Set(d, std::numeric_limits<hn::TFromD<D>>::min())), x);
}

template <typename T>
struct Momentum {
  T* theta;
  const T* g;
  T* v;
  T eta, momentum;
  bool nesterov;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> mu = hn::Set(d, momentum);
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> velocity = normal_or_zero(d, hn::Add(hn::Mul(mu, io.load(d, v + i)), gradient));
    const Vector<T> direction = nesterov ? hn::Add(gradient, hn::Mul(mu, velocity)) : velocity;
    io.store(d, velocity, v + i);
    io.store(d, hn::Sub(io.load(d, theta + i), hn::Mul(hn::Set(d, eta), direction)), theta + i);
  }
};

template <typename T>
struct Adam {
  T* theta;
  const T* g;
  T* m;
  T* v;
  AdamStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> first = normal_or_zero(
        d, fma(hn::Set(d, step.beta1), io.load(d, m + i), hn::Mul(hn::Set(d, step.one_minus_beta1), gradient)));
    const Vector<T> second =
        normal_or_zero(d, fma(hn::Set(d, step.beta2), io.load(d, v + i),
                              hn::Mul(hn::Set(d, step.one_minus_beta2), hn::Mul(gradient, gradient))));
    const Vector<T> direction = hn::Div(first, hn::Add(hn::Sqrt(second), hn::Set(d, step.epsilon)));
    const Vector<T> decayed = hn::Mul(io.load(d, theta + i), hn::Set(d, step.decay));
    io.store(d, first, m + i);
    io.store(d, second, v + i);
    io.store(d, negative_fma(hn::Set(d, step.step_size), direction, decayed), theta + i);
  }
};

template <typename T>
HWY_NOINLINE void update_momentum(const Momentum<T>& momentum, int64_t count) {
  for_vectors<T>(count, momentum);
}

template <typename T>
HWY_NOINLINE void update_adam(const Adam<T>& adam, int64_t count) {
  for_vectors<T>(count, adam);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {
namespace {

template <typename T>
int64_t size_of(std::span<T> values) noexcept {
  return static_cast<int64_t>(values.size());
}

}  // namespace

template <typename T>
void add_scaled(std::span<const T> x, T factor, std::span<T> to) noexcept {
  GRADUS_DISPATCH(add_scaled<T>(x.data(), factor, to.data(), size_of(x)))
}

template <typename T>
void add_l2(std::span<const T> theta, T lambda_over_m, std::span<T> gradient) noexcept {
  add_scaled<T>(theta, lambda_over_m, gradient);
}

template <typename T>
void sgd_update(std::span<T> theta, std::span<const T> g, T eta) noexcept {
  GRADUS_DISPATCH(subtract_scaled<T>(g.data(), eta, theta.data(), size_of(theta)))
}

template <typename T>
void momentum_update(std::span<T> theta, std::span<const T> g, std::span<T> v, T eta, T momentum,
                     bool nesterov) noexcept {
  GRADUS_DISPATCH(update_momentum<T>({theta.data(), g.data(), v.data(), eta, momentum, nesterov}, size_of(theta)))
}

template <typename T>
void adam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v,
                 const AdamStep<T>& step) noexcept {
    GRADUS_DISPATCH(update_adam<T>({theta.data(), g.data(), m.data(), v.data(), step}, size_of(theta)))}

#define GRADUS_INSTANTIATE(T)                                                                         \
  template void add_scaled(std::span<const T>, T, std::span<T>) noexcept;                             \
  template void add_l2(std::span<const T>, T, std::span<T>) noexcept;                                 \
  template void sgd_update(std::span<T>, std::span<const T>, T) noexcept;                             \
  template void momentum_update(std::span<T>, std::span<const T>, std::span<T>, T, T, bool) noexcept; \
  template void adam_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, const AdamStep<T>&) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
