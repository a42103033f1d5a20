// The loop over epochs: schedule, validation, early stopping, the best weights.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/network.h"
#include "gradus/options.h"

#include "base/storage.h"
#include "data/encoder.h"
#include "train/checkpointer.h"
#include "train/recipe.h"
#include "train/validator.h"

namespace gradus {

/// The rows of one encoded table that a fit learns from and is checked on. Validation rows may stand in the same
/// matrices as the training rows, or in others.
template <typename T>
struct FitData {
  MatrixView<const T> features;
  MatrixView<const T> targets;
  std::span<const uint32_t> training;
  MatrixView<const T> validation_features;
  MatrixView<const T> validation_targets;
  std::span<const uint32_t> validation;    ///< empty: none
  Weighting weighting = {};                ///< where the targets' last column holds weights
  Storage storage = {};                    ///< where all of these matrices live
  const TargetEncoder* encoder = nullptr;  ///< what the targets mean; needed with recipe.metric
};

struct FitOutcome {
  StopReason reason = StopReason::completed;
  int64_t best_epoch = 0;  ///< counted from 1; 0: the initial weights
  std::vector<EpochRecord> history;
  std::string divergence;  ///< what was met, at which epoch, step and layer
};

/// Trains `network` (already initialised) and leaves the best weights in it: with early stopping those of the last
/// epoch whose validation loss is the lowest, or within recipe.standard_errors standard errors of it, or with
/// recipe.metric whose metric is the best; otherwise, or without validation rows, those of the last finished epoch.
/// With a `checkpointer` the run goes on from what that found, and is kept in it from time to time, when it is
/// interrupted and at its end, unless it diverged. Throws what the checkpointer throws.
template <typename T>
FitOutcome fit(BasicNetwork<T>& network, const FitData<T>& data, const Recipe& recipe, Task task,
               const TrainOptions& callbacks, Checkpointer* checkpointer = nullptr);

}  // namespace gradus
