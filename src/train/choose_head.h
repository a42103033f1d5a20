// Which loss a task is learned by, and how its targets are scaled for it.
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/network.h"
#include "gradus/options.h"

namespace gradus {

/// The caller's choices completed by the preset's. Throws Error(usage) for a loss that doesn't fit the task, and for a
/// parameter without its loss.
Head choose_head(const TrainOptions& options, Task task);

/// Whether logits are scaled after training. Throws Error(usage) when it was asked for and there are none.
bool choose_calibration(const TrainOptions& options, const Head& head, Task task);

/// One for each of a regression's `targets`, none for another task. Throws Error(usage) for a number of them that is
/// neither 1 nor `targets`, and for one that doesn't fit the head.
std::vector<TargetScaling> choose_target_scaling(const TrainOptions& options, const Head& head, Task task,
                                                 int64_t targets);

}  // namespace gradus
