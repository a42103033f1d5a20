#include "kernels/adaptive_updates.h"

#include "kernels/naive.h"
#include "kernels/updates_test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class AdaptiveUpdates : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(AdaptiveUpdates, Scalars);

TYPED_TEST(AdaptiveUpdates, RmsPropMatchesItsNaiveTwin) {
  using T = TypeParam;
  const RmspropStep<T> step = {T(0.99), T(0.01), T(0.01), T(1e-8)};
  expect_same<T>([&](Vectors<T>& x) { rmsprop_update<T>(x.theta(), x.g(), x.second(), step); },
                 [&](Vectors<T>& x) { naive::rmsprop_update<T>(x.theta(), x.g(), x.second(), step); });
}

TYPED_TEST(AdaptiveUpdates, AdagradMatchesItsNaiveTwin) {
  using T = TypeParam;
  const AdagradStep<T> step = {T(0.1), T(1e-10)};
  expect_same<T>([&](Vectors<T>& x) { adagrad_update<T>(x.theta(), x.g(), x.second(), step); },
                 [&](Vectors<T>& x) { naive::adagrad_update<T>(x.theta(), x.g(), x.second(), step); });
}

TYPED_TEST(AdaptiveUpdates, AdadeltaMatchesItsNaiveTwin) {
  using T = TypeParam;
  const AdadeltaStep<T> step = {T(0.9), T(0.1), T(1), T(1e-6)};
  expect_same<T>([&](Vectors<T>& x) { adadelta_update<T>(x.theta(), x.g(), x.second(), x.third(), step); },
                 [&](Vectors<T>& x) { naive::adadelta_update<T>(x.theta(), x.g(), x.second(), x.third(), step); });
}

TYPED_TEST(AdaptiveUpdates, AmsGradMatchesItsNaiveTwin) {
  using T = TypeParam;
  const AdamStep<T> step = {T(0.9), T(0.999), T(0.1), T(0.001), T(0.003), T(1e-8), T(0.9999)};
  expect_same<T>(
      [&](Vectors<T>& x) { amsgrad_update<T>(x.theta(), x.g(), x.first(), x.second(), x.third(), step); },
      [&](Vectors<T>& x) { naive::amsgrad_update<T>(x.theta(), x.g(), x.first(), x.second(), x.third(), step); });
}

TYPED_TEST(AdaptiveUpdates, AdamaxMatchesItsNaiveTwin) {
  using T = TypeParam;
  const AdamaxStep<T> step = {T(0.9), T(0.1), T(0.999), T(0.003), T(1e-8)};
  expect_same<T>([&](Vectors<T>& x) { adamax_update<T>(x.theta(), x.g(), x.first(), x.second(), step); },
                 [&](Vectors<T>& x) { naive::adamax_update<T>(x.theta(), x.g(), x.first(), x.second(), step); });
}

TYPED_TEST(AdaptiveUpdates, NadamMatchesItsNaiveTwin) {
  using T = TypeParam;
  const NadamStep<T> step = {T(0.9), T(0.999), T(0.1), T(0.001), T(0.003), T(0.01), T(1e-8)};
  expect_same<T>([&](Vectors<T>& x) { nadam_update<T>(x.theta(), x.g(), x.first(), x.second(), step); },
                 [&](Vectors<T>& x) { naive::nadam_update<T>(x.theta(), x.g(), x.first(), x.second(), step); });
}

TYPED_TEST(AdaptiveUpdates, LionMatchesItsNaiveTwin) {
  using T = TypeParam;
  const LionStep<T> step = {T(0.9), T(0.99), T(0.1), T(0.01), T(0.003), T(0.9999)};
  expect_same<T>([&](Vectors<T>& x) { lion_update<T>(x.theta(), x.g(), x.first(), step); },
                 [&](Vectors<T>& x) { naive::lion_update<T>(x.theta(), x.g(), x.first(), step); });
}

TYPED_TEST(AdaptiveUpdates, RpropMatchesItsNaiveTwin) {
  using T = TypeParam;
  const RpropStep<T> step = {T(0.5), T(1.2), T(0.3), T(1.5)};
  expect_same<T>([&](Vectors<T>& x) { rprop_update<T>(x.theta(), x.g(), x.first(), x.second(), step); },
                 [&](Vectors<T>& x) { naive::rprop_update<T>(x.theta(), x.g(), x.first(), x.second(), step); });
}

TYPED_TEST(AdaptiveUpdates, RpropPlusMatchesItsNaiveTwin) {
  using T = TypeParam;
  const RpropStep<T> step = {T(0.5), T(1.2), T(0.3), T(1.5)};
  for (const bool worse : {false, true})
    expect_same<T>(
        [&](Vectors<T>& x) { rprop_plus_update<T>(x.theta(), x.g(), x.first(), x.second(), x.third(), worse, step); },
        [&](Vectors<T>& x) {
          naive::rprop_plus_update<T>(x.theta(), x.g(), x.first(), x.second(), x.third(), worse, step);
        });
}

}  // namespace
}  // namespace gradus::kernels
