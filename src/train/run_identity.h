// What two runs must have in common so that one may go on from the other's checkpoint and end in the same bits.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gradus/options.h"

#include "model/checkpoint_file.h"
#include "model/model_data.h"
#include "train/prepare.h"

namespace gradus {

/// Names and values: program, data, every resolved option, network, encodings and split. `data`: the fingerprint of the
/// table; `validation`: that of a second one, or empty, with its rows.
OptionList run_identity(const TrainOptions& options, const Preparation& plan, const std::string& data,
                        const std::string& validation, std::span<const uint32_t> validation_rows);

/// Whether a run of more epochs starts with the very steps of a shorter one.
bool longer_run_starts_alike(const Recipe& recipe) noexcept;

/// Throws Error(bad_data) that lists on one line what differs; `epochs_may_grow`: more of them are no difference.
void check_same_run(const Checkpoint& checkpoint, const OptionList& run, bool epochs_may_grow);

}  // namespace gradus
