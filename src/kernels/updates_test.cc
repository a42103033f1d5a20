#include "kernels/updates.h"

#include <limits>

#include "kernels/naive.h"
#include "kernels/updates_test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class Updates : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Updates, Scalars);

TYPED_TEST(Updates, L2MatchesItsNaiveTwin) {
  using T = TypeParam;
  expect_same<T>([](Vectors<T>& x) { add_l2<T>(x.g(), T(0.3), x.theta()); },
                 [](Vectors<T>& x) { naive::add_l2<T>(x.g(), T(0.3), x.theta()); });
}

TYPED_TEST(Updates, SgdMatchesItsNaiveTwin) {
  using T = TypeParam;
  expect_same<T>([](Vectors<T>& x) { sgd_update<T>(x.theta(), x.g(), T(0.1)); },
                 [](Vectors<T>& x) { naive::sgd_update<T>(x.theta(), x.g(), T(0.1)); });
}

TYPED_TEST(Updates, MomentumMatchesItsNaiveTwin) {
  using T = TypeParam;
  for (const bool nesterov : {false, true})
    expect_same<T>(
        [&](Vectors<T>& x) { momentum_update<T>(x.theta(), x.g(), x.first(), T(0.1), T(0.9), nesterov); },
        [&](Vectors<T>& x) { naive::momentum_update<T>(x.theta(), x.g(), x.first(), T(0.1), T(0.9), nesterov); });
}

TYPED_TEST(Updates, AdamMatchesItsNaiveTwin) {
  using T = TypeParam;
  const AdamStep<T> step = {T(0.9), T(0.999), T(0.1), T(0.001), T(0.003), T(1e-8), T(0.9999)};
  expect_same<T>([&](Vectors<T>& x) { adam_update<T>(x.theta(), x.g(), x.first(), x.second(), step); },
                 [&](Vectors<T>& x) { naive::adam_update<T>(x.theta(), x.g(), x.first(), x.second(), step); });
}

// Of a unit that no row wakes any more.
TYPED_TEST(Updates, MomentsThatOnlyDecayEndAtZero) {
  using T = TypeParam;
  const T least = std::numeric_limits<T>::min();
  T theta[] = {T(1)}, m[] = {least * T(3)}, v[] = {least * T(3)}, velocity[] = {-least * T(3)};
  const T g[] = {T(0)};
  const AdamStep<T> step = {T(0.9), T(0.9), T(0.1), T(0.1), T(0.003), T(1e-8), T(1)};
  for (int i = 0; i < 20; ++i) {
    adam_update<T>(theta, g, m, v, step);
    momentum_update<T>(theta, g, velocity, T(0.1), T(0.9), false);
    EXPECT_TRUE(m[0] == T(0) || m[0] >= least);
  }
  EXPECT_EQ(m[0], T(0));
  EXPECT_EQ(v[0], T(0));
  EXPECT_EQ(velocity[0], T(0));
}

// One step by hand: m = 0.1 g, v = 0.001 g^2, both corrections undo their factors, so theta moves by eta sign(g).
TEST(AdamStep, FirstStepMovesByTheLearningRate) {
  double theta[] = {1.0, 1.0}, m[] = {0.0, 0.0}, v[] = {0.0, 0.0};
  const double g[] = {4.0, -0.5};
  const AdamStep<double> step = {0.9, 0.999, 0.1, 0.001, 0.01 * std::sqrt(0.001) / 0.1, 0.0, 1.0};
  adam_update<double>(theta, g, m, v, step);
  EXPECT_NEAR(theta[0], 0.99, 1e-15);
  EXPECT_NEAR(theta[1], 1.01, 1e-15);
}

}  // namespace
}  // namespace gradus::kernels
