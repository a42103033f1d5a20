// g(z) and g'(z) on vectors, one functor pair per activation. NaN stays NaN: every select keeps it.
#if defined(GRADUS_KERNELS_ACTIVATION_FUNCTORS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_KERNELS_ACTIVATION_FUNCTORS_INL_H
#undef GRADUS_KERNELS_ACTIVATION_FUNCTORS_INL_H
#else
#define GRADUS_KERNELS_ACTIVATION_FUNCTORS_INL_H
#endif

#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

// Klambauer et al. 2017, "Self-normalizing neural networks".
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kLeakySlope = 0.01;
constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kInverseSqrtTwoPi = 0.39894228040143267794;

template <class D>
HWY_INLINE hn::Vec<D> constant(D d, double value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}

/// `positive` where z > 0, else `other`; z itself where it is NaN.
template <class D, class V>
HWY_INLINE V where_positive(D d, V z, V positive, V other) {
  const V chosen = hn::IfThenElse(hn::Gt(z, hn::Zero(d)), positive, other);
  return hn::IfThenElse(hn::Eq(z, z), chosen, z);
}

struct Identity {
  template <class D, class V>
  HWY_INLINE V operator()(D, V z) const {
    return z;
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    return where_positive(d, z, constant(d, 1.0), constant(d, 1.0));
  }
};

struct Sigmoid {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return HWY_NAMESPACE::sigmoid(d, z);
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V, V a) const {
    return hn::Mul(a, hn::Sub(constant(d, 1.0), a));
  }
};

struct Tanh {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return HWY_NAMESPACE::tanh(d, z);
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V, V a) const {
    return negative_fma(a, a, constant(d, 1.0));
  }
};

struct Relu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return hn::IfThenZeroElse(hn::Le(z, hn::Zero(d)), z);
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    return where_positive(d, z, constant(d, 1.0), hn::Zero(d));
  }
};

struct LeakyRelu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return where_positive(d, z, z, hn::Mul(z, constant(d, kLeakySlope)));
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    return where_positive(d, z, constant(d, 1.0), constant(d, kLeakySlope));
  }
};

struct Elu {  // alpha 1
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return where_positive(d, z, z, expm1(d, z));
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    return where_positive(d, z, constant(d, 1.0), exp(d, z));
  }
};

struct Selu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return where_positive(d, z, hn::Mul(constant(d, kSeluScale), z),
                          hn::Mul(constant(d, kSeluScale * kSeluAlpha), expm1(d, z)));
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    return where_positive(d, z, constant(d, kSeluScale), hn::Mul(constant(d, kSeluScale * kSeluAlpha), exp(d, z)));
  }
};

struct Gelu {  // z Phi(z), Phi the normal distribution function
  template <class D, class V>
  HWY_INLINE V phi(D d, V z) const {
    const V half = constant(d, 0.5);
    return fma(half, erf(d, hn::Mul(z, constant(d, kSqrtHalf))), half);
  }
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return hn::Mul(z, phi(d, z));
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    const V density = hn::Mul(constant(d, kInverseSqrtTwoPi), exp(d, hn::Mul(hn::Mul(constant(d, -0.5), z), z)));
    return fma(z, density, phi(d, z));
  }
};

struct Silu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return hn::Mul(z, sigmoid(d, z));
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    const V one = constant(d, 1.0);
    const V s = sigmoid(d, z);
    return hn::Mul(s, fma(z, hn::Sub(one, s), one));
  }
};

struct Mish {  // z tanh(softplus(z)) = z n / (n + 2), n = e (e + 2), e = exp(z)
  /// z, but no larger than where tanh(softplus(z)) has rounded to 1 and e^4 is still finite.
  template <class D, class V>
  HWY_INLINE V clamped(D d, V z) const {
    return at_most(d, z, MathConstants<hn::TFromD<D>>::kMishOne);
  }
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    const V two = constant(d, 2.0);
    const V e = exp(d, clamped(d, z));
    const V n = hn::Mul(e, hn::Add(e, two));
    return hn::Mul(z, hn::Div(n, hn::Add(n, two)));
  }
  // tanh(s) + z (1 - tanh(s)^2) sigmoid(z), s = softplus(z), in terms of e: no difference of near numbers.
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    const V two = constant(d, 2.0);
    const V bounded = clamped(d, z);
    const V e = exp(d, bounded);
    const V n = hn::Mul(e, hn::Add(e, two));
    const V n2 = hn::Add(n, two);
    const V t = hn::Div(n, n2);
    const V numerator = hn::Mul(hn::Mul(constant(d, 4.0), e), hn::Add(e, constant(d, 1.0)));
    return fma(bounded, hn::Div(hn::Div(numerator, n2), n2), t);
  }
};

struct Softplus {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return softplus(d, z);
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    return sigmoid(d, z);
  }
};

struct Softsign {  // z / (1 + |z|)
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return hn::Div(z, hn::Add(constant(d, 1.0), hn::Abs(z)));
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    const V r = hn::Div(constant(d, 1.0), hn::Add(constant(d, 1.0), hn::Abs(z)));
    return hn::Mul(r, r);
  }
};

struct HardSigmoid {  // clamp(z / 6 + 1/2, 0, 1)
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    const V line = hn::Add(hn::Div(z, constant(d, 6.0)), constant(d, 0.5));
    return at_most(d, at_least(d, line, hn::TFromD<D>(0)), hn::TFromD<D>(1));
  }
  template <class D, class V>
  HWY_INLINE V slope(D d, V z, V) const {
    const V inside = constant(d, 1.0 / 6.0);
    const V not_high = hn::IfThenElse(hn::Lt(z, constant(d, 3.0)), inside, hn::Zero(d));
    return where_positive(d, z, not_high, hn::IfThenElse(hn::Gt(z, constant(d, -3.0)), inside, hn::Zero(d)));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard
