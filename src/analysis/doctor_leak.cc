// Whether one column alone predicts a target nearly always: it may be the target by another name, or known only after.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/doctor_checks.h"
#include "analysis/doctor_relations.h"
#include "base/quote.h"

namespace gradus::doctoring {
namespace {

constexpr double kSuspicious = 0.97;
constexpr double kCertain = 0.9995;
constexpr std::size_t kFewestRows = 20;

/// Each value of the column goes with one label and each label with one value.
bool is_relabelling(const DoctorColumn& column, const DoctorTarget& target) {
  return target.classes && column.levels() == target.class_count() && column.missing() == target.column.missing();
}

/// The straight line through the column's and the target's smallest and largest holds everywhere.
bool is_scaled_copy(const DoctorColumn& column, const DoctorTarget& target) {
  if (target.classes || column.text || column.levels() < 3) return false;
  const uint32_t low = column.order.front(), high = column.order.back();
  const double x0 = column.cells[low], x1 = column.cells[high];
  const double y0 = target.column.cells[low], y1 = target.column.cells[high];
  const double slope = (y1 - y0) / (x1 - x0);
  const double range = std::abs(y1 - y0);
  return std::all_of(column.order.begin(), column.order.end(), [&](uint32_t row) {
    const double y = target.column.cells[row];
    return std::isnan(y) || std::abs(y - (y0 + slope * (column.cells[row] - x0))) <= 1e-5 * range;
  });
}

}  // namespace

void check_leak(const DoctorColumn& column, std::span<const DoctorTarget> targets, Findings& findings) {
  if (column.levels() < 2) return;
  for (const DoctorTarget& target : targets) {
    if (target.rows_with_target() < kFewestRows) continue;
    const Skill found = single_column_skill(column, target);
    if (!(found.skill >= kSuspicious)) continue;
    const std::string name = in_quotes(target.column.name);
    const bool copy = found.skill >= kCertain && (is_relabelling(column, target) || is_scaled_copy(column, target));
    const bool certain = found.skill >= kCertain;
    const std::string evidence =
        copy ? fmt::format("is the target {} {}", name, target.classes ? "by other names" : "up to scale and shift")
        : target.classes ? fmt::format("alone predicts {} in {} of the rows, where guessing is right in {}", name,
                                       percent(found.accuracy, 1.0), percent(found.guessing, 1.0))
                         : fmt::format("alone explains {} of the variance of {}", percent(found.skill, 1.0), name);
    std::string advice = fmt::format("{}, unless it is known before the target is", flag_for("--ignore", column));
    if (!copy && may_group(column))
      advice += fmt::format("; if it says which rows are of one thing, {}", flag_for("--group", column));
    findings.push_back({certain ? Severity::error : Severity::warning,
                        "leaking",
                        column.name,
                        evidence,
                        advice,
                        {{"skill", found.skill}, {"accuracy", found.accuracy}, {"guessing", found.guessing}}});
    return;
  }
}

}  // namespace gradus::doctoring
