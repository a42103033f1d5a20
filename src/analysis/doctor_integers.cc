// Whole numbers that are names: codes of categories, and ids.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/doctor_checks.h"
#include "base/quote.h"

namespace gradus::doctoring {
namespace {

constexpr std::size_t kFewestLevels = 3, kMostLevels = 15;
constexpr std::size_t kRowsPerLevel = 10;
constexpr double kBeyondOrder = 0.05;  // of the target's variance that the levels explain and their order does not
constexpr double kClear = 10.0;        // F of that part
constexpr std::size_t kFewestIds = 50;

/// Weighted means of one output by level, in the order of the levels, and their weights.
struct LevelMeans {
  std::vector<double> mean;
  std::vector<double> rows;
};

/// Sum of squares of the means about their best rising sequence: pool adjacent violators (Ayer et al. 1955).
double squares_off_rising(const LevelMeans& levels, bool falling) {
  std::vector<double> mean, rows, squares;
  for (std::size_t i = 0; i < levels.mean.size(); ++i) {
    mean.push_back(falling ? -levels.mean[i] : levels.mean[i]);
    rows.push_back(levels.rows[i]);
    squares.push_back(0.0);
    while (mean.size() > 1 && mean[mean.size() - 2] > mean.back()) {
      const std::size_t last = mean.size() - 1;
      const double joined = rows[last] + rows[last - 1];
      const double apart = mean[last] - mean[last - 1];
      squares[last - 1] += squares[last] + apart * apart * rows[last] * rows[last - 1] / joined;
      mean[last - 1] += apart * rows[last] / joined;
      rows[last - 1] = joined;
      mean.pop_back();
      rows.pop_back();
      squares.pop_back();
    }
  }
  double sum = 0.0;
  for (const double square : squares) sum += square;
  return sum;
}

/// Means of output `k` (a class's indicator, or the number) by the column's levels.
LevelMeans level_means(const DoctorColumn& column, const DoctorTarget& target, std::size_t k) {
  LevelMeans levels;
  for (const Run& run : column.runs) {
    double sum = 0.0, rows = 0.0;
    for (std::size_t place = run.begin; place < run.end; ++place) {
      const uint32_t row = column.order[place];
      if (target.classes ? target.labels[row] < 0 : std::isnan(target.column.cells[row])) continue;
      rows += 1.0;
      sum += target.classes ? static_cast<double>(target.labels[row] == static_cast<int32_t>(k))
                            : target.column.cells[row];
    }
    if (rows == 0.0) continue;
    levels.mean.push_back(sum / rows);
    levels.rows.push_back(rows);
  }
  return levels;
}

void check_codes(const DoctorColumn& column, const DoctorTarget& target, Findings& findings) {
  std::vector<int32_t> group(column.rows(), -1);
  for (std::size_t level = 0; level < column.levels(); ++level)
    for (std::size_t place = column.runs[level].begin; place < column.runs[level].end; ++place)
      group[column.order[place]] = static_cast<int32_t>(level);
  const Explained by_level = explained_by_groups(group, column.levels(), target);
  if (by_level.share < kBeyondOrder) return;
  // Squares of what the levels explain, in the target's units: all, and what is left of it when they may only rise.
  double rows = 0.0, total = 0.0, off = 0.0;
  for (std::size_t k = 0; k < (target.classes ? target.class_count() : 1); ++k) {
    const LevelMeans means = level_means(column, target, k);
    off += std::min(squares_off_rising(means, false), squares_off_rising(means, true));
    double grand = 0.0;
    rows = 0.0;
    for (std::size_t i = 0; i < means.mean.size(); ++i) {
      grand += means.mean[i] * means.rows[i];
      rows += means.rows[i];
    }
    grand /= rows;
    for (std::size_t i = 0; i < means.mean.size(); ++i)
      total += means.rows[i] * (means.mean[i] - grand) * (means.mean[i] - grand);
  }
  if (!(total > 0.0)) return;
  const double beyond = by_level.share * off / total;
  const auto levels = static_cast<double>(column.levels());
  const double f = beyond / (levels - 2.0) / std::max((1.0 - by_level.share) / (rows - levels), 1e-300);
  if (beyond < kBeyondOrder || f < kClear) return;
  findings.push_back(
      {Severity::note,
       "codes",
       column.name,
       fmt::format(
           "holds {} whole numbers that look like codes: they explain {:.1f} % of {}, {:.1f} % when it may only "
           "rise or fall with them",
           column.levels(), 100.0 * by_level.share, in_quotes(target.column.name), 100.0 * (by_level.share - beyond)),
       flag_for("--categorical", column),
       {{"levels", levels}, {"explained", by_level.share}, {"explained_in_order", by_level.share - beyond}}});
}

}  // namespace

void check_integers(const DoctorColumn& column, std::span<const DoctorTarget> targets, Findings& findings) {
  if (column.text || !column.integers()) return;
  const std::size_t levels = column.levels();
  if (levels >= kFewestIds && levels == column.rows()) {
    findings.push_back({Severity::warning,
                        "id",
                        column.name,
                        fmt::format("holds {} whole numbers, no two alike, as ids do", levels),
                        fmt::format("{}, unless they are measurements", flag_for("--ignore", column)),
                        {{"levels", static_cast<double>(levels)}}});
    return;
  }
  if (levels < kFewestLevels || levels > kMostLevels || column.present() < kRowsPerLevel * levels) return;
  for (const DoctorTarget& target : targets) check_codes(column, target, findings);
}

}  // namespace gradus::doctoring
