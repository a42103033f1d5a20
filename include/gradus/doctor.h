// What would spoil training on a table, found before it: each finding with its column, its evidence and what to do.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/options.h"
#include "gradus/table.h"

namespace gradus {

enum class Severity {
  error,    ///< training refuses the table, or what it learned would mean nothing on new rows
  warning,  ///< the model would be worse, or worth less, than it looks
  note,     ///< true of the table and worth knowing
};
std::string_view name(Severity severity) noexcept;

struct Finding {
  Severity severity = Severity::note;
  std::string kind;      ///< "constant", "leaking", ...: docs/doctor.md lists them
  std::string column;    ///< "" where it is about the table
  std::string evidence;  ///< what was found, with its numbers, as the end of a sentence about the column
  std::string advice;    ///< what to do, mostly a flag
  std::vector<std::pair<std::string, double>> numbers = {};  ///< the evidence's, by name
};

struct DoctorReport {
  std::string source;
  int64_t rows = 0;
  int64_t examined_rows = 0;  ///< what all but constants, copies and ids were judged by, evenly spread
  int64_t features = 0;
  std::vector<std::string> targets;
  Task task = Task::classification;
  std::string task_reason;
  int64_t classes = 0;            ///< classification
  std::vector<Finding> findings;  ///< errors first, then by kind and in the order of the columns

  int64_t count(Severity severity) const noexcept;
};

/// Most rows that are examined for anything that takes sorting them.
inline constexpr int64_t kDoctorRows = 200'000;

/// Looks at `table` as training with `options` would (target, task, weights, group, time, in_order); `validation`: rows
/// that will validate, or null. Read the table with CsvOptions::mixed_as_text, or numbers among texts are an error of
/// reading. Deterministic; time is that of sorting each column, memory a few columns of the examined rows. Throws
/// Error(usage) for a column that isn't there. `on_progress`: columns done and in all; false stops with
/// Error(usage, "interrupted").
DoctorReport doctor(const Table& table, const TrainOptions& options, const Table* validation = nullptr,
                    const std::function<bool(int64_t done, int64_t total)>& on_progress = {});

}  // namespace gradus
