// Calibration of networks that pass their features on, so that scores, margins and probabilities are by hand.
#include "train/calibrate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "gradus/predictor.h"

namespace gradus {
namespace {

/// z = x + bias.
BasicNetwork<double> identity_network(int64_t width, const Head& head, const std::vector<double>& bias = {}) {
  BasicNetwork<double> network(multilayer(width, {}, width, head));
  for (int64_t k = 0; k < width; ++k) network.weight(0)(k, k) = 1.0;
  for (std::size_t k = 0; k < bias.size(); ++k) network.bias(0)[k] = bias[k];
  return network;
}

ModelData model_of(Task task, BasicNetwork<double> network, std::vector<TargetColumn> columns,
                   std::vector<std::string> classes = {}) {
  ModelData model;
  model.targets.task = task;
  model.targets.columns = std::move(columns);
  model.targets.classes = std::move(classes);
  model.network = std::move(network);
  return model;
}

/// Rows of `x` and `y`, all of them held out.
struct Rows {
  Rows(std::vector<double> x_values, std::vector<double> y_values, int64_t count)
      : x(std::move(x_values)), y(std::move(y_values)), indices(static_cast<std::size_t>(count)) {
    std::iota(indices.begin(), indices.end(), 0u);
  }
  HeldOutRows<double> held_out() const {
    const auto count = std::ssize(indices);
    return {{x.data(), count, std::ssize(x) / count}, {y.data(), count, std::ssize(y) / count}, indices};
  }
  std::vector<double> x, y;
  std::vector<uint32_t> indices;
};

double sigmoid(double z) {
  return 1.0 / (1.0 + std::exp(-z));
}

// Errors 1 to 9 and then 0: of ten scores the ceil(11 x 0.8) = 9th smallest, 8, in units of which 10 are one of the
// network's.
TEST(Calibrate, AMarginIsInTheUnitsOfItsTarget) {
  ModelData model =
      model_of(Task::regression, identity_network(1, {}), {TargetColumn{.name = "y", .mean = 50.0, .scale = 0.1}});
  const Rows rows({0, 0, 0, 0, 0, 5, 5, 5, 5, 5}, {1, -2, 3, -4, 5, -1, 12, -3, 14, 5}, 10);
  learn_coverage(model, rows.held_out(), 0.8, 1);
  ASSERT_EQ(model.calibration.margins.size(), 1u);
  EXPECT_NEAR(model.calibration.margins[0], 80.0, 1e-12);
  EXPECT_EQ(model.calibration.coverage_rows, 10);
}

// Quantiles at -1 and 1: how far outside, on either side, or how far inside below 0.
TEST(Calibrate, AMarginOfQuantilesIsOfBothSides) {
  Head head{Loss::quantile, Activation::identity};
  head.quantiles = {0.25, 0.75};
  const double two = std::log(std::expm1(2.0));  // softplus of it is 2
  const auto margin = [&](const std::vector<double>& y, double coverage) {
    ModelData model =
        model_of(Task::regression, identity_network(2, head, {-1.0, two}), {TargetColumn{.name = "y", .scale = 0.5}});
    const Rows rows(std::vector<double>(2 * y.size(), 0.0), y, std::ssize(y));
    learn_coverage(model, rows.held_out(), coverage, 1);
    return model.calibration.margins[0];
  };
  EXPECT_NEAR(margin({3.0, -4.0, 0.0, 0.5}, 0.8), 2.0 * 3.0, 1e-12);    // 2, 3, -1, -0.5: the 4th
  EXPECT_NEAR(margin({4.0, -3.0, 0.0, 0.5}, 0.8), 2.0 * 3.0, 1e-12);    // 3, 2, -1, -0.5
  EXPECT_NEAR(margin({0.25, -0.5, 0.0, 0.5}, 0.6), 2.0 * -0.5, 1e-12);  // -0.75, -0.5, -1, -0.5: the 3rd
}

TEST(Calibrate, ASetHoldsClassesAsProbableAsRowsHadTheirs) {
  ModelData model =
      model_of(Task::classification, identity_network(2, {Loss::softmax_cross_entropy, Activation::identity}),
               {TargetColumn{.name = "y"}}, {"a", "b"});
  const Rows rows({0, 1, 0, 2, 3, 0, 0, 4}, {1, 1, 0, 0}, 4);  // p of the row's class: s(1), s(2), s(3), s(-4)
  learn_coverage(model, rows.held_out(), 0.6, 1);              // ceil(5 x 0.6) = 3rd smallest of -p
  EXPECT_NEAR(model.calibration.least_probability, sigmoid(1.0), 1e-12);
}

// The least probable label that a row has counts, and a row without labels fits any set.
TEST(Calibrate, ASetOfLabelsHoldsThemAll) {
  ModelData model = model_of(Task::multilabel, identity_network(2, {Loss::sigmoid_cross_entropy, Activation::identity}),
                             {TargetColumn{.name = "p"}, TargetColumn{.name = "q"}});
  const Rows rows({3, -1, -2, 4, 1, 2, -5, -5}, {1, 1, 0, 1, 1, 0, 0, 0}, 4);  // s(-1), s(4), s(1), 1
  learn_coverage(model, rows.held_out(), 0.8, 1);                              // the 4th smallest of -p
  EXPECT_NEAR(model.calibration.least_probability, sigmoid(-1.0), 1e-12);
}

/// What the predictor gives for `z`.
std::vector<double> predicted(const Head& head, const std::vector<double>& z) {
  BasicPredictor<double> predictor(identity_network(std::ssize(z), head));
  std::vector<double> out(z.size());
  predictor.predict(z, out);
  return out;
}

TEST(Calibrate, LogitsAreDividedByTemperatures) {
  Head softmax{Loss::softmax_cross_entropy, Activation::identity};
  softmax.temperatures = {2.0};
  EXPECT_NEAR(predicted(softmax, {3.0, -1.0})[0], sigmoid(4.0 / 2.0), 1e-12);
  Head sigmoids{Loss::sigmoid_cross_entropy, Activation::identity};
  sigmoids.temperatures = {2.0, 0.5};
  const std::vector<double> labels = predicted(sigmoids, {3.0, -1.0});
  EXPECT_NEAR(labels[0], sigmoid(3.0 / 2.0), 1e-12);
  EXPECT_NEAR(labels[1], sigmoid(-1.0 / 0.5), 1e-12);
}

// Two labels, of which one is right in 60 of 80 rows where it claims sigmoid(4), the other as often as it claims.
TEST(Calibrate, EachLabelLearnsItsOwnTemperature) {
  ModelData model = model_of(Task::multilabel, identity_network(2, {Loss::sigmoid_cross_entropy, Activation::identity}),
                             {TargetColumn{.name = "p"}, TargetColumn{.name = "q"}});
  std::vector<double> x, y;
  for (int row = 0; row < 80; ++row) {
    x.insert(x.end(), {4.0, std::log(3.0)});
    y.insert(y.end(), {row < 60 ? 1.0 : 0.0, row % 4 > 0 ? 1.0 : 0.0});
  }
  const Rows rows(x, y, 80);
  const HeldOutRows<double> held_out = rows.held_out();
  learn_temperatures<double>(model, std::span(&held_out, 1), 1);
  const std::vector<double>& found = spec(model).head.temperatures;
  ASSERT_EQ(found.size(), 2u);
  EXPECT_GT(found[0], 1.5);
  EXPECT_EQ(found[1], 1.0);
  EXPECT_EQ(model.calibration.temperature_rows, 80);
  EXPECT_LT(model.calibration.log_loss, model.calibration.log_loss_before);
}

TEST(Calibrate, NothingIsKeptWhereNothingIsWrong) {
  ModelData model =
      model_of(Task::classification, identity_network(2, {Loss::softmax_cross_entropy, Activation::identity}),
               {TargetColumn{.name = "y"}}, {"a", "b"});
  std::vector<double> x, y;
  for (int row = 0; row < 80; ++row) {
    x.insert(x.end(), {0.0, std::log(3.0)});
    y.push_back(row % 4 > 0 ? 1.0 : 0.0);
  }
  const Rows rows(x, y, 80);
  const HeldOutRows<double> held_out = rows.held_out();
  learn_temperatures<double>(model, std::span(&held_out, 1), 1);
  EXPECT_TRUE(spec(model).head.temperatures.empty());
  EXPECT_EQ(model.calibration, Calibration());
}

}  // namespace
}  // namespace gradus
