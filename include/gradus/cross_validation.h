// How good models trained this way are on rows they haven't seen, measured on every row.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gradus/model.h"
#include "gradus/options.h"
#include "gradus/table.h"
#include "gradus/train.h"

namespace gradus {

/// One fold: a model trained on the other rows, measured on this fold's.
struct FoldResult {
  int64_t fold = 0;             ///< counted from 1
  int64_t training_rows = 0;    ///< without those that the training held out for itself
  int64_t validation_rows = 0;  ///< those
  int64_t epochs = 0;
  int64_t best_epoch = 0;
  StopReason stop_reason = StopReason::completed;
  Evaluation evaluation;
};

/// A metric over the folds for which it is defined.
struct MetricSpread {
  std::string name;
  double mean = 0.0;
  double deviation = 0.0;  ///< of the folds, with folds - 1 in the divisor; NaN for one
};

struct CrossValidation {
  Task task = Task::classification;
  std::string task_reason;
  std::vector<std::string> targets;
  int64_t rows = 0;                 ///< that could be learned from
  int64_t rows_without_target = 0;  ///< left out, as are those of weight 0
  std::vector<FoldResult> folds;    ///< in order; fewer than asked for when interrupted
  std::vector<MetricSpread> metrics;
  /// The columns `row` (counted from 1) and `fold`, the columns kept, then what Model::predict answers: each row held
  /// out, in order, by the model that hasn't seen it. A class that a fold's training rows lack has probability 0 there.
  Table predictions;
  bool interrupted = false;  ///< TrainOptions::should_stop ended it; nothing but the folds that were done
};

struct CrossValidationOptions {
  int64_t folds = 5;
  bool stratify = true;         ///< classes: each fold has its share of every one
  PredictOptions predict = {};  ///< threshold, keep, strict; its threads and warnings are not used
  std::function<void(const FoldResult&)> on_fold = {};  ///< as folds end, in any order
};

/// K-fold cross-validation of `train(table, options)`: whole groups with options.group; with options.time or in_order
/// by K windows in the order of time, each trained on all rows before it. Everything that is learned is learned from a
/// fold's training rows, encodings included; only the kinds of columns are the whole table's. Folds run side by side on
/// options.threads threads (0: all), and the result is the same for any number. Of the callbacks, `on_progress` gets
/// the rows of all folds together, `on_warning` each text once, from any thread but one at a time; `on_start` and
/// `on_epoch` aren't called. Throws as `train` and `evaluate` do, the message after "fold 2: ", and Error(usage) or
/// Error(bad_data) for folds that the rows can't be cut into.
CrossValidation cross_validate(const Table& table, const TrainOptions& options,
                               const CrossValidationOptions& validation = {});

/// Writes `predictions` as CSV, atomically where `path` is a regular file; "-" is standard output.
void write_predictions(const CrossValidation& result, const std::string& path);

}  // namespace gradus
