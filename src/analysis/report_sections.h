// The sections of a report's page, each from the report's JSON.
#pragma once

#include <string>

#include "model/strict_json.h"

namespace gradus {

/// What the metric is called in running text: "balanced accuracy", "R²".
std::string metric_words(const std::string& metric);

std::string learning_section(const Json& report);
std::string predictions_section(const Json& report);
std::string calibration_section(const Json& report);
std::string importance_section(const Json& report);
std::string worst_section(const Json& report);
std::string data_section(const Json& report);
std::string recipe_section(const Json& report);
std::string reproduce_section(const Json& report);

}  // namespace gradus
