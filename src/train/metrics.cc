#include "train/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.h"
#include "kernels/math.h"
#include "kernels/reductions.h"

namespace gradus {

namespace {

using kernels::BlockedSum;

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr double kLeastProbability = 1e-15;

double ratio(double numerator, double denominator) {
  return denominator > 0.0 ? numerator / denominator : kUndefined;
}

double mean(const BlockedSum& sum) {
  return ratio(sum.total(), static_cast<double>(sum.count()));
}

template <typename T>
double probability(MatrixView<const T> probabilities, std::size_t row, int32_t column) {
  return static_cast<double>(probabilities(static_cast<int64_t>(row), column));
}

void count_confusion(std::span<const int32_t> labels, std::span<const int32_t> predicted, ClassMetrics& metrics) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnknownClass) continue;
    ++metrics.confusion[static_cast<std::size_t>(labels[i])][static_cast<std::size_t>(predicted[i])];
  }
}

// Accuracy, recall and F1 from counts. Unknown labels only ever appear as false positives.
void from_counts(std::span<const int32_t> labels, std::span<const int32_t> predicted, ClassMetrics& metrics) {
  const std::size_t classes = metrics.confusion.size();
  std::vector<double> predictions(classes);
  for (const int32_t p : predicted) predictions[static_cast<std::size_t>(p)] += 1.0;
  double right = 0.0;
  double recalls = 0.0;
  double f1s = 0.0;
  double occurring = 0.0;
  double involved = 0.0;
  for (std::size_t c = 0; c < classes; ++c) {
    const std::vector<int64_t>& row = metrics.confusion[c];
    const auto hits = static_cast<double>(row[c]);
    const auto occurrences = static_cast<double>(std::accumulate(row.begin(), row.end(), int64_t{0}));
    right += hits;
    if (occurrences > 0.0) {
      recalls += hits / occurrences;
      occurring += 1.0;
    }
    if (occurrences + predictions[c] > 0.0) {
      f1s += 2.0 * hits / (occurrences + predictions[c]);
      involved += 1.0;
    }
  }
  const auto rows = static_cast<double>(labels.size());
  metrics.accuracy = ratio(right, rows);
  metrics.error = ratio(rows - right, rows);
  metrics.balanced_accuracy = ratio(recalls, occurring);
  metrics.f1_macro = ratio(f1s, involved);
}

template <typename T>
double log_loss(MatrixView<const T> probabilities, std::span<const int32_t> labels) {
  BlockedSum sum;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnknownClass) continue;
    sum.add(-kernels::log(std::max(probability(probabilities, i, labels[i]), kLeastProbability)));
  }
  return mean(sum);
}

template <typename T>
double brier(MatrixView<const T> probabilities, std::span<const int32_t> labels) {
  const auto classes = static_cast<int32_t>(probabilities.columns());
  BlockedSum sum;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnknownClass) continue;
    double squares = 0.0;
    for (int32_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
      const double gap = probability(probabilities, i, k) - (k == labels[i] ? 1.0 : 0.0);
      squares += gap * gap;
    }
    sum.add(squares);
  }
  return mean(sum);
}

/// Expected calibration error (Naeini, Cooper & Hauskrecht 2015): sum over bins of |hits - sum of confidences| / rows.
template <typename T>
double calibration_error(MatrixView<const T> probabilities, std::span<const int32_t> labels,
                         std::span<const int32_t> predicted) {
  constexpr int kBins = 15;
  std::array<BlockedSum, kBins> confidences;
  std::array<double, kBins> hits{};
  double rows = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnknownClass) continue;
    const double confidence = probability(probabilities, i, predicted[i]);
    const double above = confidence > 0.0 ? std::min(std::ceil(confidence * kBins), double{kBins}) : 1.0;
    const auto bin = static_cast<std::size_t>(above) - 1;
    confidences[bin].add(confidence);
    hits[bin] += predicted[i] == labels[i] ? 1.0 : 0.0;
    rows += 1.0;
  }
  double gaps = 0.0;
  for (std::size_t bin = 0; bin < kBins; ++bin) gaps += std::abs(hits[bin] - confidences[bin].total());
  return ratio(gaps, rows);
}

template <typename T>
double mean_auc(MatrixView<const T> probabilities, std::span<const int32_t> labels) {
  const auto classes = static_cast<int32_t>(probabilities.columns());
  std::vector<double> scores;
  std::vector<uint8_t> positive;
  double total = 0.0;
  double defined = 0.0;
  for (int32_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
    scores.clear();
    positive.clear();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == kUnknownClass) continue;
      scores.push_back(probability(probabilities, i, k));
      positive.push_back(labels[i] == k ? 1 : 0);
    }
    const double area = auc(scores, positive);
    if (std::isnan(area)) continue;
    total += area;
    defined += 1.0;
  }
  return ratio(total, defined);
}

// 1 - residual / total; the two sums of squares as defined in NumberMetrics::r2.
double r2_of(double residual, double total) {
  if (total > 0.0) return 1.0 - residual / total;
  return residual > 0.0 ? 0.0 : 1.0;
}

}  // namespace

double auc(std::span<const double> given, std::span<const uint8_t> positive) {
  std::vector<double> scores(given.begin(), given.end());
  // NaN ranks lowest: a sort needs an order.
  for (double& score : scores) score = std::isnan(score) ? -std::numeric_limits<double>::infinity() : score;
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] < scores[b]; });
  double positives = 0.0;
  double rank_sum = 0.0;  // of the positives; ranks are halves at worst, so the sum is exact
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    double here = 0.0;
    while (last < order.size() && !(scores[order[first]] < scores[order[last]])) here += positive[order[last++]];
    rank_sum += here * 0.5 * static_cast<double>(first + 1 + last);
    positives += here;
    first = last;
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  return ratio(rank_sum - positives * (positives + 1.0) / 2.0, positives * negatives);
}

template <typename T>
ClassMetrics class_metrics(MatrixView<const T> probabilities, std::span<const int32_t> labels,
                           std::span<const int32_t> predicted) {
  GRADUS_DCHECK(labels.size() == predicted.size());
  const auto classes = static_cast<std::size_t>(probabilities.columns());
  ClassMetrics metrics;
  metrics.confusion.assign(classes, std::vector<int64_t>(classes));
  count_confusion(labels, predicted, metrics);
  from_counts(labels, predicted, metrics);
  metrics.log_loss = log_loss(probabilities, labels);
  metrics.auc = mean_auc(probabilities, labels);
  metrics.brier = brier(probabilities, labels);
  metrics.ece = calibration_error(probabilities, labels, predicted);
  return metrics;
}

NumberMetrics number_metrics(std::span<const double> predicted, std::span<const double> actual) {
  GRADUS_DCHECK(predicted.size() == actual.size());
  if (actual.empty()) return {kUndefined, kUndefined, kUndefined, kUndefined};
  const auto rows = static_cast<double>(actual.size());
  const double centre = kernels::blocked_sum(actual) / rows;
  std::vector<double> errors;
  errors.reserve(actual.size());
  BlockedSum spread;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    errors.push_back(std::abs(predicted[i] - actual[i]));
    spread.add((actual[i] - centre) * (actual[i] - centre));
  }
  const double residual = kernels::blocked_sum_of_squares(std::span<const double>(errors));
  NumberMetrics metrics;
  metrics.rmse = std::sqrt(residual / rows);
  metrics.mae = kernels::blocked_sum(std::span<const double>(errors)) / rows;
  const auto [low, high] = std::minmax_element(actual.begin(), actual.end());
  metrics.r2 = r2_of(residual, *low == *high ? 0.0 : spread.total());
  for (double& error : errors) error = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
  std::nth_element(errors.begin(), middle, errors.end());
  metrics.median_absolute_error = *middle;
  if (errors.size() % 2 == 0) metrics.median_absolute_error = (*middle + *std::max_element(errors.begin(), middle)) / 2;
  return metrics;
}

template <typename T>
int32_t largest_index(std::span<const T> values) noexcept {
  return static_cast<int32_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

template <typename T>
double accuracy(MatrixView<const T> outputs, MatrixView<const T> targets) noexcept {
  double right = 0.0;
  for (int64_t row = 0; row < outputs.rows(); ++row) {
    const int32_t predicted = largest_index<T>(outputs.row(row));
    const bool hit =
        targets.columns() == 1 ? targets(row, 0) == static_cast<T>(predicted) : targets(row, predicted) > 0;
    right += hit ? 1.0 : 0.0;
  }
  return ratio(right, static_cast<double>(outputs.rows()));
}

template <typename T>
double label_accuracy(MatrixView<const T> outputs, MatrixView<const T> targets) noexcept {
  double right = 0.0;
  for (int64_t row = 0; row < outputs.rows(); ++row) {
    for (int64_t k = 0; k < outputs.columns(); ++k) {
      right += (outputs(row, k) >= T(0.5)) == (targets(row, k) >= T(0.5)) ? 1.0 : 0.0;
    }
  }
  return ratio(right, static_cast<double>(outputs.rows() * outputs.columns()));
}

template <typename T>
double mean_r2(MatrixView<const T> outputs, MatrixView<const T> targets) noexcept {
  double total = 0.0;
  for (int64_t k = 0; k < outputs.columns(); ++k) {
    BlockedSum sum;
    for (int64_t row = 0; row < outputs.rows(); ++row) sum.add(static_cast<double>(targets(row, k)));
    const double centre = mean(sum);
    BlockedSum residual;
    BlockedSum spread;
    bool constant = true;
    for (int64_t row = 0; row < outputs.rows(); ++row) {
      const auto target = static_cast<double>(targets(row, k));
      const double error = static_cast<double>(outputs(row, k)) - target;
      residual.add(error * error);
      spread.add((target - centre) * (target - centre));
      constant = constant && targets(row, k) == targets(0, k);
    }
    total += r2_of(residual.total(), constant ? 0.0 : spread.total());
  }
  return outputs.rows() == 0 ? kUndefined : ratio(total, static_cast<double>(outputs.columns()));
}

template ClassMetrics class_metrics(MatrixView<const float>, std::span<const int32_t>, std::span<const int32_t>);
template ClassMetrics class_metrics(MatrixView<const double>, std::span<const int32_t>, std::span<const int32_t>);
template int32_t largest_index(std::span<const float>) noexcept;
template int32_t largest_index(std::span<const double>) noexcept;
template double accuracy(MatrixView<const float>, MatrixView<const float>) noexcept;
template double accuracy(MatrixView<const double>, MatrixView<const double>) noexcept;
template double label_accuracy(MatrixView<const float>, MatrixView<const float>) noexcept;
template double label_accuracy(MatrixView<const double>, MatrixView<const double>) noexcept;
template double mean_r2(MatrixView<const float>, MatrixView<const float>) noexcept;
template double mean_r2(MatrixView<const double>, MatrixView<const double>) noexcept;

}  // namespace gradus
