// Everything of a model but its weights, as the JSON text that the model file keeps; docs/model-file.md lists each
// field.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "gradus/network.h"

#include "model/model_data.h"
#include "model/network_json.h"
#include "model/strict_json.h"

namespace gradus {

/// A reader takes any minor version of its own major version, ignoring fields that it doesn't know.
inline constexpr int64_t kFormatMajor = 1;
inline constexpr int64_t kFormatMinor = 0;
/// Epochs kept of the history; of a longer one some are left out.
inline constexpr std::size_t kMostHistory = 10'000;

using AnyNetwork = std::variant<BasicNetwork<float>, BasicNetwork<double>>;

/// One line of JSON, the same bytes for the same model. Throws Error(bad_data) for a name that is not UTF-8.
std::string model_json(const ModelData& model);

/// Throws Error(bad_data) for another major version, or when the document says none.
void check_format(const JsonField& root);
/// The rest, held against the network, which it leaves out: features fit its inputs, classes or targets its outputs.
ModelData model_from_json(const JsonField& root, const NetworkSpec& network);

}  // namespace gradus
