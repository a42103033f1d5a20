#include "train/scorer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <string>

#include "gradus/error.h"

#include "train/metrics.h"

namespace gradus {

bool fits(Metric metric, Task task) noexcept {
  const bool of_numbers = metric == Metric::rmse || metric == Metric::mae || metric == Metric::r2 ||
                          metric == Metric::median_absolute_error;
  return metric == Metric::loss || of_numbers == (task == Task::regression);
}

std::optional<Metric> choose_metric(std::optional<Metric> asked, Task task) {
  if (!asked || *asked == Metric::loss) return std::nullopt;
  if (fits(*asked, task)) return asked;
  std::vector<std::string> fitting;
  for (const std::string& candidate : names<Metric>())
    if (fits(parse<Metric>(candidate, "--metric"), task)) fitting.push_back(candidate);
  throw Error(ErrorCode::usage, fmt::format("--metric: found {} with task {}, expected one of {}", name(*asked),
                                            name(task), fmt::join(fitting, ", ")));
}

Scorer::Scorer(Metric metric, const TargetEncoder& targets, const Head& head)
    : metric_(metric), targets_(targets), decoder_(targets, head) {}

template <typename T>
void Scorer::take_targets(MatrixView<const T> encoded) {
  if (targets_.task == Task::classification) {
    std::vector<int32_t>& labels = labels_.emplace_back();
    for (int64_t row = 0; row < encoded.rows(); ++row)
      labels.push_back(encoded.columns() == 1 ? static_cast<int32_t>(encoded(row, 0))
                                              : largest_index<T>(encoded.row(row)));
    return;
  }
  for (int64_t k = 0; k < encoded.columns(); ++k) {
    const TargetColumn& target = targets_.columns[static_cast<std::size_t>(k)];
    std::vector<int32_t>& labels = labels_.emplace_back();
    std::vector<double>& numbers = numbers_.emplace_back();
    for (int64_t row = 0; row < encoded.rows(); ++row) {
      if (targets_.task == Task::multilabel) {
        labels.push_back(encoded(row, k) > T(0.5) ? 1 : 0);
      } else {
        numbers.push_back(static_cast<double>(encoded(row, k)) / target.scale + target.mean);
      }
    }
  }
}

template <typename T>
double Scorer::measure_classes(MatrixView<const T> outputs, std::span<const double> weights) const {
  std::vector<T> values(static_cast<std::size_t>(outputs.rows() * outputs.columns()));
  const MatrixView<T> probabilities(values.data(), outputs.rows(), outputs.columns());
  std::vector<int32_t> predicted;
  for (int64_t row = 0; row < outputs.rows(); ++row) {
    decoder_.probabilities<T>(outputs.row(row), probabilities.row(row));
    predicted.push_back(decoder_.predicted_class<T>(outputs.row(row), probabilities.row(row)));
  }
  return class_metric<T>(metric_, probabilities, labels_[0], predicted, weights);
}

template <typename T>
double Scorer::measure_label(MatrixView<const T> outputs, int64_t label, std::span<const double> weights) const {
  std::vector<T> values(static_cast<std::size_t>(outputs.rows()) * 2);
  const MatrixView<T> pairs(values.data(), outputs.rows(), 2);
  std::vector<T> p(static_cast<std::size_t>(outputs.columns()));
  std::vector<int32_t> predicted;
  for (int64_t row = 0; row < outputs.rows(); ++row) {
    decoder_.probabilities<T>(outputs.row(row), p);
    pairs(row, 1) = p[static_cast<std::size_t>(label)];
    pairs(row, 0) = T{1} - pairs(row, 1);
    predicted.push_back(decoder_.predicted_label(pairs(row, 1)) ? 1 : 0);
  }
  return class_metric<T>(metric_, pairs, labels_[static_cast<std::size_t>(label)], predicted, weights);
}

template <typename T>
double Scorer::measure_numbers(MatrixView<const T> outputs, int64_t target, std::span<const double> weights) const {
  const TargetColumn& column = targets_.columns[static_cast<std::size_t>(target)];
  std::vector<double> predicted;
  for (int64_t row = 0; row < outputs.rows(); ++row)
    predicted.push_back(static_cast<double>(outputs(row, target)) / column.scale + column.mean);
  return number_metric(metric_, predicted, numbers_[static_cast<std::size_t>(target)], weights);
}

template <typename T>
double Scorer::measure(MatrixView<const T> outputs, std::span<const double> weights) const {
  if (targets_.task == Task::classification) return measure_classes(outputs, weights);
  double sum = 0.0;
  double defined = 0.0;
  for (int64_t k = 0; k < outputs.columns(); ++k) {
    const double value =
        targets_.task == Task::multilabel ? measure_label(outputs, k, weights) : measure_numbers(outputs, k, weights);
    if (std::isnan(value)) continue;
    sum += value;
    defined += 1.0;
  }
  return defined > 0.0 ? sum / defined : std::numeric_limits<double>::quiet_NaN();
}

template void Scorer::take_targets(MatrixView<const float>);
template void Scorer::take_targets(MatrixView<const double>);
template double Scorer::measure(MatrixView<const float>, std::span<const double>) const;
template double Scorer::measure(MatrixView<const double>, std::span<const double>) const;

}  // namespace gradus
