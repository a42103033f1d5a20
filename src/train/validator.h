// The loss and the metric over rows that training doesn't see.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/network.h"

#include "base/storage.h"
#include "base/thread_pool.h"
#include "data/lazy_array.h"
#include "nn/plan.h"
#include "nn/workspace.h"
#include "train/scorer.h"

namespace gradus {

struct ValidationResult {
  double loss = 0.0;        ///< mean data term, weighted where rows have weights
  double loss_error = 0.0;  ///< its standard error: the rows' deviation / sqrt(rows)
  double metric = 0.0;      ///< accuracy; of single labels for multi-label; R2 for numbers; or what `score_by` said
};

/// How the weights in the last column of a data set's targets came to be.
struct Weighting {
  std::span<const double> class_weights = {};  ///< one a class, or none
  double mean_weight = 1.0;                    ///< what they were divided by
};

/// Copies the targets once; afterwards nothing allocates. NaN results without rows. `storage`: where the data live.
template <typename T>
class Validator {
 public:
  Validator(const Plan& plan, MatrixView<const T> features, MatrixView<const T> targets, std::span<const uint32_t> rows,
            Task task, int threads, const Weighting& weighting = {}, const Storage& storage = {});

  /// From now on the result's metric is this one, in the units of the target columns, and a run allocates.
  void score_by(Metric metric, const TargetEncoder& targets);

  ValidationResult run(std::span<const T> parameters);

 private:
  void take_weights(const Weighting& weighting);
  double metric() const;
  MatrixView<const T> outputs() const noexcept;
  MatrixView<const T> targets() const noexcept;
  /// One value a target of a regression: with quantiles the central one.
  void predictions(MatrixView<const T> logits, MatrixView<T> out) noexcept;

  const Plan& plan_;
  MatrixView<const T> features_;
  MatrixView<const T> all_targets_;
  std::span<const uint32_t> rows_;
  Task task_;
  int64_t batch_;
  ThreadPool pool_;
  Workspace<T> workspace_;
  Storage storage_;
  std::vector<T> x_;
  LazyArray<T> targets_;  // (rows x target width)
  LazyArray<T> outputs_;  // (rows x outputs)
  LazyArray<T> losses_;
  std::vector<double> weights_;  // of the rows in the loss; empty: 1 each
  std::optional<Scorer> scorer_;
  std::vector<double> counts_;  // the same in the metric, which the classes' weights are no part of
};

}  // namespace gradus
