#include "model/calibration_json.h"

#include <fmt/format.h>

#include <cstdint>

namespace gradus {
namespace {

void take_temperature(const JsonField& field, Calibration& calibration) {
  const auto rows = field.find("temperature_rows");
  if (!rows) return;
  calibration.temperature_rows = rows->integer(1, INT64_MAX);
  calibration.log_loss_before = field.at("log_loss_before").finite();
  calibration.log_loss = field.at("log_loss").finite();
}

void take_coverage(const JsonField& field, const TargetEncoder& targets, Calibration& calibration) {
  const auto coverage = field.find("coverage");
  if (!coverage) return;
  calibration.coverage = coverage->finite();
  if (calibration.coverage <= 0.0 || calibration.coverage >= 1.0) coverage->fail("a number between 0 and 1");
  calibration.coverage_rows = field.at("coverage_rows").integer(1, INT64_MAX);
  if (targets.task != Task::regression) {
    calibration.least_probability = field.at("least_probability").finite();
    return;
  }
  const JsonField margins = field.at("margins");
  for (const JsonField margin : margins.items()) calibration.margins.push_back(margin.finite());
  if (calibration.margins.size() != targets.columns.size()) margins.fail("one for each target");
}

}  // namespace

void add_calibration(const Calibration& calibration, Json& json) {
  Json added = Json::object();
  if (calibration.temperature_rows > 0) {
    added["temperature_rows"] = calibration.temperature_rows;
    added["log_loss_before"] = json_number(calibration.log_loss_before);
    added["log_loss"] = json_number(calibration.log_loss);
  }
  if (calibration.coverage > 0.0) {
    added["coverage"] = json_number(calibration.coverage);
    added["coverage_rows"] = calibration.coverage_rows;
    if (calibration.margins.empty()) {
      added["least_probability"] = json_number(calibration.least_probability);
    } else {
      added["margins"] = calibration.margins;
    }
  }
  if (!added.empty()) json["calibration"] = std::move(added);
}

Calibration calibration_from(const JsonField& root, const TargetEncoder& targets) {
  Calibration calibration;
  if (const auto field = root.find("calibration")) {
    take_temperature(*field, calibration);
    take_coverage(*field, targets, calibration);
  }
  return calibration;
}

std::vector<double> temperatures_from(const JsonField& head) {
  std::vector<double> temperatures;
  if (const auto field = head.find("temperatures")) {
    for (const JsonField item : field->items()) {
      temperatures.push_back(item.finite());
      if (temperatures.back() <= 0.0) item.fail("a number above 0");
    }
  }
  return temperatures;
}

}  // namespace gradus
