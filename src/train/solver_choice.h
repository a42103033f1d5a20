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

/// Appends the settings that the solver listens to, as the model file keeps them.
void describe_solver(const TrainerOptions& trainer, OptionList& list);

}  // namespace gradus
