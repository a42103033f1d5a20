#include "kernels/reductions.h"

#include "kernels/math.h"
#include "kernels/naive.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class Reductions : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Reductions, Scalars);

TYPED_TEST(Reductions, BlockedSumsMatchTheirNaiveTwins) {
  using T = TypeParam;
  for (const int64_t count : {0, 1, 2, 70, 255, 256, 257, 512, 700, 2047, 2048, 2049, 5000, 70001}) {
    SCOPED_TRACE(count);
    const std::vector<T> a = draw<T>(count, 1), b = draw<T>(count, 2);
    EXPECT_TRUE(same_bits(blocked_sum<T>(a), naive::blocked_sum<T>(a)));
    EXPECT_TRUE(same_bits(blocked_sum_of_squares<T>(a), naive::blocked_dot<T>(a, a)));
    EXPECT_TRUE(same_bits(blocked_dot<T>(a, b), naive::blocked_dot<T>(a, b)));
    BlockedSum one_by_one;
    for (const T value : a) one_by_one.add(static_cast<double>(value));
    EXPECT_TRUE(same_bits(one_by_one.total(), naive::blocked_sum<T>(a)));
    EXPECT_EQ(one_by_one.count(), count);
  }
}

/// Losses and deltas of one kernel.
template <typename T>
struct Outcome {
  std::vector<T> losses, delta;
};

template <typename T>
void expect_same(const Outcome<T>& ours, const Outcome<T>& twin, const char* what) {
  EXPECT_TRUE(same_bits(ours.losses, twin.losses)) << what;
  EXPECT_TRUE(same_bits(ours.delta, twin.delta)) << what;
}

template <typename T>
void expect_row_kernels_match(int64_t rows, int64_t columns, Values values) {
  SCOPED_TRACE(::testing::Message() << rows << " x " << columns);
  const auto seed = static_cast<uint64_t>(rows * 1000 + columns);
  const AwkwardMatrix<T> z(rows, columns, columns % 4, seed, values);
  const AwkwardMatrix<T> y(rows, columns, columns % 3, seed + 1);
  std::vector<T> labels;
  for (int64_t i = 0; i < rows; ++i) labels.push_back(static_cast<T>((i * 7) % columns));
  const T scale = T(1) / T(3);
  AwkwardMatrix<T> out(rows, columns, columns % 5, seed + 2), twin(rows, columns, 0, seed + 3);
  std::vector<T> losses(labels.size()), twin_losses(labels.size());

  softmax_rows<T>(z.view(), out.view());
  naive::softmax_rows<T>(z.view(), twin.view());
  EXPECT_TRUE(same_bits(out.values(), twin.values()));
  AwkwardMatrix<T> in_place = z;
  softmax_rows<T>(in_place.view(), in_place.view());
  EXPECT_TRUE(same_bits(in_place.values(), twin.values()));

  softmax_cross_entropy_rows<T>(z.view(), labels, scale, out.view(), losses);
  naive::softmax_cross_entropy_rows<T>(z.view(), labels, scale, twin.view(), twin_losses);
  expect_same<T>({losses, out.values()}, {twin_losses, twin.values()}, "softmax cross-entropy");
  in_place = z;
  softmax_cross_entropy_rows<T>(in_place.view(), labels, scale, in_place.view(), losses);
  expect_same<T>({losses, in_place.values()}, {twin_losses, twin.values()}, "softmax cross-entropy in place");
  softmax_cross_entropy_rows<T>(z.view(), labels, scale, {}, losses);
  EXPECT_TRUE(same_bits(losses, twin_losses));

  sigmoid_cross_entropy_rows<T>(z.view(), y.view(), scale, out.view(), losses);
  naive::sigmoid_cross_entropy_rows<T>(z.view(), y.view(), scale, twin.view(), twin_losses);
  expect_same<T>({losses, out.values()}, {twin_losses, twin.values()}, "sigmoid cross-entropy");
  sigmoid_cross_entropy_rows<T>(z.view(), y.view(), scale, {}, losses);
  EXPECT_TRUE(same_bits(losses, twin_losses));

  squared_error_rows<T>(z.view(), y.view(), scale, out.view(), losses);
  naive::squared_error_rows<T>(z.view(), y.view(), scale, twin.view(), twin_losses);
  expect_same<T>({losses, out.values()}, {twin_losses, twin.values()}, "squared error");
  EXPECT_TRUE(out.frame_intact());
}

TYPED_TEST(Reductions, RowKernelsMatchTheirNaiveTwinsOnEveryTarget) {
  on_every_target([] {
    for (int64_t columns = 1; columns <= 70; ++columns)
      expect_row_kernels_match<TypeParam>(columns % 4, columns, columns % 2 == 0 ? Values::special : Values::plain);
  });
}

TYPED_TEST(Reductions, LossesAreFiniteForFiniteLogits) {
  using T = TypeParam;
  const std::vector<T> z = {T(1000), T(-1000), T(0)};
  const std::vector<T> label = {T(1)};
  const std::vector<T> y = {T(0), T(1), T(1)};
  std::vector<T> loss(1), delta(3);
  softmax_cross_entropy_rows<T>({z.data(), 1, 3}, label, T(1), {delta.data(), 1, 3}, loss);
  EXPECT_EQ(loss[0], T(2000));
  EXPECT_THAT(delta, ::testing::ElementsAre(T(1), T(-1), T(0)));
  sigmoid_cross_entropy_rows<T>({z.data(), 1, 3}, {y.data(), 1, 3}, T(1), {delta.data(), 1, 3}, loss);
  EXPECT_NEAR(static_cast<double>(loss[0]), 2000.0 + std::log(2.0), 2e-4);
  EXPECT_THAT(delta, ::testing::ElementsAre(T(1), T(-1), T(-0.5)));
}

TYPED_TEST(Reductions, SigmoidCrossEntropyKeepsSmallLosses) {
  using T = TypeParam;
  const std::vector<T> z = {T(30)}, y = {T(1)};
  std::vector<T> loss(1);
  sigmoid_cross_entropy_rows<T>({z.data(), 1, 1}, {y.data(), 1, 1}, T(1), {}, loss);
  EXPECT_NEAR(static_cast<double>(loss[0]) / std::exp(-30.0), 1.0, 1e-6);
}

TYPED_TEST(Reductions, AllFiniteSeesEveryPosition) {
  using T = TypeParam;
  on_every_target([] {
    for (std::size_t count = 0; count <= 70; ++count) {
      std::vector<T> values(count, std::numeric_limits<T>::max());
      EXPECT_TRUE(all_finite<T>(values));
      for (std::size_t i = 0; i < count; ++i) {
        for (const T bad : {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::infinity()}) {
          values[i] = bad;
          EXPECT_FALSE(all_finite<T>(values));
        }
        values[i] = std::numeric_limits<T>::denorm_min();
      }
    }
  });
}

}  // namespace
}  // namespace gradus::kernels
