#include "train/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gradus/error.h"
#include "gradus/model.h"

#include "base/quote.h"
#include "data/targets.h"
#include "data/weights.h"
#include "optim/settings.h"
#include "train/class_weights.h"
#include "train/conformal.h"
#include "train/continue.h"
#include "train/freeze.h"
#include "train/member_splits.h"
#include "train/monotone_choice.h"
#include "train/row_order.h"
#include "train/solver_choice.h"

namespace gradus {
namespace {

/// All but `taken`.
std::vector<int64_t> other_columns(const Table& table, const std::vector<int64_t>& taken) {
  std::vector<int64_t> others;
  for (int64_t column = 0; column < table.columns(); ++column)
    if (std::find(taken.begin(), taken.end(), column) == taken.end()) others.push_back(column);
  return others;
}

/// Adds the column that `flag` names to those that are no features.
void take_role(const Table& table, const std::string& name, const char* flag, std::vector<int64_t>& taken) {
  const int64_t column = role_column(table, name, flag);
  if (column < 0) return;
  if (std::count(taken.begin(), taken.end(), column) > 0)
    throw Error(ErrorCode::usage, fmt::format("{}: found {}, which is a target, a weight or a feature of the model",
                                              flag, in_quotes(table.name(column))));
  taken.push_back(column);
}

/// The column of weights, -1 for none; its name goes into p.targets.
int64_t weights_column(const Table& table, const TrainOptions& options, Preparation& p) {
  if (options.weights.empty()) return -1;
  const std::vector<int64_t> columns = resolve_columns(table, options.weights);
  if (columns.size() > 1)
    throw Error(ErrorCode::usage, fmt::format("--weights: found {} columns, expected one", columns.size()));
  if (std::count(p.target_columns.begin(), p.target_columns.end(), columns[0]) > 0)
    throw Error(ErrorCode::usage,
                fmt::format("--weights: found {}, which is a target", in_quotes(table.name(columns[0]))));
  p.targets.weights = table.name(columns[0]);
  return columns[0];
}

/// The model to start from, or null.
const ModelData* start_of(const TrainOptions& options) {
  return options.init_model ? &options.init_model->data() : nullptr;
}

/// Targets, weights, features and task as the table and the options have it.
void decide_roles(const Table& table, const TrainOptions& options, Preparation& p) {
  if (options.target.empty()) throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
  p.target_columns = resolve_columns(table, options.target);
  std::vector<int64_t> taken = p.target_columns;
  if (const int64_t weights = weights_column(table, options, p); weights >= 0) taken.push_back(weights);
  take_role(table, options.group, "--group", taken);
  take_role(table, options.time, "--time", taken);
  p.feature_columns = other_columns(table, taken);
  if (p.feature_columns.empty())
    throw Error(ErrorCode::bad_data, {.file = table.source()},
                "found no column besides the target, expected at least one to learn from");
  const TaskDecision decision = decide_task(table, p.target_columns, options.task);
  p.task = decision.task;
  p.task_reason = decision.reason;
}

/// Those of `rows` among `asked`, all where none are; both ascend.
std::vector<uint32_t> among(std::vector<uint32_t> rows, std::span<const uint32_t> asked) {
  if (asked.empty()) return rows;
  std::vector<uint32_t> both;
  std::set_intersection(rows.begin(), rows.end(), asked.begin(), asked.end(), std::back_inserter(both));
  return both;
}

/// Validation rows as the options want them held out; `labels` as split_rows takes them.
Split hold_out(const Table& table, const TrainOptions& options, std::span<const int32_t> labels, double fraction,
               std::span<const uint32_t> rows) {
  const RowOrder order = row_order(table, options, rows);
  if (options.coverage && (!order.groups.empty() || !order.times.empty()))
    throw Error(ErrorCode::usage,
                "--coverage: found --group, --time or --in-order as well, expected none of them: its "
                "guarantee is for rows that are independent of each other");
  if (!order.groups.empty()) return split_groups(order.groups, fraction, options.seed);
  if (!order.times.empty()) return split_in_time(order.times, fraction);
  return split_rows(std::ssize(rows), labels, fraction, calibration_fraction(options), options.seed);
}

/// Fits the targets, which keep the name of their weights.
void learn_targets(const Table& table, std::span<const uint32_t> rows, std::span<const double> weights,
                   Preparation& p) {
  const std::string weights_name = p.targets.weights;
  p.targets = fit_targets(table, p.target_columns, p.task, rows, weights);
  p.targets.weights = weights_name;
}

/// What the training rows count in all, and in the mean with the weights of their classes.
void weigh_rows(const Table& table, const TrainOptions& options, std::span<const uint32_t> training,
                std::span<const double> weights, Preparation& p) {
  p.total_weight = weights.empty() ? static_cast<double>(training.size()) : total_weight(weights);
  std::vector<int32_t> labels;
  if (p.task == Task::classification) labels = class_indices(table, p.target_columns.front(), p.targets, training);
  p.targets.class_weights = class_weights(options.class_weights, p.targets, labels, weights);
  if (is_weighted(p.targets))
    p.targets.mean_weight =
        total_weight(objective_weights(table, p.targets, training)) / static_cast<double>(training.size());
}

/// Refuses fewer rows, or less weight, than bound the score of a new row.
void check_calibration_rows(const Table& table, const TrainOptions& options, const Preparation& p) {
  if (!options.coverage) return;
  const std::vector<uint32_t> rows = pick_rows(p.rows, p.split.calibration);
  double weight = static_cast<double>(rows.size());
  if (!p.targets.weights.empty()) weight = total_weight(row_weights(table, p.targets.weights, rows));
  const int64_t least = least_rows(*options.coverage);
  if (weight < static_cast<double>(least))
    throw Error(ErrorCode::bad_data, {.file = table.source()},
                fmt::format("--coverage: found {:.6g} rows to calibrate on, expected at least {} for {}; "
                            "--calibration-fraction takes more",
                            weight, least, *options.coverage));
}

void learn_encodings(const Table& table, double validation, const TrainOptions& options, Preparation& p) {
  const bool classes = p.task == Task::classification;
  std::vector<int32_t> labels;
  const bool fresh = !options.init_model;
  if (classes) {
    if (fresh) {
      learn_targets(table, p.rows, {}, p);
    } else {
      check_classes_known(table, p);
    }
    labels = class_indices(table, p.target_columns.front(), p.targets, p.rows);
  }
  p.split = hold_out(table, options, labels, validation, p.rows);
  if (const int64_t members = member_count(options); members > 1) {
    const RowOrder order = row_order(table, options, p.rows);
    p.members = member_splits({p.split, labels, order}, members, options.seed);
    Split together = of_all_members(p.members);
    together.calibration = std::move(p.split.calibration);
    p.split = std::move(together);
  }
  check_calibration_rows(table, options, p);
  labels = std::vector<int32_t>();  // as many as rows: freed
  const std::vector<uint32_t> training = pick_rows(p.rows, p.split.training);
  std::vector<double> weights;
  if (!p.targets.weights.empty()) weights = row_weights(table, p.targets.weights, training);
  if (fresh) {
    EncoderOptions encoding = encoder_options(options, p.task, std::ssize(training));
    encoding.weights = weights;
    p.encoder = fit_encoder(table, p.feature_columns, training, encoding);
    if (!classes) learn_targets(table, training, weights, p);
  } else if (!classes) {
    fit_targets(table, p.target_columns, p.task, p.rows);  // for what it refuses
  }
  weigh_rows(table, options, training, weights, p);
}

/// `scalings`: one a target, or none for tasks without.
void scale_targets(std::span<const TargetScaling> scalings, TargetEncoder& targets) {
  for (std::size_t k = 0; k < scalings.size(); ++k) {
    TargetColumn& column = targets.columns[k];
    const TargetScaling scaling = scalings[k];
    const double range = column.maximum - column.minimum;
    if (scaling == TargetScaling::unit) {
      column.scale = range > 0.0 ? 1.0 / range : 1.0;
      column.mean = column.minimum;
    } else if (scaling == TargetScaling::mean) {
      column.scale = column.mean > 0.0 ? 1.0 / column.mean : 1.0;
      column.mean = 0.0;
    } else if (scaling == TargetScaling::none) {
      column.scale = 1.0;
      column.mean = 0.0;
    }
  }
}

}  // namespace

int64_t Preparation::outputs() const noexcept {
  return static_cast<int64_t>(task == Task::classification ? targets.classes.size() : targets.columns.size());
}

Preparation assign_roles(const Table& table, const TrainOptions& options, std::span<const uint32_t> rows) {
  Preparation p;
  if (const ModelData* model = start_of(options)) {
    p.target_columns = continued_targets(table, options, *model);
    weights_column(table, options, p);
    adopt_model(table, options, *model, p);
    std::vector<int64_t> taken = p.target_columns;
    taken.insert(taken.end(), p.feature_columns.begin(), p.feature_columns.end());
    take_role(table, options.group, "--group", taken);
    take_role(table, options.time, "--time", taken);
  } else {
    decide_roles(table, options, p);
  }
  p.rows = among(rows_with_target(table, p.target_columns), rows);
  if (!p.targets.weights.empty()) p.rows = rows_with_weight(table, p.targets.weights, std::move(p.rows));
  if (p.rows.empty())
    throw Error(ErrorCode::bad_data, {.file = table.source()},
                p.targets.weights.empty() ? "found no row with a target, expected at least one"
                                          : "found no row with a target and a weight above 0, expected at least one");
  return p;
}

Preparation prepare(const Table& table, const TrainOptions& options, bool split_validation,
                    std::span<const uint32_t> rows) {
  Preparation p = assign_roles(table, options, rows);
  learn_encodings(table, split_validation ? validation_fraction(options) : 0.0, options, p);
  p.recipe = resolve(options, {p.task, p.training_rows(), p.encoder.width, p.outputs()});
  MonotoneChoice monotone =
      choose_monotone(options, table, p.targets, std::get<Affine>(p.recipe.network.ops.back()).outputs, p.encoder);
  p.recipe.trainer.monotone = std::move(monotone.inputs);
  p.recipe.trainer.monotone_outputs = std::move(monotone.outputs);
  if (p.recipe.network.head.loss == Loss::poisson) check_counts(table, p.target_columns, p.rows);
  if (const ModelData* model = start_of(options)) {
    TrainOptions decided = options;
    if (!decided.dropout && needs_all_rows(p.recipe.trainer.solver)) decided.dropout = 0.0;
    p.recipe.network = continued_network(*model, decided);
  } else {
    put_first(input_ops(p.recipe.tabular, p.encoder), p.recipe.network);
    scale_targets(p.recipe.target_scaling, p.targets);
  }
  check_lm_size(p.recipe.trainer, p.recipe.network);
  frozen_affines(p.recipe.trainer.frozen, std::ssize(affine_layout(p.recipe.network)));  // refused before training
  return p;
}

}  // namespace gradus
