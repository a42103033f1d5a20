// Training and evaluating on some rows of a table, which may be shared with other threads.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/train.h"

namespace gradus {

/// As `train`, on those of `rows` (ascending) that can be learned from; all where none are listed.
Model train_on(const Table& table, std::span<const uint32_t> rows, const TrainOptions& options);

/// As `evaluate`, on `rows` (ascending); all where none are listed.
Evaluation evaluate_on(const Model& model, const Table& table, std::span<const uint32_t> rows,
                       const PredictOptions& options);

}  // namespace gradus
