#include "kernels/regularise.h"

#include "kernels/column_moments.h"
#include "kernels/naive.h"
#include "kernels/updates_test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class Regularise : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Regularise, Scalars);

TYPED_TEST(Regularise, L1MatchesItsNaiveTwin) {
  using T = TypeParam;
  expect_same<T>([](Vectors<T>& x) { add_l1<T>(x.g(), T(0.3), x.theta()); },
                 [](Vectors<T>& x) { naive::add_l1<T>(x.g(), T(0.3), x.theta()); });
}

TYPED_TEST(Regularise, ClippingMatchesItsNaiveTwin) {
  using T = TypeParam;
  expect_same<T>([](Vectors<T>& x) { clip<T>(x.theta(), T(0.4)); },
                 [](Vectors<T>& x) { naive::clip<T>(x.theta(), T(0.4)); });
}

TYPED_TEST(Regularise, ScalingIsOneProductAnElement) {
  using T = TypeParam;
  expect_same<T>([](Vectors<T>& x) { scale<T>(x.theta(), T(0.7)); },
                 [](Vectors<T>& x) {
                   for (T& value : x.theta()) value *= T(0.7);
                 });
  expect_same<T>([](Vectors<T>& x) { scale_by<T>(x.theta(), x.g()); },
                 [](Vectors<T>& x) {
                   for (std::size_t i = 0; i < x.g().size(); ++i) x.theta()[i] *= x.g()[i];
                 });
}

TYPED_TEST(Regularise, AveragesMatchTheirNaiveTwin) {
  using T = TypeParam;
  expect_same<T>([](Vectors<T>& x) { move_average<T>(x.g(), T(0.01), x.theta()); },
                 [](Vectors<T>& x) { naive::move_average<T>(x.g(), T(0.01), x.theta()); });
}

TYPED_TEST(Regularise, SignsMatchTheirNaiveTwin) {
  using T = TypeParam;
  std::vector<T> units;
  for (int i = 0; i < 70; ++i) units.push_back(static_cast<T>(i % 3 - 1));
  for (const T sign : {T(1), T(-1), T(0)}) {
    const auto first = [&](std::size_t count) { return std::span<const T>(units).first(count); };
    expect_same<T>([&](Vectors<T>& x) { keep_signs<T>(x.theta(), sign, first(x.theta().size())); },
                   [&](Vectors<T>& x) { naive::keep_signs<T>(x.theta(), sign, first(x.theta().size())); });
  }
}

TEST(KeepSigns, ByHand) {
  std::vector<double> row = {2.0, -3.0, 4.0, -5.0, 6.0};
  const std::vector<double> units = {1.0, 1.0, -1.0, -1.0, 0.0};
  keep_signs<double>(row, 1.0, units);
  EXPECT_EQ(row, (std::vector<double>{2.0, 0.0, 0.0, -5.0, 0.0}));
}

TYPED_TEST(Regularise, ColumnSumsMatchTheirNaiveTwins) {
  using T = TypeParam;
  for (const int64_t rows : {0, 1, 5, 255, 256, 257, 513, 1700}) {
    for (const int64_t columns : {1, 3, 8, 19}) {
      const int64_t stride = columns + 3;
      const std::vector<T> a = draw<T>(rows * stride + 1, 1), b = draw<T>(rows * stride + 1, 2);
      const std::vector<double> centre = draw<double>(columns, 3);
      const MatrixView<const T> x(a.data() + 1, rows, columns, stride), y(b.data(), rows, columns, stride);
      const auto width = static_cast<std::size_t>(columns);
      std::vector<double> expected(width), found(width);
      on_every_target([&] {
        naive::blocked_column_sums<T>(x, expected.data());
        blocked_column_sums<T>(x, found.data());
        EXPECT_TRUE(same_bits(found, expected));
        for (const double* middle : {static_cast<const double*>(nullptr), centre.data()}) {
          naive::blocked_column_squares<T>(x, middle, expected.data());
          blocked_column_squares<T>(x, middle, found.data());
          EXPECT_TRUE(same_bits(found, expected));
        }
        naive::blocked_column_dots<T>(x, y, expected.data());
        blocked_column_dots<T>(x, y, found.data());
        EXPECT_TRUE(same_bits(found, expected));
      });
    }
  }
}

}  // namespace
}  // namespace gradus::kernels
