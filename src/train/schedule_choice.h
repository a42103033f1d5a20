// From what the caller said about the schedule to its settings.
#pragma once

#include <cstdint>
#include <string>

#include "gradus/options.h"

#include "model/model_data.h"
#include "optim/schedule.h"

namespace gradus {

/// Throws Error(usage) for a setting out of range, or one that `schedule` doesn't listen to.
ScheduleSettings choose_schedule_settings(const TrainOptions& options, Schedule schedule, int64_t epochs);

/// Appends the settings that the schedule listens to, as the model file keeps them.
void describe_schedule(Schedule schedule, const ScheduleSettings& settings, OptionList& list);

/// "cosine, warm-up 2, cycle 10".
std::string summarize(Schedule schedule, const ScheduleSettings& settings);

}  // namespace gradus
