#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "gradus/train.h"

#include "base/test_files.h"
#include "model/model_data.h"

namespace gradus {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Encoder one_feature() {
  return {{{"x", NumericEncoding{.mean = 0.0, .scale = 1.0}, 0, 0, 1}}, 1};
}

/// Output k of the network is weights[k] * x + biases[k], then the head.
Model model_of(TargetEncoder targets, Head head, const std::vector<float>& weights, const std::vector<float>& biases) {
  ModelData data;
  data.encoder = one_feature();
  data.targets = std::move(targets);
  BasicNetwork<float> network(multilayer(1, {}, static_cast<int64_t>(weights.size()), head));
  std::copy(weights.begin(), weights.end(), network.weight(0).data());
  std::copy(biases.begin(), biases.end(), network.bias(0).begin());
  data.network = network;
  return Model(std::make_shared<const ModelData>(std::move(data)));
}

TargetEncoder classes(std::vector<std::string> labels) {
  return {Task::classification, {{"y"}}, std::move(labels), false};
}

/// Predicts "b" where x > 0.
Model sign_model() {
  return model_of(classes({"a", "b"}), {Loss::softmax_cross_entropy, Activation::identity}, {0, 2}, {0, 0});
}

Table table_of(const std::vector<double>& x, const std::vector<std::string>& y) {
  Table table;
  table.add_column("x", x);
  table.add_column("y", y);
  return table;
}

TEST(Evaluate, Classes) {
  const Evaluation e = evaluate(sign_model(), table_of({-1, -2, 1, 0.5, 3}, {"a", "a", "b", "a", "b"}));
  EXPECT_EQ(e.rows, 5);
  EXPECT_DOUBLE_EQ(*e.find("accuracy"), 0.8);
  EXPECT_EQ(e.confusion, (std::vector<std::vector<double>>{{2, 1}, {0, 2}}));
  EXPECT_EQ(e.metrics[0].first, "loss");
  EXPECT_EQ(e.metrics[1].first, "accuracy");
  EXPECT_EQ(e.metrics.size(), 9u);
  EXPECT_NEAR(*e.find("loss"), *e.find("log_loss"), 1e-6) << "the same mean, from logits and from probabilities";
  const double expected = (std::log1p(std::exp(-2.0)) + std::log1p(std::exp(-4.0)) + std::log1p(std::exp(-2.0)) +
                           std::log1p(std::exp(1.0)) + std::log1p(std::exp(-6.0))) /
                          5.0;
  EXPECT_NEAR(*e.find("loss"), expected, 1e-6);
  EXPECT_FALSE(e.find("rmse").has_value());
}

TEST(Evaluate, UnknownClassesCountAsWrongAndMissingTargetsNotAtAll) {
  const Evaluation e = evaluate(sign_model(), table_of({-1, 1, 1, 1}, {"a", "b", "c", ""}));
  EXPECT_EQ(e.rows, 3);
  EXPECT_EQ(e.rows_without_target, 1);
  EXPECT_EQ(e.rows_of_unknown_class, 1);
  EXPECT_DOUBLE_EQ(*e.find("accuracy"), 2.0 / 3.0);
  const Evaluation known = evaluate(sign_model(), table_of({-1, 1}, {"a", "b"}));
  EXPECT_EQ(*e.find("loss"), *known.find("loss"));
}

TEST(Evaluate, ThresholdMovesTheDecision) {
  const Table table = table_of({-1, 0.1, 1}, {"a", "a", "b"});
  EXPECT_DOUBLE_EQ(*evaluate(sign_model(), table, {.threshold = 0.8}).find("accuracy"), 1.0);
  EXPECT_DOUBLE_EQ(*evaluate(sign_model(), table).find("accuracy"), 2.0 / 3.0);
}

TEST(Evaluate, NumbersInTheirOwnUnits) {
  // The network learned (y - 10) * 0.5; its output is x, so y = 2 x + 10.
  const TargetEncoder targets{Task::regression, {{"y", 10.0, 0.5, 0.0, 20.0}}, {}, false};
  const Model model = model_of(targets, {Loss::squared_error, Activation::identity}, {1}, {0});
  Table table;
  table.add_column("x", std::vector<double>{0, 1, 2, 5});
  table.add_column("y", std::vector<double>{10, 14, 14, kMissing});
  const Evaluation e = evaluate(model, table);
  EXPECT_EQ(e.rows, 3);
  EXPECT_NEAR(*e.find("rmse"), std::sqrt(4.0 / 3.0), 1e-12);
  EXPECT_NEAR(*e.find("mae"), 2.0 / 3.0, 1e-12);
  EXPECT_NEAR(*e.find("loss"), 0.5 / 3.0, 1e-7) << "1/2 (a - y)^2 in the network's units";
  EXPECT_EQ(*e.find("median_absolute_error"), 0.0);
}

TEST(Evaluate, SeveralTargetsAverageAndStandAlone) {
  const TargetEncoder targets{Task::regression, {{"y"}, {"z"}}, {}, false};
  const Model model = model_of(targets, {Loss::squared_error, Activation::identity}, {1, 2}, {0, 0});
  Table table;
  table.add_column("x", std::vector<double>{1, 2});
  table.add_column("z", std::vector<double>{3, 5});
  table.add_column("y", std::vector<double>{1, 2});
  const Evaluation e = evaluate(model, table);
  EXPECT_EQ(*e.find("mae:y"), 0.0);
  EXPECT_EQ(*e.find("mae:z"), 1.0);
  EXPECT_EQ(*e.find("mae"), 0.5);
}

TEST(Evaluate, MultiLabel) {
  const TargetEncoder targets{Task::multilabel, {{"p"}, {"q"}}, {}, false};
  const Model model = model_of(targets, {Loss::sigmoid_cross_entropy, Activation::identity}, {1, -1}, {0, 0});
  Table table;
  table.add_column("x", std::vector<double>{1, -1, 2});
  table.add_column("p", std::vector<double>{1, 0, 1});
  table.add_column("q", std::vector<double>{0, 1, 1});
  const Evaluation e = evaluate(model, table);
  EXPECT_EQ(*e.find("accuracy:p"), 1.0);
  EXPECT_NEAR(*e.find("accuracy:q"), 2.0 / 3.0, 1e-12);
  EXPECT_NEAR(*e.find("accuracy"), 5.0 / 6.0, 1e-12);
  EXPECT_TRUE(e.confusion.empty());
}

TEST(Evaluate, TargetMustBeThere) {
  Table table;
  table.add_column("x", std::vector<double>{1});
  table.add_column("Y", std::vector<std::string>{"a"});
  const Error error = error_of([&] { evaluate(sign_model(), table); });
  EXPECT_EQ(error.code(), ErrorCode::bad_data);
  EXPECT_NE(error.message().find("found no column \"y\""), std::string::npos) << error.message();
  EXPECT_EQ(error_of([&] { evaluate(sign_model(), table_of({1}, {""})); }).code(), ErrorCode::bad_data);
}

}  // namespace
}  // namespace gradus
