// From a table to a model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gradus/model.h"
#include "gradus/options.h"
#include "gradus/table.h"

namespace gradus {

/// Trains on `table` (moved in, its cells are freed as they are encoded). With `validation`, those rows are the
/// validation set; otherwise a fraction is split off, stratified for classes. Divergence and interruption are no
/// errors: see `Model::stop_reason`. Throws Error(usage) for options, Error(bad_data) for data that can't be learned
/// from.
Model train(Table table, const TrainOptions& options);
Model train(Table table, const Table& validation, const TrainOptions& options);

/// What `evaluate` measured. Metrics in the order they are shown.
struct Evaluation {
  int64_t rows = 0;
  int64_t rows_without_target = 0;
  int64_t rows_of_unknown_class = 0;  ///< labels training never saw: counted as wrong
  std::vector<std::pair<std::string, double>> metrics;
  std::vector<std::string> classes;
  std::vector<std::vector<double>> confusion;  ///< [true class][predicted class], classification only; rows or weights
  std::optional<double> find(const std::string& name) const;
};

/// Classes: loss accuracy error balanced_accuracy log_loss auc f1_macro brier ece; numbers: loss rmse mae r2
/// median_absolute_error; of a model with a coverage the part of the rows whose target is in its interval or set,
/// `coverage`, and `mean_width` or `mean_set_size`; with quantiles `coverage:<tau>`, the part of the rows at or below
/// each. Where the model's rows have weights, those of `table` count in every one. Throws Error(bad_data) when a column
/// or the target is absent.
Evaluation evaluate(const Model& model, const Table& table, const PredictOptions& options = {});

}  // namespace gradus
