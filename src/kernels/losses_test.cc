#include "kernels/losses.h"

#include <functional>

#include "kernels/naive.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class Losses : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Losses, Scalars);

template <typename T>
struct LossKernel {
  const char* name;
  bool labels;  ///< targets are class indices
  std::function<void(const LossRows<T>&)> ours, twin;
};

template <typename T>
std::vector<LossKernel<T>> loss_kernels() {
  using Rows = const LossRows<T>&;
  std::vector<LossKernel<T>> all = {
      {"squared_error", false, squared_error_rows<T>, naive::squared_error_rows<T>},
      {"absolute_error", false, absolute_error_rows<T>, naive::absolute_error_rows<T>},
      {"log_cosh", false, log_cosh_rows<T>, naive::log_cosh_rows<T>},
      {"poisson", false, poisson_rows<T>, naive::poisson_rows<T>},
      {"hinge", false, hinge_rows<T>, naive::hinge_rows<T>},
  };
  for (const double parameter : {0.0, 0.3, 1.0, 2.5}) {
    const T p = static_cast<T>(parameter);
    all.push_back({"softmax_focal", true, [=](Rows r) { softmax_focal_rows<T>(r, p); },
                   [=](Rows r) { naive::softmax_focal_rows<T>(r, p); }});
    all.push_back({"sigmoid_focal", false, [=](Rows r) { sigmoid_focal_rows<T>(r, p); },
                   [=](Rows r) { naive::sigmoid_focal_rows<T>(r, p); }});
    if (p > T(0))
      all.push_back(
          {"huber", false, [=](Rows r) { huber_rows<T>(r, p); }, [=](Rows r) { naive::huber_rows<T>(r, p); }});
    if (parameter >= 1.0) continue;
    all.push_back({"softmax_cross_entropy", true, [=](Rows r) { softmax_cross_entropy_rows<T>(r, parameter); },
                   [=](Rows r) { naive::softmax_cross_entropy_rows<T>(r, parameter); }});
    all.push_back({"sigmoid_cross_entropy", false, [=](Rows r) { sigmoid_cross_entropy_rows<T>(r, parameter); },
                   [=](Rows r) { naive::sigmoid_cross_entropy_rows<T>(r, parameter); }});
  }
  return all;
}

template <typename T>
void expect_kernel_matches(const LossKernel<T>& kernel, int64_t rows, int64_t columns, Values values) {
  SCOPED_TRACE(::testing::Message() << kernel.name << " " << rows << " x " << columns);
  const auto seed = static_cast<uint64_t>(rows * 1000 + columns);
  const AwkwardMatrix<T> z(rows, columns, columns % 4, seed, values);
  AwkwardMatrix<T> y(rows, kernel.labels ? 1 : columns, columns % 3, seed + 1);
  for (int64_t i = 0; kernel.labels && i < rows; ++i) y.view()(i, 0) = static_cast<T>((i * 7) % columns);
  const T scale = T(1) / T(3);
  AwkwardMatrix<T> out(rows, columns, columns % 5, seed + 2), twin(rows, columns, 0, seed + 3);
  std::vector<T> losses(static_cast<std::size_t>(rows)), twin_losses(losses.size());
  const auto run = [&](const auto& function, MatrixView<const T> from, MatrixView<T> delta, std::span<T> to) {
    function(LossRows<T>{from, std::as_const(y).view(), scale, delta, to});
  };

  run(kernel.twin, z.view(), twin.view(), twin_losses);
  run(kernel.ours, z.view(), out.view(), losses);
  EXPECT_TRUE(same_bits(losses, twin_losses));
  EXPECT_TRUE(same_bits(out.values(), twin.values()));
  EXPECT_TRUE(out.frame_intact());

  AwkwardMatrix<T> in_place = z;
  run(kernel.ours, in_place.view(), in_place.view(), losses);
  EXPECT_TRUE(same_bits(losses, twin_losses)) << "in place";
  EXPECT_TRUE(same_bits(in_place.values(), twin.values())) << "in place";

  std::fill(losses.begin(), losses.end(), T(-1));
  run(kernel.ours, z.view(), {}, losses);
  EXPECT_TRUE(same_bits(losses, twin_losses)) << "losses only";
}

TYPED_TEST(Losses, MatchTheirNaiveTwinsOnEveryTarget) {
  using T = TypeParam;
  on_every_target([] {
    for (const LossKernel<T>& kernel : loss_kernels<T>())
      for (int64_t columns = 1; columns <= 70; ++columns)
        expect_kernel_matches(kernel, columns % 4, columns, columns % 2 == 0 ? Values::special : Values::plain);
  });
}

TYPED_TEST(Losses, OfManyRowsOfFewOutputsMatchTheirNaiveTwinsOnEveryTarget) {
  using T = TypeParam;
  on_every_target([] {
    for (const LossKernel<T>& kernel : loss_kernels<T>())
      for (const int64_t columns : {1, 2, 3, 10, 16, 17})
        for (const int64_t rows : {2, 16, 37})
          expect_kernel_matches(kernel, rows, columns, rows == 16 ? Values::special : Values::plain);
  });
}

TYPED_TEST(Losses, SoftmaxMatchesItsNaiveTwinOnEveryTarget) {
  using T = TypeParam;
  on_every_target([] {
    for (int64_t columns = 1; columns <= 70; ++columns) {
      AwkwardMatrix<T> z(columns % 4, columns, columns % 3, 5, columns % 2 == 0 ? Values::special : Values::plain);
      AwkwardMatrix<T> out = z, twin = z;
      naive::softmax_rows<T>(z.view(), twin.view());
      softmax_rows<T>(z.view(), out.view());
      EXPECT_TRUE(same_bits(out.values(), twin.values()));
      softmax_rows<T>(z.view(), z.view());
      EXPECT_TRUE(same_bits(z.values(), twin.values()));
    }
  });
}

template <typename T>
void expect_quantiles_match(std::span<const double> taus, int64_t targets, Values values) {
  const auto count = static_cast<int64_t>(taus.size());
  const int64_t rows = targets % 4, outputs = targets * count;
  SCOPED_TRACE(::testing::Message() << rows << " x " << targets << " x " << count);
  const AwkwardMatrix<T> z(rows, outputs, outputs % 4, 11, values), y(rows, targets, outputs % 3, 12);
  AwkwardMatrix<T> out(rows, outputs, outputs % 5, 13), twin(rows, outputs, 0, 14), scratch(rows, outputs, 1, 15);
  std::vector<T> losses(static_cast<std::size_t>(rows)), twin_losses(losses.size());
  const T scale = T(1) / T(3);

  naive::quantile_outputs_rows<T>(z.view(), count, twin.view());
  quantile_outputs_rows<T>(z.view(), count, out.view());
  EXPECT_TRUE(same_bits(out.values(), twin.values()));
  AwkwardMatrix<T> in_place = z;
  quantile_outputs_rows<T>(in_place.view(), count, in_place.view());
  EXPECT_TRUE(same_bits(in_place.values(), twin.values())) << "in place";

  naive::quantile_rows<T>({z.view(), y.view(), scale, twin.view(), twin_losses}, taus);
  quantile_rows<T>({z.view(), y.view(), scale, out.view(), losses}, taus, scratch.view());
  EXPECT_TRUE(same_bits(losses, twin_losses));
  EXPECT_TRUE(same_bits(out.values(), twin.values()));
  EXPECT_TRUE(out.frame_intact() && scratch.frame_intact());
  in_place = z;
  quantile_rows<T>({in_place.view(), y.view(), scale, in_place.view(), losses}, taus, scratch.view());
  EXPECT_TRUE(same_bits(in_place.values(), twin.values())) << "in place";
  std::fill(losses.begin(), losses.end(), T(-1));
  quantile_rows<T>({z.view(), y.view(), scale, {}, losses}, taus, scratch.view());
  EXPECT_TRUE(same_bits(losses, twin_losses)) << "losses only";
}

TYPED_TEST(Losses, QuantilesMatchTheirNaiveTwinsOnEveryTarget) {
  using T = TypeParam;
  on_every_target([] {
    std::vector<double> taus;
    for (int count = 1; count <= 20; ++count) {
      taus.push_back(0.04 * count);
      for (const int64_t targets : {1, 2, 3, 5})
        expect_quantiles_match<T>(taus, targets, count % 2 == 0 ? Values::special : Values::plain);
    }
  });
}

TYPED_TEST(Losses, QuantilesNeverCross) {
  using T = TypeParam;
  const int64_t rows = 2000, count = 9;
  std::vector<T> z = draw<T>(rows * count, 3);
  for (std::size_t i = 0; i < z.size(); ++i) z[i] *= static_cast<T>(std::pow(10.0, static_cast<double>(i % 7) - 3.0));
  quantile_outputs_rows<T>({z.data(), rows, count}, count, {z.data(), rows, count});
  for (std::size_t i = 0; i < z.size(); ++i) {
    if (i % static_cast<std::size_t>(count) == 0) continue;
    ASSERT_GE(z[i], z[i - 1]) << i;
  }
}

/// Loss and deltas of one row.
template <typename T>
struct OneRow {
  OneRow(const std::function<void(const LossRows<T>&)>& kernel, std::vector<T> z, std::vector<T> y) : delta(z.size()) {
    std::vector<T> losses(1);
    const auto outputs = static_cast<int64_t>(z.size());
    kernel({{z.data(), 1, outputs},
            {y.data(), 1, static_cast<int64_t>(y.size())},
            T(1),
            {delta.data(), 1, outputs},
            losses});
    loss = losses[0];
  }
  T loss;
  std::vector<T> delta;
};

TYPED_TEST(Losses, AreFiniteForFiniteLogits) {
  using T = TypeParam;
  for (const LossKernel<T>& kernel : loss_kernels<T>()) {
    SCOPED_TRACE(kernel.name);
    const std::string name = kernel.name;
    if (name == "poisson" || name == "squared_error") continue;  // exp(z) and e^2 themselves leave the range
    for (const T large : {T(1000), std::numeric_limits<T>::max() / T(16)}) {
      const std::vector<T> z = {large, -large, T(0)};
      const std::vector<T> wrong = kernel.labels ? std::vector<T>{T(1)} : std::vector<T>{T(0), T(1), T(1)};
      const OneRow<T> row(kernel.ours, z, wrong);
      EXPECT_TRUE(std::isfinite(row.loss));
      for (const T delta : row.delta) EXPECT_TRUE(std::isfinite(delta));
    }
  }
}

TYPED_TEST(Losses, CrossEntropiesOfLargeLogits) {
  using T = TypeParam;
  const std::vector<T> z = {T(1000), T(-1000), T(0)};
  const OneRow<T> softmax([](const auto& r) { softmax_cross_entropy_rows<T>(r, 0.0); }, z, {T(1)});
  EXPECT_EQ(softmax.loss, T(2000));
  EXPECT_THAT(softmax.delta, ::testing::ElementsAre(T(1), T(-1), T(0)));
  const OneRow<T> sigmoid([](const auto& r) { sigmoid_cross_entropy_rows<T>(r, 0.0); }, z, {T(0), T(1), T(1)});
  EXPECT_NEAR(static_cast<double>(sigmoid.loss), 2000.0 + std::log(2.0), 2e-4);
  EXPECT_THAT(sigmoid.delta, ::testing::ElementsAre(T(1), T(-1), T(-0.5)));
}

// Small losses keep their digits: 1 - p and log p come from what is small, not from its difference to 1.
TYPED_TEST(Losses, SmallLossesAreNotCancelledAway) {
  using T = TypeParam;
  const auto relative = [](T found, double expected) { return std::abs(static_cast<double>(found) / expected - 1.0); };
  const double e30 = std::exp(-30.0);
  const OneRow<T> sigmoid([](const auto& r) { sigmoid_cross_entropy_rows<T>(r, 0.0); }, {T(30)}, {T(1)});
  EXPECT_LT(relative(sigmoid.loss, e30), 1e-6);
  const OneRow<T> sigmoid_focal([](const auto& r) { sigmoid_focal_rows<T>(r, T(1)); }, {T(30)}, {T(1)});
  EXPECT_LT(relative(sigmoid_focal.loss, e30 * e30), 1e-5);
  EXPECT_LT(relative(sigmoid_focal.delta[0], -2.0 * e30 * e30), 1e-5);
  const OneRow<T> focal([](const auto& r) { softmax_focal_rows<T>(r, T(1)); }, {T(0), T(30)}, {T(1)});
  EXPECT_LT(relative(focal.loss, e30 * e30), 1e-5);
  EXPECT_LT(relative(focal.delta[1], -2.0 * e30 * e30), 1e-5);
  const OneRow<T> log_cosh([](const auto& r) { log_cosh_rows<T>(r); }, {T(1e-3)}, {T(0)});
  EXPECT_LT(relative(log_cosh.loss, 0.5e-6 - 1e-12 / 12.0), 4e-6);  // e^2/2 - e^4/12
}

TYPED_TEST(Losses, OfNotANumberAreNotANumber) {
  using T = TypeParam;
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (const LossKernel<T>& kernel : loss_kernels<T>()) {
    const OneRow<T> row(kernel.ours, {T(1), nan}, kernel.labels ? std::vector<T>{T(0)} : std::vector<T>{T(0), T(1)});
    EXPECT_TRUE(std::isnan(row.loss)) << kernel.name;
  }
}

}  // namespace
}  // namespace gradus::kernels
