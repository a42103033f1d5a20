// What the model says of rows it did not learn from: metrics, confusion, calibration, the rows it gets most wrong.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "analysis/histogram.h"
#include "analysis/permutation_importance.h"
#include "analysis/report.h"
#include "analysis/row_sample.h"
#include "base/check.h"
#include "data/targets.h"
#include "data/weights.h"
#include "kernels/math.h"
#include "model/model_data.h"
#include "model/predict_on.h"
#include "train/metrics.h"
#include "train/on_rows.h"

namespace gradus {
namespace {

constexpr std::size_t kChunk = 4096;
constexpr std::size_t kWorst = 10;
constexpr std::size_t kWorstColumns = 12;
constexpr std::size_t kPoints = 2000;
constexpr std::size_t kTargets = 8;
constexpr std::size_t kClassesInMatrix = 100;
constexpr int kReliabilityBins = 15;
constexpr int kErrorBins = 40;
constexpr double kLeastProbability = 1e-15;

/// Probabilities against how often they came true, in the bins of ClassMetrics::ece.
class Reliability {
 public:
  void add(double probability, bool came_true, double weight) {
    const double above = probability > 0.0 ? std::min(std::ceil(probability * kReliabilityBins), 15.0) : 1.0;
    const auto bin = static_cast<std::size_t>(above) - 1;
    probabilities_[bin].add(probability * weight);
    weights_[bin].add(weight);
    hits_[bin].add(came_true ? weight : 0.0);
  }
  Json json() const {
    Json bins = Json::array();
    for (std::size_t b = 0; b < kReliabilityBins; ++b) {
      const double weight = weights_[b].total();
      if (!(weight > 0.0)) continue;
      bins.push_back({{"low", static_cast<double>(b) / kReliabilityBins},
                      {"high", static_cast<double>(b + 1) / kReliabilityBins},
                      {"rows", weight},
                      {"probability", probabilities_[b].total() / weight},
                      {"frequency", hits_[b].total() / weight}});
    }
    return bins;
  }

 private:
  std::array<kernels::BlockedSum, kReliabilityBins> probabilities_, weights_, hits_;
};

struct WorstRow {
  double score = 0.0;  // what rows are compared by
  uint32_t row = 0;
  Json truth, prediction, details;
};

/// The rows of the largest scores, of equal ones the first.
class WorstRows {
 public:
  bool takes(double score) const { return rows_.size() < kWorst || score > rows_.back().score; }
  void add(WorstRow row) {
    const auto place = std::find_if(rows_.begin(), rows_.end(), [&](const WorstRow& r) { return r.score < row.score; });
    rows_.insert(place, std::move(row));
    if (rows_.size() > kWorst) rows_.pop_back();
  }
  const std::vector<WorstRow>& rows() const { return rows_; }

 private:
  std::vector<WorstRow> rows_;
};

class Measurer {
 public:
  Measurer(const ReportFacts& facts, const Model& model)
      : model_(model),
        data_(model.data()),
        on_training_(facts.rows.validation.empty()),
        table_(!on_training_ && facts.validation ? *facts.validation : facts.table),
        rows_(on_training_ ? sample_rows(facts.rows.training, kReportRows) : facts.rows.validation),
        of_(on_training_ ? facts.rows.training.size() : rows_.size()),
        threads_(facts.options.threads) {
    for (const TargetColumn& target : data_.targets.columns) columns_.push_back(*table_.find(target.name));
    if (!data_.targets.weights.empty() && table_.find(data_.targets.weights))
      weights_ = row_weights(table_, data_.targets.weights, rows_);
  }

  Json json() {
    PredictOptions options;
    options.threads = threads_;
    const Evaluation evaluation = evaluate_on(model_, table_, rows_, options);
    Json metrics = Json::array();
    for (const auto& [metric, value] : evaluation.metrics) metrics.push_back({metric, value});
    Json json = {{"rows_are", on_training_ ? "training" : "validation"},
                 {"rows", evaluation.rows},
                 {"of", of_},
                 {"rows_of_unknown_class", evaluation.rows_of_unknown_class},
                 {"metrics", std::move(metrics)}};
    for (std::size_t first = 0; first < rows_.size(); first += kChunk)
      take(first, std::span(rows_).subspan(first, std::min(kChunk, rows_.size() - first)));
    switch (data_.targets.task) {
      case Task::classification:
        add_classes(evaluation, json);
        break;
      case Task::multilabel:
        json["labels"] = labels_json();
        json["reliability"] = reliability_.json();
        break;
      case Task::regression:
        json["targets"] = numbers_json();
        break;
    }
    json["importance"] = importance_json();
    json["worst"] = worst_json(json.at("importance"));
    return json;
  }

 private:
  double weight(std::size_t i) const { return weights_.empty() ? 1.0 : weights_[i]; }

  void take(std::size_t first, std::span<const uint32_t> rows) {
    PredictOptions options;
    options.threads = threads_;
    const Table predicted = predict_on(model_, table_, rows, options);
    if (data_.targets.task == Task::classification) {
      take_classes(first, rows, predicted);
    } else if (data_.targets.task == Task::multilabel) {
      take_labels(first, rows, predicted);
    } else {
      take_numbers(rows, predicted);
    }
  }

  // Columns of the answer: the prediction, then a probability for each class.
  void take_classes(std::size_t first, std::span<const uint32_t> rows, const Table& predicted) {
    const std::vector<int32_t> labels = class_indices(table_, columns_[0], data_.targets, rows);
    std::vector<uint32_t> all(rows.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint32_t>(i);
    const std::vector<int32_t> answers = class_indices(predicted, 0, data_.targets, all);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (labels[i] == kUnknownClass) continue;
      const auto row = static_cast<int64_t>(i);
      const double confidence = predicted.number(row, 1 + answers[i]);
      const double p = predicted.number(row, 1 + labels[i]);
      reliability_.add(confidence, labels[i] == answers[i], weight(first + i));
      const double loss = -kernels::log(std::max(p, kLeastProbability));
      if (!worst_.takes(loss)) continue;
      worst_.add({loss,
                  rows[i],
                  data_.targets.classes[static_cast<std::size_t>(labels[i])],
                  data_.targets.classes[static_cast<std::size_t>(answers[i])],
                  {{"loss", loss}, {"probability_of_true", p}, {"probability_of_predicted", confidence}}});
    }
  }

  // Columns of the answer: a prediction for each label, then a probability for each.
  void take_labels(std::size_t first, std::span<const uint32_t> rows, const Table& predicted) {
    const std::size_t labels = columns_.size();
    counts_.resize(labels);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double loss = 0.0;
      Json truth = Json::array(), prediction = Json::array();
      for (std::size_t k = 0; k < labels; ++k) {
        const auto column = static_cast<int64_t>(k);
        const bool is = table_.number(rows[i], columns_[k]) == 1.0;
        const bool says = predicted.number(static_cast<int64_t>(i), column) == 1.0;
        const double p = predicted.number(static_cast<int64_t>(i), column + static_cast<int64_t>(labels));
        counts_[k][is ? 1 : 0][says ? 1 : 0] += weight(first + i);
        reliability_.add(p, is, weight(first + i));
        loss -= kernels::log(std::max(is ? p : 1.0 - p, kLeastProbability));
        if (is) truth.push_back(data_.targets.columns[k].name);
        if (says) prediction.push_back(data_.targets.columns[k].name);
      }
      if (worst_.takes(loss)) worst_.add({loss, rows[i], truth, prediction, {{"loss", loss}}});
    }
  }

  // Columns of the answer: a prediction for each target first.
  void take_numbers(std::span<const uint32_t> rows, const Table& predicted) {
    errors_.resize(columns_.size());
    predictions_.resize(columns_.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double largest = 0.0;
      Json truth = Json::array(), prediction = Json::array(), error = Json::array();
      for (std::size_t k = 0; k < columns_.size(); ++k) {
        const double value = predicted.number(static_cast<int64_t>(i), static_cast<int64_t>(k));
        const double is = table_.number(rows[i], columns_[k]);
        errors_[k].push_back(value - is);
        predictions_[k].push_back(value);
        largest = std::max(largest, std::abs(value - is) * data_.targets.columns[k].scale);
      }
      if (!worst_.takes(largest)) continue;
      for (std::size_t k = 0; k < columns_.size(); ++k) {
        truth.push_back(table_.number(rows[i], columns_[k]));
        prediction.push_back(predictions_[k].back());
        error.push_back(errors_[k].back());
      }
      worst_.add({largest, rows[i], truth, prediction, {{"error", error}}});
    }
  }

  void add_classes(const Evaluation& evaluation, Json& json) const {
    json["reliability"] = reliability_.json();
    if (evaluation.classes.size() <= kClassesInMatrix) json["confusion"] = evaluation.confusion;
    struct Pair {
      double count;
      std::size_t truth, prediction;
    };
    std::vector<Pair> pairs;
    for (std::size_t t = 0; t < evaluation.confusion.size(); ++t)
      for (std::size_t p = 0; p < evaluation.confusion.size(); ++p)
        if (t != p && evaluation.confusion[t][p] > 0.0) pairs.push_back({evaluation.confusion[t][p], t, p});
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.count > b.count; });
    if (pairs.size() > kWorst) pairs.resize(kWorst);
    json["confused"] = Json::array();
    for (const Pair& pair : pairs)
      json["confused"].push_back({{"true", evaluation.classes[pair.truth]},
                                  {"predicted", evaluation.classes[pair.prediction]},
                                  {"rows", pair.count}});
  }

  Json labels_json() const {
    Json json = Json::array();
    for (std::size_t k = 0; k < counts_.size(); ++k)
      json.push_back({{"name", data_.targets.columns[k].name},
                      {"true_positive", counts_[k][1][1]},
                      {"false_positive", counts_[k][0][1]},
                      {"false_negative", counts_[k][1][0]},
                      {"true_negative", counts_[k][0][0]}});
    return json;
  }

  Json numbers_json() const {
    std::vector<uint32_t> all(rows_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint32_t>(i);
    const std::vector<uint32_t> shown = sample_rows(all, kPoints);
    Json json = Json::array();
    for (std::size_t k = 0; k < std::min(errors_.size(), kTargets); ++k) {
      Json points = Json::array();
      for (const uint32_t i : shown)
        points.push_back({rows_[i] + 1, table_.number(rows_[i], columns_[k]), predictions_[k][i]});
      const Histogram errors = histogram(errors_[k], kErrorBins);
      json.push_back({{"name", data_.targets.columns[k].name},
                      {"points", std::move(points)},
                      {"errors", {{"low", errors.low}, {"high", errors.high}, {"counts", errors.counts}}}});
    }
    return json;
  }

  Json cell_json(uint32_t row, int64_t column) const {
    if (table_.missing(row, column)) return nullptr;
    if (table_.kind(column) == ColumnKind::text) return table_.text(row, column);
    return table_.number(row, column);
  }

  /// The most important first, columns of the same importance in the table's order.
  Json importance_json() const {
    PermutationImportance found = permutation_importance(model_, table_, rows_, threads_);
    std::stable_sort(found.columns.begin(), found.columns.end(),
                     [](const ColumnImportance& a, const ColumnImportance& b) { return a.mean > b.mean; });
    if (found.columns.size() > kReportColumns) found.columns.resize(kReportColumns);
    Json columns = Json::array();
    for (const ColumnImportance& column : found.columns)
      columns.push_back({{"name", column.column}, {"mean", column.mean}, {"deviation", column.deviation}});
    return {{"metric", name(found.metric)},
            {"rows", found.rows},
            {"repeats", found.repeats},
            {"base", found.base},
            {"columns", std::move(columns)}};
  }

  /// The most important columns, or without importances the first ones.
  std::vector<std::pair<std::string, int64_t>> columns_of_worst(const Json& importance) const {
    std::vector<std::string> names;
    for (const Json& column : importance.at("columns")) names.push_back(column.at("name"));
    if (names.empty())
      for (const ColumnEncoding& column : data_.encoder.columns) names.push_back(column.name);
    std::vector<std::pair<std::string, int64_t>> shown;
    for (const std::string& column : names) {
      if (shown.size() == kWorstColumns) break;
      if (const auto place = table_.find(column)) shown.emplace_back(column, *place);
    }
    return shown;
  }

  Json worst_json(const Json& importance) const {
    const std::vector<std::pair<std::string, int64_t>> shown = columns_of_worst(importance);
    Json names = Json::array(), rows = Json::array();
    for (const auto& [name, place] : shown) names.push_back(name);
    for (const WorstRow& worst : worst_.rows()) {
      Json cells = Json::array();
      for (const auto& [name, place] : shown) cells.push_back(cell_json(worst.row, place));
      Json row = {{"row", worst.row + 1}, {"true", worst.truth}, {"predicted", worst.prediction}};
      row.update(worst.details);
      row["cells"] = std::move(cells);
      rows.push_back(std::move(row));
    }
    return {{"columns", std::move(names)}, {"rows", std::move(rows)}};
  }

  const Model& model_;
  const ModelData& data_;
  bool on_training_;
  Table table_;
  std::vector<uint32_t> rows_;
  std::size_t of_;
  int threads_;
  std::vector<int64_t> columns_;  // of the targets
  std::vector<double> weights_;
  Reliability reliability_;
  WorstRows worst_;
  std::vector<std::array<std::array<double, 2>, 2>> counts_;  // by label: [is][says]
  std::vector<std::vector<double>> errors_, predictions_;     // by target, then row
};

}  // namespace

Json measured_json(const ReportFacts& facts, const Model& model) {
  return Measurer(facts, model).json();
}

}  // namespace gradus
