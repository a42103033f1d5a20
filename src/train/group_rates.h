// The rate and the decay of each run of parameters.
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/trainer.h"

#include "nn/plan.h"

namespace gradus {

/// Parameters first .. first + count - 1 learn at `rate` times the learning rate and lose `decay` times it of
/// themselves in each step.
struct GroupRate {
  int64_t first = 0, count = 0;
  double rate = 1.0;
  double decay = 0.0;
};

/// All that is trained, in order; none where everything goes at one rate. Throws Error(usage) for factors out of range,
/// or for a solver that takes none.
std::vector<GroupRate> group_rates(const Plan& plan, const TrainerOptions& options);

}  // namespace gradus
