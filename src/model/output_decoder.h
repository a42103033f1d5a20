// What the network's outputs say: probabilities, a class, labels or numbers.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/model_data.h"

namespace gradus {

/// Turns rows of network outputs into predictions. `T` is the network's precision, so that what is printed has no more
/// digits than were computed.
class OutputDecoder {
 public:
  /// Throws Error(usage) for a threshold outside [0, 1], or with other tasks than two classes and multi-label.
  OutputDecoder(const ModelData& model, std::optional<double> threshold);
  /// The same of a network that is no model yet. Both must outlive the decoder.
  OutputDecoder(const TargetEncoder& targets, const Head& head);

  /// Probability columns: one a class, or one a multi-label target; 0 for a regression.
  int64_t probability_count() const noexcept;
  /// "probability:<class>" or "probability:<target>".
  std::vector<std::string> probability_names() const;
  /// Prediction columns: one a target.
  int64_t prediction_count() const noexcept { return static_cast<int64_t>(targets_.columns.size()); }
  /// "prediction", or "prediction:<target>" where there are several or the task is multi-label.
  std::vector<std::string> prediction_names() const;

  /// Softmax outputs as they are. Other heads on classes: a_k / sum of a, negative a taken as 0, all equal when every a
  /// is 0. Multi-label: a, held to [0, 1].
  template <typename T>
  void probabilities(std::span<const T> outputs, std::span<T> probabilities) const noexcept;
  /// The index of the largest output, the lowest of equal ones; or with a threshold 1 where the second class's
  /// probability reaches it.
  template <typename T>
  int32_t predicted_class(std::span<const T> outputs, std::span<const T> probabilities) const noexcept;
  /// Multi-label: true where the probability reaches the threshold, 1/2 unless given.
  template <typename T>
  bool predicted_label(T probability) const noexcept {
    return static_cast<double>(probability) >= threshold_.value_or(0.5);
  }
  /// Regression: the prediction of `target` among a row's outputs, in the units of its column. With quantiles it is the
  /// one nearest to 1/2.
  template <typename T>
  T number(std::span<const T> outputs, int64_t target) const noexcept;

  /// Quantile columns: all of the first target, then of the next; 0 without quantiles.
  int64_t quantile_count() const noexcept;
  /// "quantile:<tau>", or "quantile:<tau>:<target>" where there are several targets.
  std::vector<std::string> quantile_names() const;
  /// Column `index` of them, in the units of its target's column.
  template <typename T>
  T quantile(std::span<const T> outputs, int64_t index) const noexcept;

  /// Interval columns of a model with a coverage: lower and upper of the first target, then of the next.
  int64_t interval_count() const noexcept { return 2 * std::ssize(calibration_.margins); }
  /// "lower" and "upper", or "lower:<target>", "upper:<target>" where there are several.
  std::vector<std::string> interval_names() const;
  /// Column `index` of them, in the units of its target's column. Where quantiles are so wide that a negative margin
  /// would turn the interval over, both ends are its middle.
  template <typename T>
  T interval_end(std::span<const T> outputs, int64_t index) const noexcept;

  /// Whether predictions come with a set of classes or labels, in a column "set".
  bool has_set() const noexcept { return calibration_.coverage > 0.0 && targets_.task != Task::regression; }
  /// Whether class or label `k` is in the set: probable enough, or the most probable class of all.
  template <typename T>
  bool in_set(std::span<const T> outputs, std::span<const T> probabilities, std::size_t k) const noexcept;
  /// The names of those in the set, joined by "|".
  template <typename T>
  std::string set(std::span<const T> outputs, std::span<const T> probabilities) const;

 private:
  template <typename T>
  T in_units(T output, int64_t target) const noexcept;

  const TargetEncoder& targets_;
  const Head& head_;
  const Calibration& calibration_;
  std::optional<double> threshold_;
};

}  // namespace gradus
