// What is to be learned: the target columns, the task they make, and how their cells become numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/names.h"
#include "gradus/table.h"

#include "data/encoder.h"

namespace gradus {

/// Integer targets with at most this many distinct values are classes unless the caller says otherwise.
inline constexpr int64_t kMaxIntegerClasses = 20;

/// Column indices from "price", "3" or "a,b": names, or numbers counted from 1, in the order given. A name that is
/// itself a number or holds commas is found first. Throws Error(usage) that lists the names and suggests the nearest.
std::vector<int64_t> resolve_columns(const Table& table, std::string_view list);

struct TaskDecision {
  Task task = Task::regression;
  std::string reason;  ///< what was found and how to override it
};

/// One target: text, or integers with at most 20 distinct values, are classes; other numbers a regression.
/// Several: multi-label when every one holds only 0 and 1, else a regression. `asked` overrides.
/// Throws Error(usage) when the targets can't be learned as `asked`.
TaskDecision decide_task(const Table& table, const std::vector<int64_t>& target_columns, std::optional<Task> asked);

/// Rows in which no target is missing, ascending.
std::vector<uint32_t> rows_with_target(const Table& table, std::span<const int64_t> target_columns);

/// Learns classes, or mean and scale, from `rows`. Classes: pass every row with a target, so that they never depend on
/// the split. Regression: pass the training rows; sums follow the bit contract. Throws Error(bad_data) when no row is
/// left, for one class only, a class with one row, text where numbers are needed, and multi-label values other than 0
/// and 1. `weights`: what each of `rows` counts in mean and scale; empty: 1.
TargetEncoder fit_targets(const Table& table, std::span<const int64_t> columns, Task task,
                          std::span<const uint32_t> rows, std::span<const double> weights = {});

/// Throws Error(bad_data) for a target below 0 in one of `rows`.
void check_counts(const Table& table, std::span<const int64_t> columns, std::span<const uint32_t> rows);

/// The number that a numeric class's label means.
double class_number(std::string_view label) noexcept;

/// The class index of each of `rows`, -1 for a label that `targets` doesn't know.
std::vector<int32_t> class_indices(const Table& table, int64_t column, const TargetEncoder& targets,
                                   std::span<const uint32_t> rows);

}  // namespace gradus
