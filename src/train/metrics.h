// How good predictions are. Sums follow the bit contract (blocks of 256 rows, then a fixed tree, in double). `weights`:
// what each row counts, as if it stood there so many times; empty: once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/names.h"

#include "kernels/reductions.h"

namespace gradus {

/// `label` of a row whose class training never saw. Such a row counts as wrong in accuracy, error and f1_macro (as a
/// false positive of the class predicted) and is left out of balanced_accuracy, log_loss, auc, brier, ece and the
/// confusion matrix.
inline constexpr int32_t kUnknownClass = -1;

/// NaN where a metric is undefined (no row, or one class only for auc).
struct ClassMetrics {
  double accuracy = 0.0;
  double error = 0.0;              ///< 1 - accuracy
  double balanced_accuracy = 0.0;  ///< mean recall over the classes that occur
  double log_loss = 0.0;           ///< mean -log p(label), p at least 1e-15
  double auc = 0.0;                ///< two classes: of the second; more: macro average of one against the rest
  double f1_macro = 0.0;           ///< over the classes that occur or are predicted
  double brier = 0.0;  ///< two classes: mean (p - y)^2 of the second; more: mean over rows of sum_k (p_k - y_k)^2
  double ece = 0.0;    ///< 15 equal-width bins (lo, hi] of the predicted class's probability
  std::vector<std::vector<double>> confusion;  ///< [label][predicted], the rows' weights
};

/// `probabilities` (rows x classes), rows summing to 1. `labels`, `predicted`: class indices.
template <typename T>
ClassMetrics class_metrics(MatrixView<const T> probabilities, std::span<const int32_t> labels,
                           std::span<const int32_t> predicted, std::span<const double> weights = {});

/// One of them, to the same bits.
template <typename T>
double class_metric(Metric metric, MatrixView<const T> probabilities, std::span<const int32_t> labels,
                    std::span<const int32_t> predicted, std::span<const double> weights = {});

struct NumberMetrics {
  double rmse = 0.0;
  double mae = 0.0;
  double r2 = 0.0;  ///< 1 - SS_res / SS_tot; of a constant target 1 when predicted exactly, else 0
  double median_absolute_error = 0.0;
};
NumberMetrics number_metrics(std::span<const double> predicted, std::span<const double> actual,
                             std::span<const double> weights = {});
double number_metric(Metric metric, std::span<const double> predicted, std::span<const double> actual,
                     std::span<const double> weights = {});

/// The area under the ROC curve: how often a positive row scores above a negative one, half of equal scores. NaN unless
/// both kinds of row occur.
double auc(std::span<const double> scores, std::span<const uint8_t> positive, std::span<const double> weights = {});

/// The index of the largest value, the lowest of equal ones.
template <typename T>
int32_t largest_index(std::span<const T> values) noexcept;

/// The weighted mean of values that come one by one.
class WeightedMean {
 public:
  void add(double value, double weight) noexcept;
  /// NaN of none.
  double value() const noexcept;

 private:
  kernels::BlockedSum sum_, weights_;
};

/// Fraction of rows whose largest output is the label: `targets` (rows x 1) of class indices or (rows x outputs) of 0
/// and 1, one of them 1.
template <typename T>
double accuracy(MatrixView<const T> outputs, MatrixView<const T> targets,
                std::span<const double> weights = {}) noexcept;
/// Fraction of cells on the right side of 1/2: multi-label.
template <typename T>
double label_accuracy(MatrixView<const T> outputs, MatrixView<const T> targets,
                      std::span<const double> weights = {}) noexcept;
/// R2 averaged over the columns; the same for standardised targets as for the targets themselves.
template <typename T>
double mean_r2(MatrixView<const T> outputs, MatrixView<const T> targets, std::span<const double> weights = {}) noexcept;

}  // namespace gradus
