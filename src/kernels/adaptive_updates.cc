#include "kernels/adaptive_updates.h"

#include <cstdint>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/adaptive_updates.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/elementwise-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

template <typename T>
HWY_INLINE Vector<T> set(T value) {
  return hn::Set(Tag<T>(), value);
}

/// decay * average + share * value, the sum with one fma.
template <typename T>
HWY_INLINE Vector<T> averaged(T decay, Vector<T> average, T share, Vector<T> value) {
  return fma(set(decay), average, hn::Mul(set(share), value));
}

/// The larger by comparison: `a` where either is NaN.
template <class V>
HWY_INLINE V larger(V a, V b) {
  return hn::IfThenElse(hn::Lt(a, b), b, a);
}

/// 1, -1, or 0 for zero and NaN.
template <typename T>
HWY_INLINE Vector<T> sign(Vector<T> x) {
  const Vector<T> zero = set(T(0));
  return hn::IfThenElse(hn::Gt(x, zero), set(T(1)), hn::IfThenElse(hn::Lt(x, zero), set(T(-1)), zero));
}

template <typename T>
struct Rmsprop {
  T* theta;
  const T* g;
  T* v;
  RmspropStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> square = averaged<T>(step.rho, io.load(d, v + i), step.one_minus_rho, hn::Mul(gradient, gradient));
    const Vector<T> direction = hn::Div(gradient, hn::Add(hn::Sqrt(square), set(step.epsilon)));
    io.store(d, square, v + i);
    io.store(d, negative_fma(set(step.learning_rate), direction, io.load(d, theta + i)), theta + i);
  }
};

template <typename T>
struct Adagrad {
  T* theta;
  const T* g;
  T* sum;
  AdagradStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> squares = fma(gradient, gradient, io.load(d, sum + i));
    const Vector<T> direction = hn::Div(gradient, hn::Add(hn::Sqrt(squares), set(step.epsilon)));
    io.store(d, squares, sum + i);
    io.store(d, negative_fma(set(step.learning_rate), direction, io.load(d, theta + i)), theta + i);
  }
};

template <typename T>
struct Adadelta {
  T* theta;
  const T* g;
  T* v;
  T* u;
  AdadeltaStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> moves = io.load(d, u + i);
    const Vector<T> square = averaged<T>(step.rho, io.load(d, v + i), step.one_minus_rho, hn::Mul(gradient, gradient));
    const Vector<T> ratio =
        hn::Div(hn::Sqrt(hn::Add(moves, set(step.epsilon))), hn::Sqrt(hn::Add(square, set(step.epsilon))));
    const Vector<T> move = hn::Mul(ratio, gradient);
    io.store(d, square, v + i);
    io.store(d, averaged<T>(step.rho, moves, step.one_minus_rho, hn::Mul(move, move)), u + i);
    io.store(d, negative_fma(set(step.learning_rate), move, io.load(d, theta + i)), theta + i);
  }
};

template <typename T>
struct Amsgrad {
  T* theta;
  const T* g;
  T* m;
  T* v;
  T* largest;
  AdamStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> first = averaged<T>(step.beta1, io.load(d, m + i), step.one_minus_beta1, gradient);
    const Vector<T> second =
        averaged<T>(step.beta2, io.load(d, v + i), step.one_minus_beta2, hn::Mul(gradient, gradient));
    const Vector<T> most = larger(io.load(d, largest + i), second);
    const Vector<T> direction = hn::Div(first, hn::Add(hn::Sqrt(most), set(step.epsilon)));
    const Vector<T> decayed = hn::Mul(io.load(d, theta + i), set(step.decay));
    io.store(d, first, m + i);
    io.store(d, second, v + i);
    io.store(d, most, largest + i);
    io.store(d, negative_fma(set(step.step_size), direction, decayed), theta + i);
  }
};

template <typename T>
struct Adamax {
  T* theta;
  const T* g;
  T* m;
  T* u;
  AdamaxStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> first = averaged<T>(step.beta1, io.load(d, m + i), step.one_minus_beta1, gradient);
    const Vector<T> norm =
        larger(hn::Mul(set(step.beta2), io.load(d, u + i)), hn::Add(hn::Abs(gradient), set(step.epsilon)));
    io.store(d, first, m + i);
    io.store(d, norm, u + i);
    io.store(d, negative_fma(set(step.step_size), hn::Div(first, norm), io.load(d, theta + i)), theta + i);
  }
};

template <typename T>
struct Nadam {
  T* theta;
  const T* g;
  T* m;
  T* v;
  NadamStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> first = averaged<T>(step.beta1, io.load(d, m + i), step.one_minus_beta1, gradient);
    const Vector<T> second =
        averaged<T>(step.beta2, io.load(d, v + i), step.one_minus_beta2, hn::Mul(gradient, gradient));
    const Vector<T> move = averaged<T>(step.gradient_step, gradient, step.moment_step, first);
    io.store(d, first, m + i);
    io.store(d, second, v + i);
    const Vector<T> divisor = hn::Add(hn::Sqrt(second), set(step.epsilon));
    io.store(d, hn::Sub(io.load(d, theta + i), hn::Div(move, divisor)), theta + i);
  }
};

template <typename T>
struct Lion {
  T* theta;
  const T* g;
  T* m;
  LionStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> moment = io.load(d, m + i);
    const Vector<T> direction = sign<T>(averaged<T>(step.beta1, moment, step.one_minus_beta1, gradient));
    const Vector<T> decayed = hn::Mul(io.load(d, theta + i), set(step.decay));
    io.store(d, averaged<T>(step.beta2, moment, step.one_minus_beta2, gradient), m + i);
    io.store(d, negative_fma(set(step.learning_rate), direction, decayed), theta + i);
  }
};

/// The step sizes after gradients whose products with the last ones are `agreement`.
template <typename T>
HWY_INLINE Vector<T> next_size(Vector<T> size, Vector<T> agreement, const RpropStep<T>& step) {
  const Vector<T> zero = set(T(0));
  const Vector<T> grown = hn::Mul(size, set(step.grow)), shrunk = hn::Mul(size, set(step.shrink));
  const Vector<T> wider = hn::IfThenElse(hn::Lt(grown, set(step.most)), grown, set(step.most));
  const Vector<T> narrower = hn::IfThenElse(hn::Gt(shrunk, set(step.least)), shrunk, set(step.least));
  return hn::IfThenElse(hn::Gt(agreement, zero), wider, hn::IfThenElse(hn::Lt(agreement, zero), narrower, size));
}

template <typename T>
struct Rprop {
  T* theta;
  const T* g;
  T* last;
  T* size;
  RpropStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> agreement = hn::Mul(gradient, io.load(d, last + i));
    const Vector<T> length = next_size<T>(io.load(d, size + i), agreement, step);
    const Vector<T> kept = hn::IfThenElse(hn::Lt(agreement, set(T(0))), set(T(0)), gradient);
    io.store(d, length, size + i);
    io.store(d, kept, last + i);
    io.store(d, negative_fma(sign<T>(kept), length, io.load(d, theta + i)), theta + i);
  }
};

template <typename T>
struct RpropPlus {
  T* theta;
  const T* g;
  T* last;
  T* size;
  T* move;
  bool worse;
  RpropStep<T> step;
  template <class Io>
  HWY_INLINE void operator()(int64_t i, Io io) const {
    const Tag<T> d;
    const Vector<T> zero = set(T(0));
    const Vector<T> gradient = io.load(d, g + i);
    const Vector<T> agreement = hn::Mul(gradient, io.load(d, last + i));
    const Vector<T> length = next_size<T>(io.load(d, size + i), agreement, step);
    const auto turned = hn::Lt(agreement, zero);
    const Vector<T> kept = hn::IfThenElse(turned, zero, gradient);
    const Vector<T> forth = hn::Neg(hn::Mul(sign<T>(kept), length));
    const Vector<T> back = worse ? hn::Neg(io.load(d, move + i)) : zero;
    const Vector<T> taken = hn::IfThenElse(turned, back, forth);
    io.store(d, length, size + i);
    io.store(d, kept, last + i);
    io.store(d, taken, move + i);
    io.store(d, hn::Add(io.load(d, theta + i), taken), theta + i);
  }
};

#define GRADUS_UPDATE(name, Rule)                              \
  template <typename T>                                        \
  HWY_NOINLINE void name(const Rule<T>& rule, int64_t count) { \
    for_vectors<T>(count, rule);                               \
  }
GRADUS_UPDATE(update_rmsprop, Rmsprop)
GRADUS_UPDATE(update_adagrad, Adagrad)
GRADUS_UPDATE(update_adadelta, Adadelta)
GRADUS_UPDATE(update_amsgrad, Amsgrad)
GRADUS_UPDATE(update_adamax, Adamax)
GRADUS_UPDATE(update_nadam, Nadam)
GRADUS_UPDATE(update_lion, Lion)
GRADUS_UPDATE(update_rprop, Rprop)
GRADUS_UPDATE(update_rprop_plus, RpropPlus)
#undef GRADUS_UPDATE

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
void rmsprop_update(std::span<T> theta, std::span<const T> g, std::span<T> v, const RmspropStep<T>& step) noexcept {
  GRADUS_DISPATCH(update_rmsprop<T>({theta.data(), g.data(), v.data(), step}, size_of(theta)))
}

template <typename T>
void adagrad_update(std::span<T> theta, std::span<const T> g, std::span<T> sum, const AdagradStep<T>& step) noexcept {
  GRADUS_DISPATCH(update_adagrad<T>({theta.data(), g.data(), sum.data(), step}, size_of(theta)))
}

template <typename T>
void adadelta_update(std::span<T> theta, std::span<const T> g, std::span<T> v, std::span<T> u,
                     const AdadeltaStep<T>& step) noexcept {
  GRADUS_DISPATCH(update_adadelta<T>({theta.data(), g.data(), v.data(), u.data(), step}, size_of(theta)))
}

template <typename T>
void amsgrad_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, std::span<T> largest,
                    const AdamStep<T>& step) noexcept {
  GRADUS_DISPATCH(update_amsgrad<T>({theta.data(), g.data(), m.data(), v.data(), largest.data(), step}, size_of(theta)))
}

template <typename T>
void adamax_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> u,
                   const AdamaxStep<T>& step) noexcept {
  GRADUS_DISPATCH(update_adamax<T>({theta.data(), g.data(), m.data(), u.data(), step}, size_of(theta)))
}

template <typename T>
void nadam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v,
                  const NadamStep<T>& step) noexcept {
  GRADUS_DISPATCH(update_nadam<T>({theta.data(), g.data(), m.data(), v.data(), step}, size_of(theta)))
}

template <typename T>
void lion_update(std::span<T> theta, std::span<const T> g, std::span<T> m, const LionStep<T>& step) noexcept {
  GRADUS_DISPATCH(update_lion<T>({theta.data(), g.data(), m.data(), step}, size_of(theta)))
}

template <typename T>
void rprop_update(std::span<T> theta, std::span<const T> g, std::span<T> last, std::span<T> size,
                  const RpropStep<T>& step) noexcept {
  GRADUS_DISPATCH(update_rprop<T>({theta.data(), g.data(), last.data(), size.data(), step}, size_of(theta)))
}

template <typename T>
void rprop_plus_update(std::span<T> theta, std::span<const T> g, std::span<T> last, std::span<T> size,
                       std::span<T> move, bool worse, const RpropStep<T>& step) noexcept {
    GRADUS_DISPATCH(update_rprop_plus<T>({theta.data(), g.data(), last.data(), size.data(), move.data(), worse, step},
                                         size_of(theta)))}

#define GRADUS_INSTANTIATE(T)                                                                                       \
  template void rmsprop_update(std::span<T>, std::span<const T>, std::span<T>, const RmspropStep<T>&) noexcept;     \
  template void adagrad_update(std::span<T>, std::span<const T>, std::span<T>, const AdagradStep<T>&) noexcept;     \
  template void adadelta_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>,                       \
                                const AdadeltaStep<T>&) noexcept;                                                   \
  template void amsgrad_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, std::span<T>,          \
                               const AdamStep<T>&) noexcept;                                                        \
  template void adamax_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>,                         \
                              const AdamaxStep<T>&) noexcept;                                                       \
  template void nadam_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>,                          \
                             const NadamStep<T>&) noexcept;                                                         \
  template void lion_update(std::span<T>, std::span<const T>, std::span<T>, const LionStep<T>&) noexcept;           \
  template void rprop_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>,                          \
                             const RpropStep<T>&) noexcept;                                                         \
  template void rprop_plus_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, std::span<T>, bool, \
                                  const RpropStep<T>&) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
