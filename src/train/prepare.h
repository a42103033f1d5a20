// Everything decided about a table before its first step: roles of rows and columns, encodings, recipe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gradus/options.h"
#include "gradus/table.h"

#include "data/encoder.h"
#include "nn/head.h"
#include "train/recipe.h"
#include "train/split.h"

namespace gradus {

struct Preparation {
  Task task = Task::classification;
  std::string task_reason;
  std::vector<int64_t> target_columns;
  std::vector<int64_t> feature_columns;
  std::vector<uint32_t> rows;  ///< those with a target, ascending
  Split split;                 ///< positions into `rows`; of an ensemble, all that some member trains on
  std::vector<Split> members;  ///< of an ensemble
  Encoder encoder;             ///< learned from the training rows only
  TargetEncoder targets;
  Recipe recipe;
  double total_weight = 0.0;  ///< m: the sum of the training rows' weights, their number where all count the same

  int64_t training_rows() const noexcept { return static_cast<int64_t>(split.training.size()); }
  int64_t outputs() const noexcept;
  /// Whether targets are encoded as one column of class indices.
  bool label_index() const noexcept { return has_softmax(recipe.network.head.loss); }
};

/// The part of it that comes first: the task, the columns' roles and the rows that can be learned from, of `rows` alone
/// where any are listed (ascending). Throws as `prepare` does.
Preparation assign_roles(const Table& table, const TrainOptions& options, std::span<const uint32_t> rows = {});

/// `rows` as above. `split_validation` false when the caller brings validation rows of its own.
/// Throws Error(usage) for options, Error(bad_data) for a table that can't be learned from.
Preparation prepare(const Table& table, const TrainOptions& options, bool split_validation,
                    std::span<const uint32_t> rows = {});

}  // namespace gradus
