// A row of weight w is as w rows: encoding, objective, gradient, weights, metrics. Full batch, float64, within 1e-12.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "gradus/train.h"

#include "base/random.h"
#include "model/model_data.h"

namespace gradus {
namespace {

constexpr double kTolerance = 1e-12;

/// Numbers with a missing cell here and there, text, a target of each kind, and the weight of each row, 1 to 3; with
/// `repeated` each row stands there as often as it weighs.
Table table_of(bool repeated) {
  std::vector<double> x, number, count, first, second, weight;
  std::vector<std::string> city, label;
  const RandomStream draws(11, Purpose::gradcheck);
  for (uint64_t row = 0; row < 60; ++row) {
    const double a = 4.0 * draws.uniform(4 * row) - 2.0;
    const double b = draws.uniform(4 * row + 1);
    const double w = 1.0 + static_cast<double>(draws.below(4 * row + 2, 3));
    for (int copy = 0; copy < (repeated ? static_cast<int>(w) : 1); ++copy) {
      x.push_back(row % 9 == 4 ? std::nan("") : a);
      city.push_back(b < 0.3 ? "Bern" : b < 0.6 ? "Oslo" : "Rome");
      number.push_back(a * a + b);
      count.push_back(std::floor(3.0 * b + a + 2.0));
      label.push_back(a + b < 0.0 ? "low" : a + b < 1.2 ? "mid" : "top");
      first.push_back(a > 0.1 ? 1.0 : 0.0);
      second.push_back(a + b > 0.0 ? 1.0 : 0.0);
      weight.push_back(w);
    }
  }
  Table table;
  table.add_column("x", x);
  table.add_column("city", city);
  table.add_column("number", number);
  table.add_column("count", count);
  table.add_column("label", label);
  table.add_column("first", first);
  table.add_column("second", second);
  if (!repeated) table.add_column("weight", weight);
  return table;
}

/// The table with x, city, the targets and, where it has one and it is wanted, the weight.
Table only(const Table& table, const std::vector<std::string>& targets, bool weight = true) {
  Table out;
  for (int64_t c = 0; c < table.columns(); ++c) {
    const std::string name = table.name(c);
    const bool kept = name == "x" || name == "city" || (weight && name == "weight");
    if (!kept && std::find(targets.begin(), targets.end(), name) == targets.end()) continue;
    std::vector<double> numbers;
    std::vector<std::string> texts;
    for (int64_t row = 0; row < table.rows(); ++row) {
      if (table.kind(c) == ColumnKind::text) {
        texts.emplace_back(table.text(row, c));
      } else {
        numbers.push_back(table.number(row, c));
      }
    }
    table.kind(c) == ColumnKind::text ? out.add_column(name, texts) : out.add_column(name, numbers);
  }
  return out;
}

TrainOptions options_for(const std::string& target, Task task) {
  TrainOptions options;
  options.target = target;
  options.task = task;
  options.validation_fraction = 0.0;
  options.preset = Preset::plain;
  options.hidden = "6 tanh";
  options.precision = Precision::float64;
  options.solver = Solver::sgd;
  options.learning_rate = 0.1;
  options.batch_size = 0;
  options.epochs = 30;
  options.l2 = 0.7;
  options.early_stopping = false;
  return options;
}

void expect_near(double found, double expected, const std::string& what) {
  if (std::isnan(expected) && std::isnan(found)) return;
  EXPECT_NEAR(found, expected, kTolerance * std::max(1.0, std::fabs(expected))) << what;
}

void expect_same_encoding(const ModelData& a, const ModelData& b) {
  ASSERT_EQ(a.encoder.columns.size(), b.encoder.columns.size());
  const auto& x = std::get<NumericEncoding>(a.encoder.columns[0].encoding);
  const auto& y = std::get<NumericEncoding>(b.encoder.columns[0].encoding);
  expect_near(x.mean, y.mean, "mean");
  expect_near(x.scale, y.scale, "scale");
  EXPECT_EQ(a.encoder.columns[1].encoding, b.encoder.columns[1].encoding);
  for (std::size_t k = 0; k < a.targets.columns.size(); ++k) {
    expect_near(a.targets.columns[k].mean, b.targets.columns[k].mean, "target mean");
    expect_near(a.targets.columns[k].scale, b.targets.columns[k].scale, "target scale");
  }
}

void expect_same_training(const ModelData& a, const ModelData& b) {
  const auto& p = std::get<BasicNetwork<double>>(a.network);
  const auto& q = std::get<BasicNetwork<double>>(b.network);
  ASSERT_EQ(p.parameters().size(), q.parameters().size());
  for (std::size_t i = 0; i < p.parameters().size(); ++i)
    expect_near(p.parameters()[i], q.parameters()[i], "parameter " + std::to_string(i));
  for (std::size_t i = 0; i < a.history.size(); ++i) {
    expect_near(a.history[i].train_loss, b.history[i].train_loss, "training loss");
    expect_near(a.history[i].validation_loss, b.history[i].validation_loss, "validation loss");
    expect_near(a.history[i].validation_metric, b.history[i].validation_metric, "validation metric");
  }
  expect_near(a.training_weight, b.training_weight, "m");
}

void expect_same_metrics(const Evaluation& a, const Evaluation& b) {
  ASSERT_EQ(a.metrics.size(), b.metrics.size());
  for (std::size_t i = 0; i < a.metrics.size(); ++i)
    expect_near(a.metrics[i].second, b.metrics[i].second, a.metrics[i].first);
  EXPECT_EQ(a.confusion, b.confusion);
}

/// Trains on the weighted and on the repeated table, validates on both, and compares all there is.
void expect_weighted_is_repeated(const std::vector<std::string>& targets, const TrainOptions& options) {
  SCOPED_TRACE(options.target + " " + (options.loss ? std::string(name(*options.loss)) : "auto"));
  const Table weighted = only(table_of(false), targets), repeated = only(table_of(true), targets);
  ASSERT_GT(repeated.rows(), weighted.rows());
  TrainOptions with = options;
  with.weights = "weight";
  const Model a = train(weighted, weighted, with), b = train(repeated, repeated, options);
  expect_same_encoding(a.data(), b.data());
  expect_same_training(a.data(), b.data());
  expect_same_metrics(evaluate(a, weighted), evaluate(b, repeated));
  EXPECT_EQ(a.data().encoder.columns.size(), 2u) << "the weights are no feature";
  const Model unweighted = train(only(table_of(false), targets, false), options);
  EXPECT_NE(std::get<BasicNetwork<double>>(unweighted.data().network).parameters()[0],
            std::get<BasicNetwork<double>>(b.data().network).parameters()[0]);
}

TEST(Weighted, IsRepeatedForNumbers) {
  TrainOptions options = options_for("number", Task::regression);
  for (const Loss loss : {Loss::squared_error, Loss::huber, Loss::log_cosh}) {
    options.loss = loss;
    expect_weighted_is_repeated({"number"}, options);
  }
  options.loss = Loss::quantile;
  options.quantiles = {0.2, 0.7};
  expect_weighted_is_repeated({"number"}, options);
}

TEST(Weighted, IsRepeatedForCounts) {
  TrainOptions options = options_for("count", Task::regression);
  options.loss = Loss::poisson;
  expect_weighted_is_repeated({"count"}, options);
}

TEST(Weighted, IsRepeatedForSeveralTargets) {
  expect_weighted_is_repeated({"number", "count"}, options_for("number,count", Task::regression));
}

TEST(Weighted, IsRepeatedForClasses) {
  TrainOptions options = options_for("label", Task::classification);
  for (const Loss loss : {Loss::softmax_cross_entropy, Loss::sigmoid_cross_entropy, Loss::focal}) {
    options.loss = loss;
    for (const char* classes : {"", "balanced", "mid=3,top=0.5"}) {
      options.class_weights = classes;
      expect_weighted_is_repeated({"label"}, options);
    }
  }
}

TEST(Weighted, IsRepeatedForLabels) {
  expect_weighted_is_repeated({"first", "second"}, options_for("first,second", Task::multilabel));
}

// A weight of 0 leaves the row out of everything; all weights doubled change nothing but m.
TEST(Weighted, RowsOfWeightZeroAreNotThere) {
  Table all, some;
  std::vector<double> x = {1, 2, 3, 4, 5, 60}, y = {1.5, 2, 3, 5, 8, -90}, w = {1, 1, 1, 1, 1, 0};
  all.add_column("x", x);
  all.add_column("y", y);
  all.add_column("w", w);
  x.pop_back();
  y.pop_back();
  some.add_column("x", x);
  some.add_column("y", y);
  TrainOptions options = options_for("y", Task::regression);
  const Model without = train(some, options);
  options.weights = "w";
  const Model with = train(all, options);
  expect_same_training(with.data(), without.data());
  EXPECT_EQ(with.data().encoder.columns[0].encoding, without.data().encoder.columns[0].encoding);
}

// scikit-learn: class_weight="balanced" is n / (classes x count).
TEST(ClassWeights, BalancedGivesEveryClassTheSameTotal) {
  Table table;
  table.add_column("x", std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8});
  table.add_column("label", std::vector<std::string>{"a", "a", "a", "a", "a", "a", "b", "b"});
  TrainOptions options = options_for("label", Task::classification);
  options.class_weights = "balanced";
  const std::vector<double> weights = train(table, options).data().targets.class_weights;
  ASSERT_EQ(weights.size(), 2u);
  EXPECT_DOUBLE_EQ(weights[0], 8.0 / (2.0 * 6.0));
  EXPECT_DOUBLE_EQ(weights[1], 8.0 / (2.0 * 2.0));
}

// Class weights shift the objective alone: m, the encoding and the metrics know nothing of them.
// The loss over validation rows, and over those that are evaluated, is of the objective: sum w L / sum w with the
// weights of the rows' classes. Metrics know nothing of them.
TEST(ClassWeights, CountInTheLossOfValidationRowsAndNotInTheMetric) {
  const auto noisy = [](uint64_t seed, int64_t rows) {
    const RandomStream draws(seed, Purpose::gradcheck);
    std::vector<double> x;
    std::vector<std::string> label;
    for (int64_t row = 0; row < rows; ++row) {
      x.push_back(4.0 * draws.uniform(static_cast<uint64_t>(2 * row)) - 2.0);
      label.push_back(x.back() + 2.0 * draws.uniform(static_cast<uint64_t>(2 * row + 1)) < 1.5 ? "a" : "b");
    }
    Table table;
    table.add_column("x", x);
    table.add_column("label", label);
    return table;
  };
  const Table validation = noisy(2, 70);
  TrainOptions options = options_for("label", Task::classification);
  options.class_weights = "a=1,b=5";
  options.calibrate = false;
  options.early_stopping = false;
  const Model model = train(noisy(1, 80), validation, options);
  const Table answer = model.predict(validation);
  double losses = 0.0, weights = 0.0, right = 0.0;
  for (int64_t row = 0; row < validation.rows(); ++row) {
    const bool second = validation.text(row, 1) == "b";
    const double weight = second ? 5.0 : 1.0;
    losses -= weight * std::log(answer.number(row, *answer.find(second ? "probability:b" : "probability:a")));
    weights += weight;
    right += answer.text(row, *answer.find("prediction")) == validation.text(row, 1) ? 1.0 : 0.0;
  }
  const double accuracy = right / static_cast<double>(validation.rows());
  EXPECT_NEAR(model.history().back().validation_loss, losses / weights, 1e-9);
  EXPECT_NEAR(model.history().back().validation_metric, accuracy, 1e-12);
  const Evaluation evaluation = evaluate(model, validation);
  EXPECT_NEAR(*evaluation.find("loss"), losses / weights, 1e-9);
  EXPECT_NEAR(*evaluation.find("accuracy"), accuracy, 1e-12);
  EXPECT_GT(accuracy, 0.5);
  EXPECT_LT(accuracy, 1.0);  // else weights would not show
}

TEST(ClassWeights, ScaledTogetherChangeNothing) {
  const Table table = only(table_of(true), {"label"});
  TrainOptions options = options_for("label", Task::classification);
  const Model plain = train(table, options);
  options.class_weights = "low=4,mid=4,top=4";
  const Model scaled = train(table, options);
  expect_same_encoding(plain.data(), scaled.data());
  expect_same_training(plain.data(), scaled.data());
  expect_same_metrics(evaluate(plain, table), evaluate(scaled, table));
}

}  // namespace
}  // namespace gradus
