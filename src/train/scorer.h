// One metric of the validation rows, as `evaluate` would measure it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/names.h"
#include "gradus/network.h"

#include "data/encoder.h"
#include "model/output_decoder.h"

namespace gradus {

/// The metric that the caller asked for, none for the loss. Throws Error(usage) for one that doesn't fit the task.
std::optional<Metric> choose_metric(std::optional<Metric> asked, Task task);

/// Whether `metric` is one of a task's, `loss` included.
bool fits(Metric metric, Task task) noexcept;

class Scorer {
 public:
  /// `metric`: any but `loss`. `targets` and `head` must outlive it.
  Scorer(Metric metric, const TargetEncoder& targets, const Head& head);

  /// The encoded targets: (rows x 1) of class indices, (rows x classes or labels) of 0 and 1, or (rows x targets)
  /// of numbers as the network learns them.
  template <typename T>
  void take_targets(MatrixView<const T> encoded);

  /// `outputs`: (rows x classes), or (rows x targets), of quantiles the central one. Several targets: the mean over
  /// those for which the metric is defined; NaN where it is for none. `weights`: one a row; empty: 1.
  template <typename T>
  double measure(MatrixView<const T> outputs, std::span<const double> weights) const;

 private:
  template <typename T>
  double measure_classes(MatrixView<const T> outputs, std::span<const double> weights) const;
  template <typename T>
  double measure_label(MatrixView<const T> outputs, int64_t label, std::span<const double> weights) const;
  template <typename T>
  double measure_numbers(MatrixView<const T> outputs, int64_t target, std::span<const double> weights) const;

  Metric metric_;
  const TargetEncoder& targets_;
  OutputDecoder decoder_;
  std::vector<std::vector<int32_t>> labels_;  // of the one target with classes, or of each label
  std::vector<std::vector<double>> numbers_;  // of each target, in its own units
};

}  // namespace gradus
