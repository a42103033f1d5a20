#include "train/scorer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "gradus/error.h"
#include "gradus/train.h"

namespace gradus {
namespace {

const std::map<Metric, bool> kMoreIsBetter = {
    {Metric::accuracy, true},  {Metric::error, false}, {Metric::balanced_accuracy, true},
    {Metric::log_loss, false}, {Metric::auc, true},    {Metric::f1_macro, true},
    {Metric::brier, false},    {Metric::ece, false},   {Metric::rmse, false},
    {Metric::mae, false},      {Metric::r2, true},     {Metric::median_absolute_error, false}};

/// Rows first .. first + count - 1 of an endless table whose targets follow its two features, with noise.
Table rows_of(int first, int count) {
  std::vector<double> a, b, number, other, label, second, weight;
  std::vector<std::string> kind;
  for (int i = first; i < first + count; ++i) {
    const double u = std::sin(12.9898 * (i + 1)), v = std::cos(78.233 * (i + 1)), noise = std::sin(45.1 * i * i);
    a.push_back(u);
    b.push_back(v);
    number.push_back(1000.0 + 30.0 * u - 20.0 * v * v + 8.0 * noise);
    other.push_back(0.01 * v + 0.002 * noise);
    kind.push_back(u + 0.5 * noise > 0.3 ? "x" : v + 0.5 * noise > 0.0 ? "y" : "z");
    label.push_back(u + 0.4 * noise > 0.0 ? 1.0 : 0.0);
    second.push_back(v - 0.4 * noise > 0.0 ? 1.0 : 0.0);
    weight.push_back(1.0 + i % 3);
  }
  Table table;
  table.add_column("a", a);
  table.add_column("b", b);
  table.add_column("number", number);
  table.add_column("other", other);
  table.add_column("kind", kind);
  table.add_column("label", label);
  table.add_column("second", second);
  table.add_column("weight", weight);
  return table;
}

Table with_targets(const Table& all, const std::vector<std::string>& targets) {
  Table table;
  for (const std::string name : {"a", "b", "weight"}) {
    std::vector<double> values;
    for (int64_t row = 0; row < all.rows(); ++row) values.push_back(all.number(row, *all.find(name)));
    table.add_column(name, values);
  }
  for (const std::string& name : targets) {
    const int64_t column = *all.find(name);
    std::vector<double> numbers;
    std::vector<std::string> texts;
    for (int64_t row = 0; row < all.rows(); ++row) {
      if (all.kind(column) == ColumnKind::text) {
        texts.emplace_back(all.text(row, column));
      } else {
        numbers.push_back(all.number(row, column));
      }
    }
    if (texts.empty()) {
      table.add_column(name, numbers);
    } else {
      table.add_column(name, texts);
    }
  }
  return table;
}

TrainOptions options_of(const std::string& target, Task task, Metric metric) {
  return {.target = target,
          .task = task,
          .weights = "weight",
          .hidden = "6 tanh",
          .precision = Precision::float64,
          .epochs = 12,
          .early_stopping = true,
          .metric = metric,
          .calibrate = false};
}

/// Trains by every metric of `task` and compares what was recorded and chosen with `evaluate`.
void check_task(const std::vector<std::string>& targets, Task task, const Table& rows, const Table& held_out) {
  std::string target = targets[0];
  if (targets.size() > 1) target += "," + targets[1];
  for (const auto& [metric, more_is_better] : kMoreIsBetter) {
    if (!fits(metric, task)) continue;
    SCOPED_TRACE(std::string(name(metric)) + " of " + target);
    EXPECT_EQ(higher_is_better(metric), more_is_better);
    const Model model =
        train(with_targets(rows, targets), with_targets(held_out, targets), options_of(target, task, metric));
    int64_t best = 0;
    double value = 0.0;
    for (const EpochRecord& record : model.history()) {
      const double here = record.validation_metric;
      EXPECT_FALSE(std::isnan(record.validation_loss));
      if (best > 0 && (more_is_better ? here < value : here > value)) continue;
      best = record.epoch;
      value = here;
    }
    int64_t chosen = 0;
    for (const EpochRecord& record : model.history()) chosen = record.best ? record.epoch : chosen;
    EXPECT_EQ(chosen, best);
    const double measured = *evaluate(model, with_targets(held_out, targets)).find(std::string(name(metric)));
    EXPECT_NEAR(value, measured, 1e-9 * std::max(1.0, std::fabs(measured)));
  }
}

TEST(Scorer, EpochsAreChosenByWhatEvaluateMeasures) {
  const Table rows = rows_of(0, 120), held_out = rows_of(120, 50);
  check_task({"kind"}, Task::classification, rows, held_out);
  check_task({"label"}, Task::classification, rows, held_out);
  check_task({"label", "second"}, Task::multilabel, rows, held_out);
  check_task({"number"}, Task::regression, rows, held_out);
  check_task({"number", "other"}, Task::regression, rows, held_out);
}

TEST(Scorer, EveryHeadOfClasses) {
  const Table rows = rows_of(0, 120), held_out = rows_of(120, 50);
  for (const Loss loss : {Loss::sigmoid_cross_entropy, Loss::squared_error, Loss::hinge}) {
    TrainOptions options = options_of("kind", Task::classification, Metric::log_loss);
    options.loss = loss;
    const Model model = train(with_targets(rows, {"kind"}), with_targets(held_out, {"kind"}), options);
    double lowest = INFINITY;
    for (const EpochRecord& record : model.history()) lowest = std::min(lowest, record.validation_metric);
    EXPECT_NEAR(lowest, *evaluate(model, with_targets(held_out, {"kind"})).find("log_loss"), 1e-12) << name(loss);
  }
}

TEST(Scorer, QuantilesAreMeasuredByTheirCentralOne) {
  TrainOptions options = options_of("number", Task::regression, Metric::mae);
  options.loss = Loss::quantile;
  options.quantiles = {0.1, 0.4, 0.9};
  const Table held_out = with_targets(rows_of(120, 50), {"number"});
  const Model model = train(with_targets(rows_of(0, 120), {"number"}), held_out, options);
  double lowest = INFINITY;
  for (const EpochRecord& record : model.history()) lowest = std::min(lowest, record.validation_metric);
  EXPECT_NEAR(lowest, *evaluate(model, held_out).find("mae"), 1e-9);
}

TEST(Scorer, StopsWhenTheMetricNoLongerImprovesByTheTolerance) {
  TrainOptions options = options_of("number", Task::regression, Metric::r2);
  options.epochs = 200;
  options.patience = 3;
  options.tolerance = 0.2;  // of an R2 that starts near 0: soon no epoch gains so much
  const Model model =
      train(with_targets(rows_of(0, 120), {"number"}), with_targets(rows_of(120, 50), {"number"}), options);
  EXPECT_EQ(model.stop_reason(), StopReason::early_stopping);
  double reference = -INFINITY;
  int waited = 0;
  for (const EpochRecord& record : model.history()) {
    EXPECT_LT(waited, 3) << record.epoch;
    if (record.validation_metric > reference + 0.2) {
      reference = record.validation_metric;
      waited = 0;
    } else {
      ++waited;
    }
  }
  EXPECT_EQ(waited, 3);
}

std::string refusal(const TrainOptions& options, const Table& validation) {
  try {
    train(with_targets(rows_of(0, 60), {options.target}), validation, options);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Scorer, RefusesWhatCannotBeMeasured) {
  const Table held_out = with_targets(rows_of(120, 9), {"number"});
  EXPECT_EQ(refusal(options_of("number", Task::regression, Metric::accuracy), held_out),
            "--metric: found accuracy with task regression, expected one of loss, rmse, mae, r2, "
            "median_absolute_error");
  Table single;
  for (const std::string name : {"a", "b", "weight", "label"}) single.add_column(name, std::vector<double>(5, 1.0));
  EXPECT_NE(refusal(options_of("label", Task::classification, Metric::auc), single).find("one class only in the 5"),
            std::string::npos);
  TrainOptions none = options_of("number", Task::regression, Metric::rmse);
  none.validation_fraction = 0.0;
  try {
    train(with_targets(rows_of(0, 60), {"number"}), none);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("without validation rows"), std::string::npos);
  }
}

}  // namespace
}  // namespace gradus
