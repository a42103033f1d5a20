// From what the caller said about the solver and the preset to one complete set of trainer options.
#pragma once

#include <cstdint>

#include "gradus/options.h"
#include "gradus/trainer.h"

#include "model/model_data.h"
#include "train/presets.h"

namespace gradus {

/// Throws Error(usage) for a setting that the solver doesn't listen to, or a batch that it can't work with.
TrainerOptions choose_solver(const TrainOptions& options, const PresetDefaults& defaults, int64_t training_rows);

/// The preset's choices as `solver` can use them where the caller leaves them open: lm solves for all weights at once,
/// so that its network is a small one, and what sees all rows has L2 for want of dropout; docs/solvers.md has figures.
/// Weights that come from a model are no start to shrink, so there L2 stays the preset's.
PresetDefaults suited(PresetDefaults defaults, const TrainOptions& options, Task task, Solver solver);

/// The most parameters that lm takes: its matrices are then 1 GiB.
inline constexpr int64_t kMostLmParameters = 8192;

/// Throws Error(usage) where lm is asked to fit anything but squared errors.
void check_lm_loss(const TrainerOptions& trainer, const NetworkSpec& network);
/// Throws Error(usage) where lm is asked for more parameters than it takes.
void check_lm_size(const TrainerOptions& trainer, const NetworkSpec& network);

/// Appends the settings that the solver listens to, as the model file keeps them.
void describe_solver(const TrainerOptions& trainer, OptionList& list);

}  // namespace gradus
