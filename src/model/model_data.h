// The one value behind a Model: everything a model file holds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "gradus/calibration.h"
#include "gradus/network.h"
#include "gradus/options.h"

#include "data/encoder.h"

namespace gradus {

/// The resolved training options that the file keeps: name and value as text, in a fixed order ("solver" "adamw", ...).
using OptionList = std::vector<std::pair<std::string, std::string>>;

struct ModelData {
  Encoder encoder = {};
  TargetEncoder targets = {};
  std::variant<BasicNetwork<float>, BasicNetwork<double>> network = Network(multilayer(1, {}, 1, {}));
  OptionList options = {};
  uint64_t seed = 1;
  double l2 = 0.0;             ///< lambda in lambda/(2m)
  double l1 = 0.0;             ///< lambda in lambda/m
  double learning_rate = 0.0;  ///< eta at the start
  int64_t training_rows = 0;
  double training_weight = 0.0;  ///< m: of the training rows in all, their number where each counts 1
  int64_t validation_rows = 0;
  std::string fingerprint = {};  ///< SHA-256 of the training table's parsed content, 64 hexadecimal digits
  StopReason stop_reason = StopReason::completed;
  int64_t best_epoch = 0;
  Calibration calibration = {};
  std::vector<EpochRecord> history = {};  ///< seconds and rates are not kept
};

inline const NetworkSpec& spec(const ModelData& model) {
  return std::visit([](const auto& network) -> const NetworkSpec& { return network.spec(); }, model.network);
}

}  // namespace gradus
