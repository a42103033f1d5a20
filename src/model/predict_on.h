// Predictions for some rows of a table.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/model.h"

namespace gradus {

/// As Model::predict, one output row for each of `rows`, which ascend.
Table predict_on(const Model& model, const Table& table, std::span<const uint32_t> rows, const PredictOptions& options);

}  // namespace gradus
