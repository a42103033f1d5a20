#include "kernels/activations.h"

#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

constexpr Activation kAll[] = {Activation::identity,    Activation::sigmoid, Activation::tanh,     Activation::relu,
                               Activation::leaky_relu,  Activation::elu,     Activation::selu,     Activation::gelu,
                               Activation::silu,        Activation::mish,    Activation::softplus, Activation::softsign,
                               Activation::hard_sigmoid};

/// The definitions, in long double.
long double reference(Activation activation, long double z) {
  switch (activation) {
    case Activation::identity:
      return z;
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-z));
    case Activation::tanh:
      return std::tanh(z);
    case Activation::relu:
      return z > 0 ? z : 0;
    case Activation::leaky_relu:
      return z > 0 ? z : 0.01L * z;
    case Activation::elu:
      return z > 0 ? z : std::expm1(z);
    case Activation::selu:
      return 1.0507009873554804934193349852946L * (z > 0 ? z : 1.6732632423543772848170429916717L * std::expm1(z));
    case Activation::gelu:
      return z / 2 * (1 + std::erf(z / std::sqrt(2.0L)));
    case Activation::silu:
      return z / (1 + std::exp(-z));
    case Activation::mish:
      return z * std::tanh(std::log1p(std::exp(z)));
    case Activation::softplus:
      return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z));
    case Activation::softsign:
      return z / (1 + std::abs(z));
    case Activation::hard_sigmoid:
      return std::min(std::max(z / 6 + 0.5L, 0.0L), 1.0L);
  }
  return 0;
}

template <typename T>
T activate_one(Activation activation, T z) {
  T a = T(0);
  activate<T>(activation, {&z, 1, 1}, {&a, 1, 1});
  return a;
}

TEST(Activations, FollowTheirDefinitions) {
  for (const Activation activation : kAll) {
    SCOPED_TRACE(name(activation));
    for (double z = -12.0; z <= 12.0; z += 0.0371) {
      const auto exact = static_cast<double>(reference(activation, static_cast<long double>(z)));
      EXPECT_NEAR(activate_one(activation, z), exact, 2e-15 * std::max(1.0, std::abs(z))) << z;
      const auto single = static_cast<float>(z);
      EXPECT_NEAR(activate_one(activation, single), static_cast<double>(reference(activation, single)),
                  3e-7 * std::max(1.0, std::abs(z)))
          << z;
    }
  }
}

TEST(Activations, SlopesAreCentralDifferences) {
  for (const Activation activation : kAll) {
    SCOPED_TRACE(name(activation));
    for (double z = -15.0; z <= 15.0; z += 0.0671) {
      constexpr double kStep = 1e-5;
      if (kink_between(activation, z - kStep, z + kStep)) continue;
      const auto at = [&](double x) { return reference(activation, static_cast<long double>(x)); };
      const auto numeric = static_cast<double>((at(z + kStep) - at(z - kStep)) / (2.0L * kStep));
      const double a = activate_one(activation, z);
      EXPECT_NEAR(slope(activation, z, a), numeric, 1e-9) << z;
      const auto single = static_cast<float>(z);
      EXPECT_NEAR(slope(activation, single, static_cast<float>(a)), numeric, 1e-5) << z;
    }
  }
}

TEST(Activations, SlopeAtAKinkIsThatOfTheLeft) {
  EXPECT_EQ(slope(Activation::relu, 0.0, 0.0), 0.0);
  EXPECT_EQ(slope(Activation::leaky_relu, 0.0, 0.0), 0.01);
  EXPECT_EQ(slope(Activation::hard_sigmoid, -3.0, 0.0), 0.0);
  EXPECT_EQ(slope(Activation::hard_sigmoid, 3.0, 1.0), 0.0);
}

TEST(Activations, KinksAreFoundBetweenAndAtTheEnds) {
  EXPECT_TRUE(kink_between(Activation::relu, -1.0, 1.0));
  EXPECT_TRUE(kink_between(Activation::relu, 1.0, -1.0));
  EXPECT_TRUE(kink_between(Activation::selu, 0.0, 1.0));
  EXPECT_TRUE(kink_between(Activation::leaky_relu, -1.0, 0.0));
  EXPECT_FALSE(kink_between(Activation::relu, 0.5, 1.0));
  EXPECT_TRUE(kink_between(Activation::elu, -1.0, 1.0));
  EXPECT_FALSE(kink_between(Activation::elu, 0.5, 1.0));
  EXPECT_TRUE(kink_between(Activation::softsign, -1.0, 1.0));
  EXPECT_TRUE(kink_between(Activation::hard_sigmoid, 2.9, 3.1));
  EXPECT_TRUE(kink_between(Activation::hard_sigmoid, -3.1, -2.9));
  EXPECT_FALSE(kink_between(Activation::hard_sigmoid, -1.0, 1.0));
  EXPECT_FALSE(kink_between(Activation::gelu, -1.0, 1.0));
}

template <typename T>
class ActivationBits : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ActivationBits, Scalars);

TYPED_TEST(ActivationBits, FiniteForEveryFiniteInput) {
  using T = TypeParam;
  for (const Activation activation : kAll) {
    SCOPED_TRACE(name(activation));
    for (const T magnitude : {T(30), T(100), T(1000), T(1e18), T(1e30), std::numeric_limits<T>::min()}) {
      for (const T z : {magnitude, -magnitude}) {
        const T a = activate_one(activation, z);
        EXPECT_TRUE(std::isfinite(a)) << z;
        const T s = slope(activation, z, a);
        EXPECT_GE(s, T(-0.2)) << z;
        EXPECT_LE(s, T(1.76)) << z;  // selu just left of 0
      }
    }
  }
}

TYPED_TEST(ActivationBits, NanInNanOut) {
  using T = TypeParam;
  const T nan = std::numeric_limits<T>::quiet_NaN();
  on_every_target([&] {
    for (const Activation activation : kAll) {
      SCOPED_TRACE(name(activation));
      EXPECT_TRUE(std::isnan(activate_one(activation, nan)));
      if (activation == Activation::identity) continue;
      EXPECT_TRUE(std::isnan(slope(activation, nan, nan)));
    }
  });
}

// Values by one-element calls on the first target are the oracle for matrices on all of them.
TYPED_TEST(ActivationBits, SameOnEveryTargetAtAnyShapeStrideAndAlignment) {
  using T = TypeParam;
  for (const Activation activation : kAll) {
    SCOPED_TRACE(name(activation));
    for (int64_t columns = 1; columns <= 70; columns += columns % 3 + 1) {
      const int64_t rows = columns % 4;
      const auto seed = static_cast<uint64_t>(columns);
      const AwkwardMatrix<T> z(rows, columns, columns % 3, seed, Values::special);
      const AwkwardMatrix<T> delta(rows, columns, 0, seed + 1);
      std::vector<T> expected_a, expected_delta;
      ASSERT_TRUE(set_target("auto"));
      for (const T value : z.values()) expected_a.push_back(activate_one(activation, value));
      for (std::size_t i = 0; i < expected_a.size(); ++i)
        expected_delta.push_back(delta.values()[i] * (activation == Activation::identity
                                                          ? T(1)
                                                          : slope(activation, z.values()[i], expected_a[i])));
      on_every_target([&] {
        AwkwardMatrix<T> a(rows, columns, columns % 5, seed + 2);
        activate<T>(activation, z.view(), a.view());
        EXPECT_TRUE(same_bits(a.values(), expected_a));
        EXPECT_TRUE(a.frame_intact());
        AwkwardMatrix<T> product = delta;
        multiply_slope<T>(activation, z.view(), a.view(), product.view());
        EXPECT_TRUE(same_bits(product.values(), expected_delta));
        EXPECT_TRUE(product.frame_intact());
        AwkwardMatrix<T> in_place = z;
        activate<T>(activation, in_place.view(), in_place.view());
        EXPECT_TRUE(same_bits(in_place.values(), expected_a));
      });
    }
  }
}

}  // namespace
}  // namespace gradus::kernels
