#include "train/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace gradus {
namespace {

// Reference values are scikit-learn 1.2.1's, where no other source is given.
constexpr double kTolerance = 1e-12;

ClassMetrics measure(const std::vector<std::vector<double>>& rows, const std::vector<int32_t>& labels) {
  std::vector<double> flat;
  std::vector<int32_t> predicted;
  for (const auto& row : rows) {
    flat.insert(flat.end(), row.begin(), row.end());
    predicted.push_back(largest_index<double>(row));
  }
  const auto width = static_cast<int64_t>(rows[0].size());
  return class_metrics<double>({flat.data(), static_cast<int64_t>(rows.size()), width}, labels, predicted);
}

ClassMetrics measure_binary(const std::vector<double>& second, const std::vector<int32_t>& labels) {
  std::vector<std::vector<double>> rows;
  for (const double p : second) rows.push_back({1.0 - p, p});
  return measure(rows, labels);
}

const std::vector<double> kScores = {.1, .4, .35, .8, .4, .4, .9, .2};
const std::vector<int32_t> kLabels = {0, 0, 1, 1, 1, 0, 1, 0};

TEST(ClassMetrics, TwoClasses) {
  const ClassMetrics m = measure_binary(kScores, kLabels);
  EXPECT_NEAR(m.accuracy, 0.75, kTolerance);
  EXPECT_NEAR(m.error, 0.25, kTolerance);
  EXPECT_NEAR(m.balanced_accuracy, 0.75, kTolerance);
  EXPECT_NEAR(m.log_loss, 0.45559652973111076, kTolerance);
  EXPECT_NEAR(m.auc, 0.8125, kTolerance) << "three scores tie at 0.4";
  EXPECT_NEAR(m.f1_macro, 0.7333333333333334, kTolerance);
  EXPECT_NEAR(m.brier, 0.15031250000000002, kTolerance);
  EXPECT_EQ(m.confusion, (std::vector<std::vector<double>>{{4, 0}, {2, 2}}));
}

TEST(ClassMetrics, ThreeClasses) {
  const ClassMetrics m = measure({{.7, .2, .1}, {.1, .6, .3}, {.2, .2, .6}, {.3, .4, .3}, {.5, .25, .25}, {.1, .1, .8}},
                                 {0, 1, 2, 0, 1, 2});
  EXPECT_NEAR(m.auc, 0.9166666666666666, kTolerance);
  EXPECT_NEAR(m.log_loss, 0.6986228180384583, kTolerance);
  EXPECT_NEAR(m.f1_macro, 0.6666666666666666, kTolerance);
  EXPECT_NEAR(m.balanced_accuracy, 0.6666666666666666, kTolerance);
  EXPECT_NEAR(m.brier, 0.3858333333333333, kTolerance) << "by hand: the sum over classes, averaged over rows";
  EXPECT_EQ(m.confusion, (std::vector<std::vector<double>>{{1, 1, 0}, {1, 1, 0}, {0, 0, 2}}));
}

TEST(ClassMetrics, CalibrationErrorByHand) {
  // Bins of 1/15. 0.7 and 0.72 fall into (10/15, 11/15] with one hit of two; 0.95 into (14/15, 1] and hits;
  // 0.55 into (8/15, 9/15] and misses: (|1 - 1.42| + |1 - 0.95| + |0 - 0.55|) / 4.
  const ClassMetrics m = measure_binary({0.7, 0.72, 0.95, 0.55}, {1, 0, 1, 0});
  EXPECT_NEAR(m.ece, (0.42 + 0.05 + 0.55) / 4.0, kTolerance);
}

TEST(ClassMetrics, CalibrationBinsIncludeTheirUpperEdge) {
  // 0.6 = 9/15 belongs to (8/15, 9/15] with 0.55: |1 - 1.15| / 2, not (0.4 + 0.55) / 2.
  EXPECT_NEAR(measure_binary({0.6, 0.55}, {1, 0}).ece, 0.075, kTolerance);
  EXPECT_NEAR(measure_binary({1.0, 1.0}, {1, 1}).ece, 0.0, kTolerance);
}

TEST(ClassMetrics, CertainAndWrongStaysFinite) {
  EXPECT_NEAR(measure_binary({1.0, 1.0}, {0, 1}).log_loss, -std::log(1e-15) / 2.0, 1e-9);
}

TEST(ClassMetrics, UnknownLabelsAreWrongAndOtherwiseLeftOut) {
  std::vector<double> scores = kScores;
  std::vector<int32_t> labels = kLabels;
  scores.insert(scores.end(), {0.9, 0.3});
  labels.insert(labels.end(), {kUnknownClass, kUnknownClass});
  const ClassMetrics with = measure_binary(scores, labels);
  const ClassMetrics without = measure_binary(kScores, kLabels);
  EXPECT_NEAR(with.accuracy, 6.0 / 10.0, kTolerance);
  EXPECT_NEAR(with.error, 4.0 / 10.0, kTolerance);
  // Class 0: 4 hits of 4, 7 predictions; class 1: 2 hits of 4, 3 predictions.
  EXPECT_NEAR(with.f1_macro, (8.0 / 11.0 + 4.0 / 7.0) / 2.0, kTolerance);
  EXPECT_EQ(with.balanced_accuracy, without.balanced_accuracy);
  EXPECT_EQ(with.log_loss, without.log_loss);
  EXPECT_EQ(with.auc, without.auc);
  EXPECT_EQ(with.brier, without.brier);
  EXPECT_EQ(with.ece, without.ece);
  EXPECT_EQ(with.confusion, without.confusion);
}

TEST(ClassMetrics, AbsentClassIsLeftOutOfAverages) {
  // Class 2 neither occurs nor is predicted.
  const ClassMetrics m = measure({{.8, .1, .1}, {.1, .8, .1}, {.6, .3, .1}}, {0, 1, 1});
  EXPECT_NEAR(m.balanced_accuracy, 0.75, kTolerance);
  EXPECT_NEAR(m.f1_macro, (2.0 / 3.0 + 2.0 / 3.0) / 2.0, kTolerance);
  EXPECT_NEAR(m.auc, 1.0, kTolerance);
  EXPECT_TRUE(std::isnan(measure_binary({.2, .3}, {0, 0}).auc)) << "one class only";
}

TEST(Auc, TiesCountHalf) {
  const std::vector<uint8_t> positive = {1, 0, 1, 0};
  EXPECT_EQ(auc(std::vector<double>{.5, .5, .5, .5}, positive), 0.5);
  EXPECT_EQ(auc(std::vector<double>{.9, .1, .5, .5}, positive), 0.875);
  EXPECT_EQ(auc(std::vector<double>{.9, .1, .8, .2}, positive), 1.0);
  EXPECT_EQ(auc(std::vector<double>{.1, .9, .2, .8}, positive), 0.0);
}

TEST(Auc, SurvivesNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(auc(std::vector<double>{nan, nan, 0.5}, std::vector<uint8_t>{0, 0, 1}), 1.0);
}

TEST(NumberMetrics, OddAndEvenCounts) {
  const std::vector<double> actual = {3, -0.5, 2, 7, 4.25};
  const std::vector<double> predicted = {2.5, 0, 2, 8, 5.5};
  const NumberMetrics odd = number_metrics(predicted, actual);
  EXPECT_NEAR(odd.rmse, 0.7826237921249264, kTolerance);
  EXPECT_NEAR(odd.mae, 0.65, kTolerance);
  EXPECT_NEAR(odd.r2, 0.9002442996742671, kTolerance);
  EXPECT_NEAR(odd.median_absolute_error, 0.5, kTolerance);
  const NumberMetrics even = number_metrics(std::span(predicted).first(4), std::span(actual).first(4));
  EXPECT_NEAR(even.rmse, 0.6123724356957945, kTolerance);
  EXPECT_NEAR(even.mae, 0.5, kTolerance);
  EXPECT_NEAR(even.r2, 0.9486081370449679, kTolerance);
  EXPECT_NEAR(even.median_absolute_error, 0.5, kTolerance);
  EXPECT_EQ(number_metrics(std::vector<double>{1, 4}, std::vector<double>{0, 0}).median_absolute_error, 2.5);
}

TEST(NumberMetrics, ConstantTargetAndNoRows) {
  const std::vector<double> tenth(3, 0.1);  // its mean is not exactly 0.1 in floating point
  EXPECT_EQ(number_metrics(tenth, tenth).r2, 1.0);
  EXPECT_EQ(number_metrics(std::vector<double>{0, 0, 0}, tenth).r2, 0.0);
  EXPECT_TRUE(std::isnan(number_metrics({}, {}).rmse));
}

// A row of weight w is as w rows, in every metric.
TEST(Weights, CountARowSeveralTimes) {
  const std::vector<double> weights = {2, 1, 3, 1, 1, 2, 4, 1};
  std::vector<double> scores, rows, once, predicted_numbers, numbers, repeated_numbers;
  std::vector<int32_t> labels, predicted, labels_once, predicted_once;
  for (std::size_t i = 0; i < kScores.size(); ++i) {
    once.insert(once.end(), {1.0 - kScores[i], kScores[i]});
    labels_once.push_back(i == 3 ? kUnknownClass : kLabels[i]);
    predicted_once.push_back(kScores[i] > 0.5 ? 1 : 0);
    for (int w = 0; w < static_cast<int>(weights[i]); ++w) {
      rows.insert(rows.end(), {1.0 - kScores[i], kScores[i]});
      labels.push_back(labels_once[i]);
      predicted.push_back(predicted_once[i]);
      scores.push_back(kScores[i]);
      repeated_numbers.push_back(static_cast<double>(kLabels[i]) + 0.3 * kScores[i] * kScores[i]);
    }
    numbers.push_back(repeated_numbers.back());
  }
  const auto count = static_cast<int64_t>(labels.size());
  const ClassMetrics a = class_metrics<double>({once.data(), 8, 2}, labels_once, predicted_once, weights);
  const ClassMetrics b = class_metrics<double>({rows.data(), count, 2}, labels, predicted);
  EXPECT_NEAR(a.accuracy, b.accuracy, kTolerance);
  EXPECT_NEAR(a.error, b.error, kTolerance);
  EXPECT_NEAR(a.balanced_accuracy, b.balanced_accuracy, kTolerance);
  EXPECT_NEAR(a.log_loss, b.log_loss, kTolerance);
  EXPECT_NEAR(a.auc, b.auc, kTolerance);
  EXPECT_NEAR(a.f1_macro, b.f1_macro, kTolerance);
  EXPECT_NEAR(a.brier, b.brier, kTolerance);
  EXPECT_NEAR(a.ece, b.ece, kTolerance);
  EXPECT_EQ(a.confusion, b.confusion);
  EXPECT_NE(a.auc, class_metrics<double>({once.data(), 8, 2}, labels_once, predicted_once).auc);

  const NumberMetrics c = number_metrics(kScores, numbers, weights);
  const NumberMetrics d = number_metrics(scores, repeated_numbers);
  EXPECT_NEAR(c.rmse, d.rmse, kTolerance);
  EXPECT_NEAR(c.mae, d.mae, kTolerance);
  EXPECT_NEAR(c.r2, d.r2, kTolerance);
  EXPECT_NEAR(c.median_absolute_error, d.median_absolute_error, kTolerance);

  const MatrixView<const double> outputs(kScores.data(), 8, 1), targets(numbers.data(), 8, 1);
  EXPECT_NEAR(mean_r2<double>(outputs, targets, weights), d.r2, kTolerance);
  EXPECT_NEAR(accuracy<double>({once.data(), 8, 2}, {once.data(), 8, 2}, weights), 1.0, kTolerance);
}

// Half of the weight on either side: the mean of the two in the middle.
TEST(Weights, MedianBetweenTwoRows) {
  const std::vector<double> actual = {0, 0, 0}, predicted = {1, 2, 4};
  EXPECT_EQ(number_metrics(predicted, actual, std::vector<double>{1, 1, 2}).median_absolute_error, 3.0);
  EXPECT_EQ(number_metrics(predicted, actual, std::vector<double>{1, 2, 2}).median_absolute_error, 2.0);
  EXPECT_EQ(number_metrics(predicted, actual, std::vector<double>{0.5, 0.1, 0.1}).median_absolute_error, 1.0);
}

TEST(LargestIndex, LowestOfEqualOnes) {
  EXPECT_EQ(largest_index<float>(std::vector<float>{0.2f, 0.4f, 0.4f}), 1);
  EXPECT_EQ(largest_index<float>(std::vector<float>{0.5f, 0.5f}), 0);
}

TEST(QuickMetrics, AgreeWithTheFullOnes) {
  const std::vector<float> outputs = {.7f, .3f, .4f, .6f, .5f, .5f};
  const std::vector<float> indices = {0, 1, 1};
  const std::vector<float> one_hot = {1, 0, 0, 1, 0, 1};
  const MatrixView<const float> view(outputs.data(), 3, 2);
  EXPECT_DOUBLE_EQ(accuracy<float>(view, {indices.data(), 3, 1}), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(accuracy<float>(view, {one_hot.data(), 3, 2}), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(label_accuracy<float>(view, {one_hot.data(), 3, 2}), 5.0 / 6.0);
  const std::vector<double> actual = {3, -0.5, 2, 7};
  const std::vector<double> predicted = {2.5, 0, 2, 8};
  EXPECT_NEAR(mean_r2<double>({predicted.data(), 4, 1}, {actual.data(), 4, 1}), 0.9486081370449679, kTolerance);
  EXPECT_TRUE(std::isnan(accuracy<float>({}, {})));
}

}  // namespace
}  // namespace gradus
