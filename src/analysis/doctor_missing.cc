// Missing cells: all, most, and whether they tell the target.
#include <fmt/format.h>

#include <cmath>

#include "analysis/doctor_checks.h"
#include "base/quote.h"

namespace gradus::doctoring {
namespace {

constexpr double kMost = 0.5;
// A missing cell and the target: the correlation ratio (Cramer's V for classes, |r| for numbers) that is told, and the
// one that nothing but the way the data were collected explains.
constexpr double kTells = 0.3;
constexpr double kGivesAway = 0.9;
constexpr std::size_t kFewest = 10;  // rows on either side

double association(const DoctorColumn& column, const DoctorTarget& target, Explained& found) {
  std::vector<int32_t> group(column.rows());
  for (std::size_t row = 0; row < group.size(); ++row) group[row] = std::isnan(column.cells[row]);
  found = explained_by_groups(group, 2, target);
  if (!target.classes) return std::sqrt(found.share);
  // Cramer's V of a table with two rows: the root of chi^2 / n, where each class counts by its own share of variance.
  std::vector<double> missing(target.class_count());
  double rows = 0.0, all_missing = 0.0;
  for (std::size_t row = 0; row < group.size(); ++row) {
    if (target.labels[row] < 0) continue;
    rows += 1.0;
    all_missing += group[row];
    missing[static_cast<std::size_t>(target.labels[row])] += group[row];
  }
  const double share = all_missing / rows;
  if (share <= 0.0 || share >= 1.0) return 0.0;
  double chi = 0.0;
  for (std::size_t k = 0; k < missing.size(); ++k) {
    const double expected = share * static_cast<double>(target.counts[k]);
    chi += (missing[k] - expected) * (missing[k] - expected) / (expected * (1.0 - share));
  }
  return std::sqrt(chi / rows);
}

/// The classes (or means) with and without the cell, for a reader.
std::string contrast(const DoctorColumn& column, const DoctorTarget& target) {
  double count[2] = {}, sum[2] = {};
  std::vector<double> by_class[2] = {std::vector<double>(target.class_count()),
                                     std::vector<double>(target.class_count())};
  for (std::size_t row = 0; row < column.rows(); ++row) {
    const int side = std::isnan(column.cells[row]);
    if (target.classes ? target.labels[row] < 0 : std::isnan(target.column.cells[row])) continue;
    count[side] += 1.0;
    if (target.classes) {
      by_class[side][static_cast<std::size_t>(target.labels[row])] += 1.0;
    } else {
      sum[side] += target.column.cells[row];
    }
  }
  const std::string name = in_quotes(target.column.name);
  if (!target.classes)
    return fmt::format("the mean of {} is {:.4g} where it is missing and {:.4g} where not", name, sum[1] / count[1],
                       sum[0] / count[0]);
  std::size_t most = 0;
  double difference = -1.0;
  for (std::size_t k = 0; k < target.class_count(); ++k) {
    const double apart = std::abs(by_class[1][k] / count[1] - by_class[0][k] / count[0]);
    if (apart > difference) {
      difference = apart;
      most = k;
    }
  }
  return fmt::format("{} is {} in {} of the rows where it is missing and in {} of the others", name,
                     target.column.text_of(target.column.runs[most]), percent(by_class[1][most], count[1]),
                     percent(by_class[0][most], count[0]));
}

}  // namespace

void check_missing(const DoctorColumn& column, std::span<const DoctorTarget> targets, Findings& findings) {
  const std::size_t missing = column.missing(), rows = column.rows();
  if (missing == 0) return;
  const double share = static_cast<double>(missing) / static_cast<double>(rows);
  if (column.levels() == 1) {
    findings.push_back(
        {Severity::warning,
         "constant",
         column.name,
         fmt::format("holds {} in every row where it is not missing ({} are missing)", column.text_of(column.runs[0]),
                     percent(static_cast<double>(missing), static_cast<double>(rows))),
         fmt::format("{}, unless its being missing means something", flag_for("--ignore", column)),
         {{"missing", share}}});
  } else if (share > kMost) {
    findings.push_back({Severity::warning,
                        "mostly_missing",
                        column.name,
                        fmt::format("is missing in {} of {} rows ({})", missing, rows,
                                    percent(static_cast<double>(missing), static_cast<double>(rows))),
                        fmt::format("{}, if it is missing in new rows as well for no reason that says something",
                                    flag_for("--ignore", column)),
                        {{"missing", share}}});
  }
  if (missing < kFewest || column.present() < kFewest) return;
  for (const DoctorTarget& target : targets) {
    Explained all;
    const double strength = association(column, target, all);
    if (strength < kTells || all.f < 10.0) continue;
    const bool away = all.share >= kGivesAway * kGivesAway;  // of all classes, not of one among many
    findings.push_back(
        {away ? Severity::warning : Severity::note,
         "missing_tells",
         column.name,
         fmt::format("being missing tells the target: {}", contrast(column, target)),
         away ? fmt::format("{}, unless it is missing for the same reason before the target is known",
                            flag_for("--ignore", column))
              : std::string("nothing, if it is missing for the same reason in new rows: a missing cell is a feature of "
                            "its own"),
         {{"missing", share}, {"association", strength}}});
  }
}

}  // namespace gradus::doctoring
