#include "train/table_residuals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "kernels/target.h"
#include "nn/pass.h"

namespace gradus {
namespace {

constexpr int64_t kRows = 300;  // more than a chunk of two outputs
constexpr int64_t kInputs = 3;

/// Points of single precision, so that float and double see the same; the last column of the targets holds weights.
template <typename T>
struct Points {
  Points() : x(kRows * kInputs), y(kRows * 3), rows(kRows) {
    const RandomStream draws(3, Purpose::gradcheck);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<float>(2.0 * draws.uniform(i) - 1.0));
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = static_cast<T>(static_cast<float>(draws.uniform(10000 + i)) + (i % 3 == 2 ? 0.5f : 0.0f));
    std::iota(rows.rbegin(), rows.rend(), 0u);
  }
  ObjectiveRows<T> weighted() const { return {{x.data(), kRows, kInputs}, {y.data(), kRows, 3}, rows}; }
  ObjectiveRows<T> plain() const { return {{x.data(), kRows, kInputs}, {y.data(), kRows, 2, 3}, rows}; }
  std::vector<T> x, y;
  std::vector<uint32_t> rows;
};

std::vector<NetworkSpec> networks() {
  const Head identity{}, sigmoid{Loss::squared_error, Activation::sigmoid};
  const HiddenLayer plain{5, Activation::tanh}, other{4, Activation::gelu};
  HiddenLayer normed{4, Activation::silu, 0.3, Normalization::layer, true};
  return {multilayer(kInputs, {}, 2, identity), multilayer(kInputs, std::vector{plain, other}, 2, identity),
          multilayer(kInputs, std::vector{plain}, 2, sigmoid),
          multilayer(kInputs, std::vector{normed, normed}, 2, identity)};
}

std::vector<double> start_of(const NetworkSpec& spec) {
  BasicNetwork<double> network(spec);
  network.initialize(2);
  std::vector<double> theta(network.parameters().begin(), network.parameters().end());
  const RandomStream draws(8, Purpose::gradcheck);
  for (std::size_t j = 0; j < theta.size(); ++j) theta[j] += 0.2 * draws.uniform(j);  // biases and shifts off 0
  return theta;
}

/// Every residual on its own, row by row: sqrt(w / m) (a - y), then sqrt(lambda / m) Theta.
std::vector<double> residuals(const NetworkSpec& spec, const ObjectiveRows<double>& data, double l2,
                              const std::vector<double>& theta) {
  const Plan plan = compile(spec);
  Workspace<double> workspace(plan, 1, true);
  ThreadPool pool;
  std::vector<double> out;
  const auto m = static_cast<double>(data.rows.size());
  for (const uint32_t row : data.rows) {
    const MatrixView<double> z = forward<double>(plan, theta, data.features.rows(row, 1), nullptr, workspace, pool);
    const double weight = data.targets.columns() > 2 ? data.targets(row, 2) : 1.0;
    for (int64_t k = 0; k < 2; ++k) {
      const double a = spec.head.activation == Activation::sigmoid ? 1.0 / (1.0 + std::exp(-z(0, k))) : z(0, k);
      out.push_back(std::sqrt(weight / m) * (a - data.targets(row, k)));
    }
  }
  for (const AffineLayout& layout : plan.affines)
    for (int64_t j = layout.weight_offset; j < layout.bias_offset; ++j)
      out.push_back(std::sqrt(l2 / m) * theta[static_cast<std::size_t>(j)]);
  return out;
}

struct Linearised {
  explicit Linearised(std::size_t count) : normal(count * count), gradient(count) {}
  MatrixView<double> square() { return {normal.data(), std::ssize(gradient), std::ssize(gradient)}; }
  double value = 0.0;
  std::vector<double> normal, gradient;
};

template <typename T>
Linearised linearised(const NetworkSpec& spec, const ObjectiveRows<T>& data, const TrainerOptions& options) {
  const std::vector<double> theta = start_of(spec);
  TableResiduals<T> table(spec, data, options);
  Linearised found(theta.size());
  found.value = table.linearise(theta, found.square(), found.gradient);
  return found;
}

void expect_the_sums_of_its_residuals(const NetworkSpec& spec, const ObjectiveRows<double>& data, double l2) {
  std::vector<double> theta = start_of(spec);
  const std::vector<double> r = residuals(spec, data, l2, theta);
  std::vector<std::vector<double>> j;  // by parameter
  for (double& value : theta) {
    const double at = value, h = 1e-5;
    value = at + h;
    std::vector<double> column = residuals(spec, data, l2, theta);
    value = at - h;
    const std::vector<double> below = residuals(spec, data, l2, theta);
    value = at;
    for (std::size_t i = 0; i < r.size(); ++i) column[i] = (column[i] - below[i]) / (2.0 * h);
    j.push_back(std::move(column));
  }
  const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  Linearised found = linearised<double>(spec, data, {.l2 = l2});
  EXPECT_NEAR(found.value, 0.5 * dot(r, r), 1e-12);
  for (std::size_t a = 0; a < theta.size(); ++a) {
    EXPECT_NEAR(found.gradient[a], dot(j[a], r), 1e-7) << a;
    for (std::size_t b = 0; b <= a; ++b)
      EXPECT_NEAR(found.square()(static_cast<int64_t>(a), static_cast<int64_t>(b)), dot(j[a], j[b]), 1e-7)
          << a << ", " << b;
  }
}

TEST(TableResiduals, NormalEquationsAreTheSumsOfItsResiduals) {
  const Points<double> points;
  for (const NetworkSpec& spec : networks()) expect_the_sums_of_its_residuals(spec, points.plain(), 0.0);
}

TEST(TableResiduals, WeightsOfRowsAndL2EnterEverySum) {
  const Points<double> points;
  for (const NetworkSpec& spec : networks()) expect_the_sums_of_its_residuals(spec, points.weighted(), 20.0);
}

TEST(TableResiduals, CurvatureIsTheSecondDerivativePulledBack) {
  const Points<double> points;
  for (const NetworkSpec& spec : networks()) {
    std::vector<double> theta = start_of(spec), velocity(theta.size()), bend(theta.size());
    const RandomStream draws(9, Purpose::gradcheck);
    for (std::size_t j = 0; j < velocity.size(); ++j) velocity[j] = draws.uniform(j) - 0.5;
    TableResiduals<double> table(spec, points.weighted(), {.l2 = 20.0});
    table.curvature(theta, velocity, 1e-3, bend);
    const auto moved = [&](double by) {
      std::vector<double> at = theta;
      for (std::size_t j = 0; j < at.size(); ++j) at[j] += by * velocity[j];
      return residuals(spec, points.weighted(), 20.0, at);
    };
    std::vector<double> second = moved(0.0);
    const std::vector<double> ahead = moved(2e-3), behind = moved(-2e-3);  // another step than the table takes
    for (std::size_t i = 0; i < second.size(); ++i) second[i] = (ahead[i] - 2.0 * second[i] + behind[i]) / 4e-6;
    for (std::size_t j = 0; j < theta.size(); ++j) {
      const double at = theta[j], h = 1e-5;
      theta[j] = at + h;
      const std::vector<double> above = residuals(spec, points.weighted(), 20.0, theta);
      theta[j] = at - h;
      const std::vector<double> below = residuals(spec, points.weighted(), 20.0, theta);
      theta[j] = at;
      double expected = 0.0;
      for (std::size_t i = 0; i < second.size(); ++i) expected += (above[i] - below[i]) / (2.0 * h) * second[i];
      EXPECT_NEAR(bend[j], expected, 1e-3) << j;  // of the order of the steps squared
    }
  }
}

TEST(TableResiduals, SameBitsForThreadsTargetsAndPrecision) {
  const Points<double> wide;
  const Points<float> narrow;
  const NetworkSpec spec = multilayer(kInputs, std::vector<HiddenLayer>{{70, Activation::tanh}}, 2, {});
  const Linearised expected = linearised<double>(spec, wide.weighted(), {.l2 = 1.0});
  for (const std::string& target : kernels::available_targets()) {
    ASSERT_TRUE(kernels::set_target(target));
    for (const int threads : {1, 2, 3}) {
      const Linearised found = linearised<float>(spec, narrow.weighted(), {.l2 = 1.0, .threads = threads});
      EXPECT_EQ(found.value, expected.value) << target;
      EXPECT_EQ(found.gradient, expected.gradient) << target;
      EXPECT_EQ(found.normal, expected.normal) << target;
    }
  }
  kernels::set_target("auto");
}

}  // namespace
}  // namespace gradus
