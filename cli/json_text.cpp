#include "json_text.h"

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradus/info.h"

#include "config.h"
#include "flags.h"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

// Names come from files that may hold any bytes.
std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json layer_json(const TraceLayer& layer) {
  return {{"a_in", layer.a_in},   {"theta", layer.theta},  {"z", layer.z},
          {"a", layer.a},         {"g", layer.activation}, {"error", layer.error},
          {"slope", layer.slope}, {"delta", layer.delta},  {"gradient", layer.gradient}};
}

// Whole numbers, as rows without weights give, stay whole.
Json counts_json(const std::vector<std::vector<double>>& counts) {
  Json rows = Json::array();
  for (const std::vector<double>& row : counts) {
    Json cells = Json::array();
    for (const double count : row) {
      if (count == std::floor(count) && count < 1e15) {
        cells.push_back(static_cast<int64_t>(count));
      } else {
        cells.push_back(count);
      }
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace

std::string json_line(const EpochRecord& record) {
  return dumped({{"epoch", record.epoch},
                 {"step", record.step},
                 {"train_loss", record.train_loss},
                 {"validation_loss", record.validation_loss},
                 {"validation_metric", record.validation_metric},
                 {"learning_rate", record.learning_rate},
                 {"seconds", record.seconds},
                 {"rows_per_second", record.rows_per_second}},
                -1);
}

std::string json_text(const Evaluation& evaluation) {
  Json json = {{"rows", evaluation.rows},
               {"rows_without_target", evaluation.rows_without_target},
               {"rows_of_unknown_class", evaluation.rows_of_unknown_class}};
  for (const auto& [name, value] : evaluation.metrics) json[name] = value;
  if (!evaluation.classes.empty()) {
    json["classes"] = evaluation.classes;
    if (!evaluation.confusion.empty()) json["confusion"] = counts_json(evaluation.confusion);
  }
  return dumped(json, 2);
}

std::string json_text(const CrossValidation& result) {
  Json json = {{"task", name(result.task)},  {"targets", result.targets},
               {"rows", result.rows},        {"rows_without_target", result.rows_without_target},
               {"folds", Json::array()},     {"mean", Json::object()},
               {"deviation", Json::object()}};
  for (const FoldResult& fold : result.folds) {
    Json metrics = Json::object();
    for (const auto& [metric, value] : fold.evaluation.metrics) metrics[metric] = value;
    json["folds"].push_back({{"fold", fold.fold},
                             {"training_rows", fold.training_rows},
                             {"validation_rows", fold.validation_rows},
                             {"rows", fold.evaluation.rows},
                             {"rows_of_unknown_class", fold.evaluation.rows_of_unknown_class},
                             {"epochs", fold.epochs},
                             {"best_epoch", fold.best_epoch},
                             {"stop_reason", name(fold.stop_reason)},
                             {"metrics", std::move(metrics)}});
  }
  for (const MetricSpread& metric : result.metrics) {
    json["mean"][metric.name] = metric.mean;
    json["deviation"][metric.name] = metric.deviation;
  }
  return dumped(json, 2);
}

std::string json_text(const TuneResult& result) {
  Json json = {{"task", name(result.task)}, {"metric", result.metric}, {"trials", Json::array()}};
  for (const Trial& trial : result.trials) {
    Json values = Json::object();
    for (const auto& [option, value] : trial.values) values[option] = value;
    json["trials"].push_back({{"trial", trial.number},
                              {"epochs", trial.epochs},
                              {"values", std::move(values)},
                              {"state", name(trial.state)},
                              {"score", trial.score},
                              {"validation_loss", trial.validation_loss},
                              {"best_epoch", trial.best_epoch},
                              {"message", trial.message}});
  }
  return dumped(json, 2);
}

std::string json_text(const LearningRateRange& range) {
  Json steps = Json::array();
  for (const LearningRateStep& step : range.steps)
    steps.push_back(
        {{"learning_rate", step.learning_rate}, {"loss", step.loss}, {"smoothed_loss", step.smoothed_loss}});
  return dumped({{"suggested", range.suggested ? Json(*range.suggested) : Json()}, {"steps", std::move(steps)}}, 2);
}

std::string json_text(const Trace& trace) {
  Json json = {{"row", trace.row},
               {"feature_names", trace.feature_names},
               {"features", trace.features},
               {"output_names", trace.output_names},
               {"target", trace.target},
               {"target_text", trace.target_text},
               {"prediction_text", trace.prediction_text},
               {"loss_name", trace.loss_name},
               {"loss", trace.loss},
               {"l1", trace.l1},
               {"l2", trace.l2},
               {"training_rows", trace.training_rows},
               {"learning_rate", trace.learning_rate}};
  Json layers = Json::array();
  for (const TraceLayer& layer : trace.layers) layers.push_back(layer_json(layer));
  json["layers"] = std::move(layers);
  return dumped(json, 2);
}

std::string json_text(const DoctorReport& report) {
  Json json = {{"file", report.source},
               {"rows", report.rows},
               {"examined_rows", report.examined_rows},
               {"columns", report.features},
               {"targets", report.targets},
               {"task", name(report.task)},
               {"task_reason", report.task_reason},
               {"classes", report.classes},
               {"errors", report.count(Severity::error)},
               {"warnings", report.count(Severity::warning)},
               {"notes", report.count(Severity::note)},
               {"findings", Json::array()}};
  for (const Finding& finding : report.findings) {
    Json numbers = Json::object();
    for (const auto& [number, value] : finding.numbers) numbers[number] = value;
    json["findings"].push_back({{"severity", name(finding.severity)},
                                {"kind", finding.kind},
                                {"column", finding.column.empty() ? Json() : Json(finding.column)},
                                {"evidence", finding.evidence},
                                {"advice", finding.advice},
                                {"numbers", std::move(numbers)}});
  }
  return dumped(json, 2);
}

std::string json_text(const GradcheckResult& result) {
  return dumped({{"rows", result.rows},
                 {"parameters", result.parameters},
                 {"checked", result.checked},
                 {"skipped_at_kinks", result.skipped_at_kinks},
                 {"objective", result.objective},
                 {"largest_relative_difference", result.largest_relative_difference},
                 {"where", result.where},
                 {"analytic", result.analytic},
                 {"numeric", result.numeric},
                 {"tolerance", result.tolerance},
                 {"passed", result.passed}},
                2);
}

std::string json_text(const CExportReport& report, const Evaluation* before, const Evaluation* after) {
  Json json = {{"name", report.name},
               {"columns", report.columns},
               {"parameter_bytes", report.parameter_bytes},
               {"multiply_adds", report.multiply_adds},
               {"activations", report.activations},
               {"stack_bytes", report.stack_bytes}};
  if (report.int8_loss) {
    json["int8"] = {{"rows", report.int8_loss->rows},
                    {"largest_difference", report.int8_loss->largest_difference},
                    {"root_mean_square", report.int8_loss->root_mean_square},
                    {"predicted_otherwise", report.int8_loss->predicted_otherwise}};
  }
  if (before != nullptr && after != nullptr) {
    for (const auto& [name, value] : before->metrics) json["data"]["model"][name] = value;
    for (const auto& [name, value] : after->metrics) json["data"]["int8"][name] = value;
  }
  return dumped(json, 2);
}

std::string json_text(const OnnxExportReport& report) {
  return dumped({{"inputs", report.inputs},
                 {"outputs", report.outputs},
                 {"bytes", report.bytes},
                 {"rows", report.rows},
                 {"largest_difference", report.largest_difference},
                 {"predicted_otherwise", report.predicted_otherwise}},
                2);
}

std::string json_info() {
  Json linked = Json::object();
  for (const auto& [name, number] : libraries()) linked[name] = number;
  for (const auto& [name, number] : {flag_library(), config_library()}) linked[name] = number;
  return dumped({{"version", version()},
                 {"build", build()},
                 {"simd", simd_target()},
                 {"threads", hardware_threads()},
                 {"libraries", std::move(linked)}},
                2);
}

}  // namespace gradus::cli
