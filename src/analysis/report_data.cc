// What was learned from: rows, columns with their spreads, targets.
#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "analysis/histogram.h"
#include "analysis/report.h"
#include "analysis/row_sample.h"
#include "data/targets.h"
#include "data/weights.h"
#include "model/model_data.h"

namespace gradus {
namespace {

constexpr int kBins = 24;

Json spread_json(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const uint32_t row : rows) values.push_back(table.number(row, column));
  const Histogram found = histogram(values, kBins);
  if (found.counts.empty()) return nullptr;
  return {{"low", found.low}, {"high", found.high}, {"counts", found.counts}};
}

/// The most frequent levels with their counts, those of one count by their bytes.
Json levels_json(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  std::map<std::string_view, int64_t> counts;
  for (const uint32_t row : rows)
    if (!table.missing(row, column)) ++counts[table.text(row, column)];
  std::vector<std::pair<std::string_view, int64_t>> levels(counts.begin(), counts.end());
  std::stable_sort(levels.begin(), levels.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (levels.size() > kReportLevels) levels.resize(kReportLevels);
  Json json = Json::array();
  for (const auto& [level, count] : levels) json.push_back({level, count});
  return json;
}

Json column_json(const ColumnEncoding& column, const Table& table, std::span<const uint32_t> rows) {
  Json json = {{"name", column.name},
               {"kind", name(column.kind())},
               {"missing", column.training_missing},
               {"features", column.width}};
  const std::optional<int64_t> place = table.find(column.name);
  if (const auto* number = std::get_if<NumericEncoding>(&column.encoding)) {
    json["minimum"] = number->minimum;
    json["maximum"] = number->maximum;
    json["mean"] = number->mean;
    json["deviation"] = number->scale > 0.0 ? 1.0 / number->scale : 0.0;
    if (place && table.kind(*place) == ColumnKind::numeric) json["spread"] = spread_json(table, *place, rows);
  } else {
    json["categories"] = std::get<CategoryEncoding>(column.encoding).categories.size();
    if (place && table.kind(*place) == ColumnKind::text) json["levels"] = levels_json(table, *place, rows);
  }
  if (column.monotone != 0) json["monotone"] = column.monotone;
  return json;
}

std::vector<double> class_counts(const Table& table, const TargetEncoder& targets, std::span<const uint32_t> rows) {
  std::vector<double> counts(targets.classes.size());
  const std::optional<int64_t> column = table.find(targets.columns[0].name);
  if (!column || rows.empty()) return counts;
  for (const int32_t label : class_indices(table, *column, targets, rows))
    if (label >= 0) counts[static_cast<std::size_t>(label)] += 1.0;
  return counts;
}

Json classes_json(const ReportFacts& facts, const TargetEncoder& targets) {
  const std::vector<double> training = class_counts(facts.table, targets, facts.rows.training);
  const std::vector<double> validation =
      class_counts(facts.validation ? *facts.validation : facts.table, targets, facts.rows.validation);
  Json json = Json::array();
  for (std::size_t k = 0; k < targets.classes.size(); ++k) {
    Json entry = {{"name", targets.classes[k]}, {"training", training[k]}, {"validation", validation[k]}};
    if (!targets.class_weights.empty()) entry["weight"] = targets.class_weights[k];
    json.push_back(std::move(entry));
  }
  return json;
}

Json targets_json(const ReportFacts& facts, const TargetEncoder& targets, std::span<const uint32_t> rows) {
  Json json = Json::array();
  for (const TargetColumn& target : targets.columns) {
    Json entry = {{"name", target.name}};
    const std::optional<int64_t> column = facts.table.find(target.name);
    if (targets.task != Task::classification && column) {
      entry["minimum"] = target.minimum;
      entry["maximum"] = target.maximum;
      entry["mean"] = target.mean;
      entry["spread"] = spread_json(facts.table, *column, rows);
    }
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace

Json data_json(const ReportFacts& facts, const Model& model) {
  const ModelData& data = model.data();
  const TrainingStart& start = *facts.start;
  const std::vector<uint32_t> rows = sample_rows(facts.rows.training, kReportRows);
  Json columns = Json::array();
  for (std::size_t c = 0; c < std::min(data.encoder.columns.size(), kReportColumns); ++c)
    columns.push_back(column_json(data.encoder.columns[c], facts.table, rows));
  Json json = {{"source", facts.table.source()},
               {"task", name(data.targets.task)},
               {"task_reason", start.task_reason},
               {"rows", start.rows},
               {"rows_without_target", start.rows_without_target},
               {"training_rows", start.training_rows},
               {"validation_rows", start.validation_rows},
               {"calibration_rows", start.calibration_rows},
               {"sampled_rows", rows.size()},
               {"column_count", data.encoder.columns.size()},
               {"columns", std::move(columns)},
               {"targets", targets_json(facts, data.targets, rows)}};
  if (facts.validation) json["validation_source"] = facts.validation->source();
  if (data.targets.task == Task::classification) json["classes"] = classes_json(facts, data.targets);
  if (!data.targets.weights.empty()) {
    json["weights"] = data.targets.weights;
    json["total_weight"] = data.training_weight;
  }
  return json;
}

}  // namespace gradus
