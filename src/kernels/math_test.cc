#include "kernels/math.h"

#include "kernels/math_reference.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
std::vector<T> edges() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> out;
  const T points[] = {T(0),
                      Limits::denorm_min(),
                      Limits::min(),
                      Limits::epsilon(),
                      T(0.34657359),
                      T(0.5),
                      T(0.70710678),
                      T(1),
                      T(1.41421356),
                      T(3.92),
                      T(4),
                      T(5.92),
                      T(6),
                      T(9.01),
                      T(10),
                      T(16.6),
                      T(20),
                      T(30),
                      T(50),
                      T(87.33655),
                      T(88.02969),
                      T(88.722839),
                      T(89),
                      T(103.97208),
                      T(104),
                      T(709.782712893384),
                      T(710),
                      T(745.13),
                      T(746),
                      Limits::max(),
                      Limits::infinity()};
  for (const T point : points) {
    for (const T x : {point, std::nextafter(point, T(0)), std::nextafter(point, Limits::infinity())}) {
      out.push_back(x);
      out.push_back(-x);
    }
  }
  out.push_back(Limits::quiet_NaN());
  return out;
}

template <typename T, typename Wide>
void expect_accurate(const Function<T, Wide>& function, const std::vector<T>& samples) {
  double worst = 0.0;
  T at = T(0);
  for (const T x : samples) {
    const double error = ulp_error<T, Wide>(function.ours(x), function.reference(static_cast<Wide>(x)));
    if (error > worst) {
      worst = error;
      at = x;
    }
  }
  EXPECT_LE(worst, function.max_ulp) << function.name << "(" << at << ")";
  ::testing::Test::RecordProperty(std::string(function.name) + "_ulp", std::to_string(worst));
}

TEST(MathFloat, WithinTwoUlpOverAllFloats) {
#ifdef __OPTIMIZE__
  constexpr uint64_t kStep = 997;
#else
  constexpr uint64_t kStep = 49999;  // under sanitizers, which have nothing to add to the digits
#endif
  std::vector<float> samples = edges<float>();
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += kStep)
    samples.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  for (const auto& function : functions<float, double>(2.0)) expect_accurate(function, samples);
}

TEST(MathDouble, WithinFourUlp) {
  if (std::numeric_limits<long double>::digits <= 53) GTEST_SKIP() << "long double has no more digits than double";
  std::vector<double> samples = edges<double>();
  const RandomStream stream(3, Purpose::shuffle);
  for (uint64_t i = 0; i < 60000; ++i) {
    const auto words = stream.words(i);
    const double unit = stream.uniform(i + 100000);
    samples.push_back(std::bit_cast<double>(static_cast<uint64_t>(words[0]) << 32 | words[1]));
    samples.push_back(2.0 * unit - 1.0);
    samples.push_back(50.0 * (unit - 0.5));
    samples.push_back(1500.0 * (unit - 0.5));
    samples.push_back(std::ldexp(unit, -static_cast<int>(words[2] % 70)));
  }
  for (const auto& function : functions<double, long double>(4.0)) expect_accurate(function, samples);
}

TEST(MathTurns, SineAndCosineOfWholeAndBrokenTurns) {
  const RandomStream stream(5, Purpose::shuffle);
  constexpr long double kTwoPi = 6.283185307179586476925286766559L;
  double worst = 0.0;
  for (uint64_t i = 0; i < 100000; ++i) {
    const double x = (stream.uniform(i) - 0.5) * (i % 2 == 0 ? 2.0 : 1000.0);
    const long double turn = static_cast<long double>(x) - std::nearbyint(static_cast<long double>(x));
    worst = std::max(worst, static_cast<double>(std::abs(sin_2pi(x) - std::sin(kTwoPi * turn))));
    worst = std::max(worst, static_cast<double>(std::abs(cos_2pi(x) - std::cos(kTwoPi * turn))));
  }
  EXPECT_LE(worst, 0x1p-52);
  for (const double whole : {0.0, 1.0, -3.0, 0x1p52, 0x1p60, 1e300}) {
    EXPECT_EQ(sin_2pi(whole), 0.0);
    EXPECT_EQ(cos_2pi(whole), 1.0);
  }
  EXPECT_EQ(sin_2pi(0.25), 1.0);
  EXPECT_EQ(cos_2pi(0.5), -1.0);
  EXPECT_EQ(cos_2pi(0.75), 0.0);
  EXPECT_TRUE(std::isnan(sin_2pi(HUGE_VAL)));
  EXPECT_TRUE(std::isnan(cos_2pi(std::nan(""))));
}

template <typename T>
class Math : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Math, Scalars);

TYPED_TEST(Math, SameBitsOnEveryTarget) {
  using T = TypeParam;
  std::vector<T> samples = edges<T>();
  const RandomStream stream(9, Purpose::shuffle);
  for (uint64_t i = 0; i < 4000; ++i) {
    const auto words = stream.words(i);
    if constexpr (sizeof(T) == 4) samples.push_back(std::bit_cast<float>(words[0]));
    if constexpr (sizeof(T) == 8)
      samples.push_back(std::bit_cast<double>(static_cast<uint64_t>(words[0]) << 32 | words[1]));
    samples.push_back(static_cast<T>(20.0 * (stream.uniform(i) - 0.5)));
  }
  for (const auto& function : functions<T, long double>(0.0)) {
    SCOPED_TRACE(function.name);
    std::vector<T> first;
    on_every_target([&] {
      std::vector<T> values;
      for (const T x : samples) values.push_back(function.ours(x));
      if (first.empty()) first = values;
      EXPECT_TRUE(same_bits(values, first));
    });
  }
}

TYPED_TEST(Math, SpansGiveTheBitsOfScalarsAtAnyLengthAndOffset) {
  using T = TypeParam;
  on_every_target([] {
    const std::vector<T> x = draw<T>(80, 4, Values::special);
    for (std::size_t count = 0; count <= 70; ++count) {
      const std::size_t offset = count % 7;
      const std::span<const T> in(x.data() + offset, count);
      std::vector<T> exps(count + 1, T(9)), logs(count + 1, T(9));
      exp<T>(in, std::span<T>(exps.data(), count));
      log<T>(in, std::span<T>(logs.data(), count));
      EXPECT_EQ(exps.back(), T(9));
      EXPECT_EQ(logs.back(), T(9));
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_TRUE(same_bits(exps[i], exp(in[i])));
        EXPECT_TRUE(same_bits(logs[i], log(in[i])));
      }
    }
  });
}

TYPED_TEST(Math, ExactWhereTheMathematicsIs) {
  using T = TypeParam;
  const T infinity = std::numeric_limits<T>::infinity();
  EXPECT_EQ(exp(T(0)), T(1));
  EXPECT_EQ(exp(-infinity), T(0));
  EXPECT_EQ(log(T(1)), T(0));
  EXPECT_EQ(log(T(0)), -infinity);
  EXPECT_EQ(log1p(T(-1)), -infinity);
  EXPECT_TRUE(std::isnan(log(T(-1))));
  EXPECT_TRUE(std::signbit(expm1(-T(0))));
  EXPECT_TRUE(std::signbit(log1p(-T(0))));
  EXPECT_TRUE(std::signbit(tanh(-T(0))));
  EXPECT_TRUE(std::signbit(erf(-T(0))));
  EXPECT_EQ(tanh(infinity), T(1));
  EXPECT_EQ(tanh(-infinity), T(-1));
  EXPECT_EQ(erf(infinity), T(1));
  EXPECT_EQ(sigmoid(T(0)), T(0.5));
  EXPECT_EQ(sigmoid(-infinity), T(0));
  EXPECT_EQ(softplus(std::numeric_limits<T>::max()), std::numeric_limits<T>::max());
}

}  // namespace
}  // namespace gradus::kernels
