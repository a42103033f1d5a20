// The regularisers of a recipe: what goes with what, and how the model file and a reader are told.
#pragma once

#include <string>
#include <vector>

#include "train/presets.h"
#include "train/recipe.h"

namespace gradus {

/// The hidden layers with what the options add to each: norms, residuals, and an activation that never falls where a
/// column is to be monotone and the preset's does. Throws Error(usage) as below.
std::vector<HiddenLayer> hidden_layers(const TrainOptions& options, const PresetDefaults& defaults, double dropout);

/// Throws Error(usage) for a value out of range or a combination that makes no sense.
void check_regularisers(const TrainOptions& options, const Recipe& recipe);

/// Those that the recipe has, as the model file keeps them and in a line to read (", L1 0.1, input noise 0.2").
void describe_regularisers(const TrainOptions& options, const Recipe& recipe, OptionList& list);
std::string summarize_regularisers(const Recipe& recipe);

}  // namespace gradus
