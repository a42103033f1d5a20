// How it was learned: the network layer by layer, the options as given and as chosen.
#include <fmt/format.h>

#include <variant>

#include "analysis/report.h"
#include "model/model_data.h"

namespace gradus {
namespace {

/// What stands behind an affine, in words.
std::string op_text(const Op& op) {
  if (const auto* activate = std::get_if<Activate>(&op)) return std::string(name(activate->activation));
  if (const auto* dropout = std::get_if<Dropout>(&op)) return fmt::format("dropout {}", dropout->rate);
  if (std::holds_alternative<BatchNorm>(op)) return "batch norm";
  if (std::holds_alternative<LayerNorm>(op)) return "layer norm";
  if (std::holds_alternative<Residual>(op)) return "residual";
  return "";
}

Json layers_json(const NetworkSpec& network) {
  Json layers = Json::array();
  int64_t inputs = network.inputs;
  for (const Op& op : network.ops) {
    if (const auto* affine = std::get_if<Affine>(&op)) {
      layers.push_back({{"inputs", inputs},
                        {"units", affine->outputs},
                        {"parameters", (inputs + 1) * affine->outputs},
                        {"then", Json::array()}});
      inputs = affine->outputs;
      continue;
    }
    if (layers.empty()) continue;
    layers.back()["then"].push_back(op_text(op));
    if (std::holds_alternative<BatchNorm>(op) || std::holds_alternative<LayerNorm>(op))
      layers.back()["parameters"] = layers.back()["parameters"].get<int64_t>() + 2 * inputs;
  }
  return layers;
}

Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json json = Json::array();
  for (const auto& [key, value] : pairs) json.push_back({key, value});
  return json;
}

Json calibration_json(const Model& model) {
  const Calibration& found = model.calibration();
  Json json = Json::object();
  if (found.temperature_rows > 0) {
    json["temperatures"] = model.temperatures();
    json["temperature_rows"] = found.temperature_rows;
    json["log_loss_before"] = found.log_loss_before;
    json["log_loss"] = found.log_loss;
  }
  if (found.coverage > 0.0) {
    json["coverage"] = found.coverage;
    json["coverage_rows"] = found.coverage_rows;
    if (found.margins.empty()) {
      json["least_probability"] = found.least_probability;
    } else {
      json["margins"] = found.margins;
    }
  }
  return json;
}

}  // namespace

Json recipe_json(const ReportFacts& facts, const Model& model) {
  const ModelData& data = model.data();
  const NetworkSpec& network = spec(data);
  return {{"summary", facts.start->recipe},
          {"solver_reason", facts.start->solver_reason},
          {"seed", data.seed},
          {"inputs", network.inputs},
          {"layers", layers_json(network)},
          {"head", describe(network.head)},
          {"parameters", parameter_count(network)},
          {"given", pairs_json(facts.options.given)},
          {"chosen", pairs_json(data.options)},
          {"calibration", calibration_json(model)}};
}

}  // namespace gradus
