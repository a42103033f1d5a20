// --checkpoint, --checkpoint-every and --resume.
#pragma once

#include <string>
#include <vector>

#include "gradus/options.h"

#include "flags.h"

namespace gradus::cli {

std::vector<FlagSpec> checkpoint_flags();

/// Throws Error(usage).
void take_checkpoint_flags(const Flags& flags, TrainOptions& options);

/// Throws Error(usage) or Error(cannot_create) where the checkpoint can't go where it is asked for; `others`: the
/// command's further files.
void check_checkpoint_file(const Flags& flags, const std::vector<std::string>& others);

/// What the run goes on from, as a line of the report; empty without --resume.
std::string resumed_text(const TrainOptions& options, const TrainingStart& start);

}  // namespace gradus::cli
