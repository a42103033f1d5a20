// Which loss a task is learned by, and how its targets are scaled for it.
#pragma once

#include "gradus/network.h"
#include "gradus/options.h"

namespace gradus {

/// How a regression's targets become what the network learns.
enum class TargetScaling {
  standard,  ///< mean 0, deviation 1
  unit,      ///< the training range onto [0, 1]: sigmoid outputs can't leave it
  mean,      ///< divided by the training mean: counts, which stay at or above 0
};

/// The caller's choices completed by the preset's. Throws Error(usage) for a loss that doesn't fit the task, and for a
/// parameter without its loss.
Head choose_head(const TrainOptions& options, Task task);

TargetScaling choose_target_scaling(const Head& head, Task task);

}  // namespace gradus
