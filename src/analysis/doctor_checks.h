// The doctor's checks: each looks at one thing and adds what it finds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/doctor.h"
#include "gradus/table.h"

#include "analysis/doctor_column.h"
#include "analysis/doctor_target.h"

namespace gradus::doctoring {

using Findings = std::vector<Finding>;

/// "12.5 %" of `part` in `whole`.
std::string percent(double part, double whole);
/// "3 cells", "1 cell".
std::string counted(std::size_t count, std::string_view singular, std::string_view plural);
/// `flag` and the column's name as a shell takes them; its number where the name holds a comma.
std::string flag_for(std::string_view flag, const DoctorColumn& column);
/// The --missing that reads `texts` as missing as well.
std::string missing_flag(const std::vector<std::string>& texts);

// One column; sorted.
/// Missing cells: all, most, and whether they tell the target.
void check_missing(const DoctorColumn& column, std::span<const DoctorTarget> targets, Findings& findings);
/// Numbers: values that stand for "missing", cells far from all others, heavy tails.
void check_numbers(const DoctorColumn& column, bool is_target, Findings& findings);
/// Whole numbers of few values whose order the target does not follow, and whole numbers that all differ.
void check_integers(const DoctorColumn& column, std::span<const DoctorTarget> targets, Findings& findings);
/// Texts: numbers among words, numbers with units, dates, one value in several spellings, too many values.
void check_texts(const DoctorColumn& column, bool is_target, Findings& findings);
/// Whether the column alone predicts a target nearly always.
void check_leak(const DoctorColumn& column, std::span<const DoctorTarget> targets, Findings& findings);

// The target itself.
void check_target(const DoctorTarget& target, Task task, bool task_given, Findings& findings);

}  // namespace gradus::doctoring
