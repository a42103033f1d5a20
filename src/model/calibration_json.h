// What calibration adds to a model's JSON.
#pragma once

#include <vector>

#include "gradus/calibration.h"

#include "data/encoder.h"
#include "model/strict_json.h"

namespace gradus {

/// Adds "calibration" where there is any.
void add_calibration(const Calibration& calibration, Json& json);

/// The calibration in `root`, none where it isn't there; its margins fit the targets.
Calibration calibration_from(const JsonField& root, const TargetEncoder& targets);

/// A head's temperatures; how many there may be is the network's to check.
std::vector<double> temperatures_from(const JsonField& head);

}  // namespace gradus
