// The flags that several commands share, and the library's options made from them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gradus/model.h"
#include "gradus/options.h"
#include "gradus/table.h"

#include "flags.h"

namespace gradus::cli {

/// How the text of a table is read: every command that reads one.
std::vector<FlagSpec> csv_flags();
/// What the columns are: commands that learn from them.
std::vector<FlagSpec> column_flags();
std::vector<FlagSpec> network_flags();
std::vector<FlagSpec> training_flags();
FlagSpec stream_flag();
/// --threads, --simd, --config, --quiet, --help.
std::vector<FlagSpec> running_flags();

/// From columns to the first layer, and the rates of a network's parts.
std::vector<FlagSpec> tabular_flags();
void read_tabular_options(const Flags& flags, TrainOptions& options);
/// `name` with and without "no-".
std::optional<bool> toggled(const Flags& flags, const std::string& name);

/// Callbacks are left empty.
CsvOptions csv_options(const Flags& flags);
/// Everything that is not a callback.
TrainOptions train_options(const Flags& flags);
/// --threshold, --keep, --strict, --threads, where the command has them.
PredictOptions predict_options(const Flags& flags);

/// Forces the SIMD target that --simd names; before any other work.
void apply_simd(const Flags& flags);

/// `flags` without those called `names`.
std::vector<FlagSpec> without(std::vector<FlagSpec> flags, const std::vector<std::string>& names);

/// `flags` joined into one list.
std::vector<FlagSpec> joined(std::vector<std::vector<FlagSpec>> lists);

}  // namespace gradus::cli
