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

double weight_of(std::span<const double> weights, std::size_t row) {
  return weights.empty() ? 1.0 : weights[row];
}

template <typename T>
double probability(MatrixView<const T> probabilities, std::size_t row, int32_t column) {
  return static_cast<double>(probabilities(static_cast<int64_t>(row), column));
}

void count_confusion(std::span<const int32_t> labels, std::span<const int32_t> predicted,
                     std::span<const double> weights, ClassMetrics& metrics) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnknownClass) continue;
    metrics.confusion[static_cast<std::size_t>(labels[i])][static_cast<std::size_t>(predicted[i])] +=
        weight_of(weights, i);
  }
}

// Accuracy, recall and F1 from counts. Unknown labels only ever appear as false positives.
void from_counts(std::span<const int32_t> predicted, std::span<const double> weights, ClassMetrics& metrics) {
  const std::size_t classes = metrics.confusion.size();
  std::vector<double> predictions(classes);
  BlockedSum rows;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    predictions[static_cast<std::size_t>(predicted[i])] += weight_of(weights, i);
    rows.add(weight_of(weights, i));
  }
  double right = 0.0;
  double recalls = 0.0;
  double f1s = 0.0;
  double occurring = 0.0;
  double involved = 0.0;
  for (std::size_t c = 0; c < classes; ++c) {
    const std::vector<double>& row = metrics.confusion[c];
    const double hits = row[c];
    const double occurrences = std::accumulate(row.begin(), row.end(), 0.0);
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
  metrics.accuracy = ratio(right, rows.total());
  metrics.error = ratio(rows.total() - right, rows.total());
  metrics.balanced_accuracy = ratio(recalls, occurring);
  metrics.f1_macro = ratio(f1s, involved);
}

template <typename T>
double log_loss(MatrixView<const T> probabilities, std::span<const int32_t> labels, std::span<const double> weights) {
  WeightedMean mean;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnknownClass) continue;
    mean.add(-kernels::log(std::max(probability(probabilities, i, labels[i]), kLeastProbability)),
             weight_of(weights, i));
  }
  return mean.value();
}

template <typename T>
double brier(MatrixView<const T> probabilities, std::span<const int32_t> labels, std::span<const double> weights) {
  const auto classes = static_cast<int32_t>(probabilities.columns());
  WeightedMean mean;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnknownClass) continue;
    double squares = 0.0;
    for (int32_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
      const double gap = probability(probabilities, i, k) - (k == labels[i] ? 1.0 : 0.0);
      squares += gap * gap;
    }
    mean.add(squares, weight_of(weights, i));
  }
  return mean.value();
}

/// Expected calibration error (Naeini, Cooper & Hauskrecht 2015): sum over bins of |hits - sum of confidences| / rows.
template <typename T>
double calibration_error(MatrixView<const T> probabilities, std::span<const int32_t> labels,
                         std::span<const int32_t> predicted, std::span<const double> weights) {
  constexpr int kBins = 15;
  std::array<BlockedSum, kBins> confidences;
  std::array<double, kBins> hits{};
  double rows = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == kUnknownClass) continue;
    const double confidence = probability(probabilities, i, predicted[i]);
    const double above = confidence > 0.0 ? std::min(std::ceil(confidence * kBins), double{kBins}) : 1.0;
    const auto bin = static_cast<std::size_t>(above) - 1;
    confidences[bin].add(confidence * weight_of(weights, i));
    hits[bin] += predicted[i] == labels[i] ? weight_of(weights, i) : 0.0;
    rows += weight_of(weights, i);
  }
  double gaps = 0.0;
  for (std::size_t bin = 0; bin < kBins; ++bin) gaps += std::abs(hits[bin] - confidences[bin].total());
  return ratio(gaps, rows);
}

template <typename T>
double mean_auc(MatrixView<const T> probabilities, std::span<const int32_t> labels, std::span<const double> weights) {
  const auto classes = static_cast<int32_t>(probabilities.columns());
  std::vector<double> scores, of_scores;
  std::vector<uint8_t> positive;
  double total = 0.0;
  double defined = 0.0;
  for (int32_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
    scores.clear();
    positive.clear();
    of_scores.clear();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == kUnknownClass) continue;
      scores.push_back(probability(probabilities, i, k));
      positive.push_back(labels[i] == k ? 1 : 0);
      of_scores.push_back(weight_of(weights, i));
    }
    const double area = auc(scores, positive, of_scores);
    if (std::isnan(area)) continue;
    total += area;
    defined += 1.0;
  }
  return ratio(total, defined);
}

/// The middle of errors sorted with their weights: the mean of the two where half of the weight lies on either side.
double weighted_median(std::vector<double> errors, std::span<const double> weights) {
  std::vector<uint32_t> order(errors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return errors[a] != errors[b] ? errors[a] < errors[b] : a < b; });
  const double half = kernels::blocked_sum(weights) / 2.0;
  double below = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    below += weights[order[i]];
    if (below < half) continue;
    const std::size_t next = std::min(i + 1, order.size() - 1);
    return below > half ? errors[order[i]] : (errors[order[i]] + errors[order[next]]) / 2.0;
  }
  return errors[order.back()];
}

// 1 - residual / total; the two sums of squares as defined in NumberMetrics::r2.
double r2_of(double residual, double total) {
  if (total > 0.0) return 1.0 - residual / total;
  return residual > 0.0 ? 0.0 : 1.0;
}

}  // namespace

void WeightedMean::add(double value, double weight) noexcept {
  sum_.add(value * weight);
  weights_.add(weight);
}

double WeightedMean::value() const noexcept {
  return ratio(sum_.total(), weights_.total());
}

double auc(std::span<const double> given, std::span<const uint8_t> positive, std::span<const double> weights) {
  std::vector<double> scores(given.begin(), given.end());
  // NaN ranks lowest: a sort needs an order.
  for (double& score : scores) score = std::isnan(score) ? -std::numeric_limits<double>::infinity() : score;
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return scores[a] != scores[b] ? scores[a] < scores[b] : a < b; });
  double positives = 0.0;
  double negatives = 0.0;
  double above = 0.0;  // pairs of a positive above a negative; halves at worst without weights, so the sum is exact
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    double positives_here = 0.0;
    double negatives_here = 0.0;
    for (; last < order.size() && !(scores[order[first]] < scores[order[last]]); ++last)
      (positive[order[last]] ? positives_here : negatives_here) += weight_of(weights, order[last]);
    above += positives_here * (negatives + 0.5 * negatives_here);
    positives += positives_here;
    negatives += negatives_here;
    first = last;
  }
  return ratio(above, positives * negatives);
}

template <typename T>
ClassMetrics class_metrics(MatrixView<const T> probabilities, std::span<const int32_t> labels,
                           std::span<const int32_t> predicted, std::span<const double> weights) {
  GRADUS_DCHECK(labels.size() == predicted.size());
  const auto classes = static_cast<std::size_t>(probabilities.columns());
  ClassMetrics metrics;
  metrics.confusion.assign(classes, std::vector<double>(classes));
  count_confusion(labels, predicted, weights, metrics);
  from_counts(predicted, weights, metrics);
  metrics.log_loss = log_loss(probabilities, labels, weights);
  metrics.auc = mean_auc(probabilities, labels, weights);
  metrics.brier = brier(probabilities, labels, weights);
  metrics.ece = calibration_error(probabilities, labels, predicted, weights);
  return metrics;
}

template <typename T>
double class_metric(Metric metric, MatrixView<const T> probabilities, std::span<const int32_t> labels,
                    std::span<const int32_t> predicted, std::span<const double> weights) {
  if (metric == Metric::log_loss) return log_loss(probabilities, labels, weights);
  if (metric == Metric::auc) return mean_auc(probabilities, labels, weights);
  if (metric == Metric::brier) return brier(probabilities, labels, weights);
  if (metric == Metric::ece) return calibration_error(probabilities, labels, predicted, weights);
  const auto classes = static_cast<std::size_t>(probabilities.columns());
  ClassMetrics metrics;
  metrics.confusion.assign(classes, std::vector<double>(classes));
  count_confusion(labels, predicted, weights, metrics);
  from_counts(predicted, weights, metrics);
  if (metric == Metric::error) return metrics.error;
  if (metric == Metric::balanced_accuracy) return metrics.balanced_accuracy;
  return metric == Metric::f1_macro ? metrics.f1_macro : metrics.accuracy;
}

double number_metric(Metric metric, std::span<const double> predicted, std::span<const double> actual,
                     std::span<const double> weights) {
  const NumberMetrics metrics = number_metrics(predicted, actual, weights);
  if (metric == Metric::rmse) return metrics.rmse;
  if (metric == Metric::mae) return metrics.mae;
  return metric == Metric::r2 ? metrics.r2 : metrics.median_absolute_error;
}

NumberMetrics number_metrics(std::span<const double> predicted, std::span<const double> actual,
                             std::span<const double> weights) {
  GRADUS_DCHECK(predicted.size() == actual.size());
  if (actual.empty()) return {kUndefined, kUndefined, kUndefined, kUndefined};
  WeightedMean centre, absolute, square, spread;
  std::vector<double> errors, counts;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    errors.push_back(std::abs(predicted[i] - actual[i]));
    counts.push_back(weight_of(weights, i));
    centre.add(actual[i], counts[i]);
    absolute.add(errors[i], counts[i]);
    square.add(errors[i] * errors[i], counts[i]);
  }
  const double mean = centre.value();
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double deviation = actual[i] - mean;
    spread.add(deviation * deviation, counts[i]);
  }
  NumberMetrics metrics;
  metrics.rmse = std::sqrt(square.value());
  metrics.mae = absolute.value();
  const auto [low, high] = std::minmax_element(actual.begin(), actual.end());
  metrics.r2 = r2_of(square.value(), *low == *high ? 0.0 : spread.value());
  for (double& error : errors) error = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  metrics.median_absolute_error = weighted_median(std::move(errors), counts);
  return metrics;
}

template <typename T>
int32_t largest_index(std::span<const T> values) noexcept {
  return static_cast<int32_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

template <typename T>
double accuracy(MatrixView<const T> outputs, MatrixView<const T> targets, std::span<const double> weights) noexcept {
  WeightedMean right;
  for (int64_t row = 0; row < outputs.rows(); ++row) {
    const int32_t predicted = largest_index<T>(outputs.row(row));
    const bool hit =
        targets.columns() == 1 ? targets(row, 0) == static_cast<T>(predicted) : targets(row, predicted) > 0;
    right.add(hit ? 1.0 : 0.0, weight_of(weights, static_cast<std::size_t>(row)));
  }
  return right.value();
}

template <typename T>
double label_accuracy(MatrixView<const T> outputs, MatrixView<const T> targets,
                      std::span<const double> weights) noexcept {
  WeightedMean right;
  for (int64_t row = 0; row < outputs.rows(); ++row) {
    for (int64_t k = 0; k < outputs.columns(); ++k) {
      right.add((outputs(row, k) >= T(0.5)) == (targets(row, k) >= T(0.5)) ? 1.0 : 0.0,
                weight_of(weights, static_cast<std::size_t>(row)));
    }
  }
  return right.value();
}

template <typename T>
double mean_r2(MatrixView<const T> outputs, MatrixView<const T> targets, std::span<const double> weights) noexcept {
  double total = 0.0;
  for (int64_t k = 0; k < outputs.columns(); ++k) {
    WeightedMean centre, residual, spread;
    for (int64_t row = 0; row < outputs.rows(); ++row)
      centre.add(static_cast<double>(targets(row, k)), weight_of(weights, static_cast<std::size_t>(row)));
    const double mean = centre.value();
    bool constant = true;
    for (int64_t row = 0; row < outputs.rows(); ++row) {
      const auto target = static_cast<double>(targets(row, k));
      const double error = static_cast<double>(outputs(row, k)) - target;
      const double weight = weight_of(weights, static_cast<std::size_t>(row));
      residual.add(error * error, weight);
      spread.add((target - mean) * (target - mean), weight);
      constant = constant && targets(row, k) == targets(0, k);
    }
    total += r2_of(residual.value(), constant ? 0.0 : spread.value());
  }
  return outputs.rows() == 0 ? kUndefined : ratio(total, static_cast<double>(outputs.columns()));
}

template ClassMetrics class_metrics(MatrixView<const float>, std::span<const int32_t>, std::span<const int32_t>,
                                    std::span<const double>);
template ClassMetrics class_metrics(MatrixView<const double>, std::span<const int32_t>, std::span<const int32_t>,
                                    std::span<const double>);
template double class_metric(Metric, MatrixView<const float>, std::span<const int32_t>, std::span<const int32_t>,
                             std::span<const double>);
template double class_metric(Metric, MatrixView<const double>, std::span<const int32_t>, std::span<const int32_t>,
                             std::span<const double>);
template int32_t largest_index(std::span<const float>) noexcept;
template int32_t largest_index(std::span<const double>) noexcept;
template double accuracy(MatrixView<const float>, MatrixView<const float>, std::span<const double>) noexcept;
template double accuracy(MatrixView<const double>, MatrixView<const double>, std::span<const double>) noexcept;
template double label_accuracy(MatrixView<const float>, MatrixView<const float>, std::span<const double>) noexcept;
template double label_accuracy(MatrixView<const double>, MatrixView<const double>, std::span<const double>) noexcept;
template double mean_r2(MatrixView<const float>, MatrixView<const float>, std::span<const double>) noexcept;
template double mean_r2(MatrixView<const double>, MatrixView<const double>, std::span<const double>) noexcept;

}  // namespace gradus
