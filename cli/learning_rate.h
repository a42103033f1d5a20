// What `gradus train --find-learning-rate` shows.
#pragma once

#include <string>

#include "gradus/learning_rate.h"

#include "flags.h"

namespace gradus::cli {

/// Throws Error(usage) where --find-learning-rate, --json, --learning-rate and --output don't go together.
void check_rate_flags(const Flags& flags);
/// The ramp as a table, and the rate it suggests.
std::string range_text(const LearningRateRange& range);
/// The command that trains at `rate` and is otherwise the one given.
std::string train_command(const Flags& flags, const CommandSpec& spec, double rate);

}  // namespace gradus::cli
