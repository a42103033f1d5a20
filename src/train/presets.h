// The presets: readable sets of choices for everything a caller may leave unsaid.
#pragma once

#include <cstdint>
#include <string>

#include "gradus/names.h"

#include "train/tabular_choice.h"

namespace gradus {

struct PresetDefaults {
  std::string hidden;
  Activation activation;
  double dropout;
  Solver solver;
  double learning_rate;
  double beta2;  ///< of the adam family
  EpsilonPlace epsilon_place;
  Schedule schedule;
  int64_t batch_size;
  int64_t epochs;
  double l2;
  double weight_decay;
  double validation_fraction;
  bool early_stopping;
  int64_t patience;
  double tolerance;
  double standard_errors;
  double label_smoothing = 0.0;  ///< of cross-entropies over classes
  TabularChoice tabular = {};
  int64_t members = 1;
};

/// Some choices follow the task and the number of training rows.
PresetDefaults preset_defaults(Preset preset, Task task, int64_t training_rows);

}  // namespace gradus
