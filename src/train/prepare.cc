#include "train/prepare.h"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/error.h"

#include "data/targets.h"

namespace gradus {
namespace {

std::vector<int64_t> other_columns(const Table& table, const std::vector<int64_t>& targets) {
  std::vector<int64_t> others;
  for (int64_t column = 0; column < table.columns(); ++column)
    if (std::find(targets.begin(), targets.end(), column) == targets.end()) others.push_back(column);
  return others;
}

void assign_roles(const Table& table, const TrainOptions& options, Preparation& p) {
  if (options.target.empty()) throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
  p.target_columns = resolve_columns(table, options.target);
  p.feature_columns = other_columns(table, p.target_columns);
  if (p.feature_columns.empty())
    throw Error(ErrorCode::bad_data, {.file = table.source()},
                "found no column besides the target, expected at least one to learn from");
  const TaskDecision decision = decide_task(table, p.target_columns, options.task);
  p.task = decision.task;
  p.task_reason = decision.reason;
  p.rows = rows_with_target(table, p.target_columns);
  if (p.rows.empty())
    throw Error(ErrorCode::bad_data, {.file = table.source()}, "found no row with a target, expected at least one");
}

void learn_encodings(const Table& table, double validation, const TrainOptions& options, Preparation& p) {
  const bool classes = p.task == Task::classification;
  std::vector<int32_t> labels;
  if (classes) {
    p.targets = fit_targets(table, p.target_columns, p.task, p.rows);
    labels = class_indices(table, p.target_columns.front(), p.targets, p.rows);
  }
  p.split = split_rows(static_cast<int64_t>(p.rows.size()), labels, validation, options.seed);
  const std::vector<uint32_t> training = pick_rows(p.rows, p.split.training);
  p.encoder = fit_encoder(table, p.feature_columns, training,
                          {.wide = options.precision == Precision::float64, .on_warning = options.on_warning});
  if (!classes) p.targets = fit_targets(table, p.target_columns, p.task, training);
}

void scale_targets(TargetScaling scaling, TargetEncoder& targets) {
  for (TargetColumn& column : targets.columns) {
    const double range = column.maximum - column.minimum;
    if (scaling == TargetScaling::unit) {
      column.scale = range > 0.0 ? 1.0 / range : 1.0;
      column.mean = column.minimum;
    } else if (scaling == TargetScaling::mean) {
      column.scale = column.mean > 0.0 ? 1.0 / column.mean : 1.0;
      column.mean = 0.0;
    }
  }
}

}  // namespace

int64_t Preparation::outputs() const noexcept {
  return static_cast<int64_t>(task == Task::classification ? targets.classes.size() : targets.columns.size());
}

Preparation prepare(const Table& table, const TrainOptions& options, bool split_validation) {
  Preparation p;
  assign_roles(table, options, p);
  learn_encodings(table, split_validation ? validation_fraction(options) : 0.0, options, p);
  p.recipe = resolve(options, {p.task, p.training_rows(), p.encoder.width, p.outputs()});
  if (p.recipe.network.head.loss == Loss::poisson) check_counts(table, p.target_columns, p.rows);
  scale_targets(p.recipe.target_scaling, p.targets);
  return p;
}

}  // namespace gradus
