// gradus train --report: what the command adds to the library's report.
#pragma once

#include <optional>

#include "gradus/report.h"

#include "flags.h"

namespace gradus::cli {

FlagSpec report_flag();

/// Throws before any work is spent: a name that is no file, or the file of another flag in `others`, or without a model
/// to report on.
void check_report_file(const Flags& flags, const std::vector<std::string>& others);

/// The report of a run on these tables, listening to `options`; none unless --report is given.
std::optional<Report> watched_report(const Flags& flags, const CommandSpec& spec, const Table& table,
                                     const std::optional<Table>& validation, TrainOptions& options);

/// Writes it and says so in a line; empty without a report.
std::string write_report(const Flags& flags, const std::optional<Report>& report, const Model& model);

}  // namespace gradus::cli
