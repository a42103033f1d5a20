// Numbers: values that stand for "missing", cells far from all others, heavy tails.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/doctor_checks.h"
#include "base/quote.h"
#include "data/encoder.h"

namespace gradus::doctoring {
namespace {

constexpr std::size_t kFewestRows = 20;
constexpr std::size_t kFewestLevels = 5;
// Quantile ranges of a normal column in standard deviations.
constexpr double kHalf = 1.349, kNineTenths = 3.290, kMostOfAll = 4.653;
constexpr double kFarApart = 8.0;           // deviations between an outlier and the rest
constexpr double kLargestOutliers = 0.001;  // of the rows; more are a tail
constexpr double kTail = 10.0;              // deviations from the median
constexpr double kHeavy = 0.005;            // of the rows beyond kTail
constexpr double kFarthest = 20.0;          // deviations; a tail that ends before is none

double middle(const DoctorColumn& column) {
  return column.quantile(0.5);
}

/// A deviation that a few cells far off don't move; 0 where nearly all cells are equal.
double spread(const DoctorColumn& column) {
  return std::max({(column.quantile(0.75) - column.quantile(0.25)) / kHalf,
                   (column.quantile(0.95) - column.quantile(0.05)) / kNineTenths,
                   (column.quantile(0.99) - column.quantile(0.01)) / kMostOfAll});
}

/// 99, 999, 9999, ...: nines alone, at least two.
bool all_nines(double magnitude) {
  for (double nines = 99.0; nines <= 999'999'999.0; nines = 10.0 * nines + 9.0)
    if (magnitude == nines) return true;
  return false;
}

/// The runs but the first `low` and the last `high`: their ends.
struct Rest {
  double minimum = 0.0;
  double maximum = 0.0;
};

class NumberChecks {
 public:
  NumberChecks(const DoctorColumn& column, bool is_target, Findings& findings)
      : column_(column), is_target_(is_target), findings_(findings) {}

  void run() {
    if (column_.present() < kFewestRows || column_.levels() < kFewestLevels) return;
    const bool low = sentinel(0), high = sentinel(column_.levels() - 1);
    if (!low && !high) zero_as_missing();
    if (low || high) return;  // what they do to the tails is told
    if (!outliers()) heavy_tail();
  }

 private:
  double value(std::size_t run) const { return column_.value(column_.runs[run]); }

  void add(Severity severity, const char* kind, std::string evidence, std::string advice,
           std::vector<std::pair<std::string, double>> numbers) {
    findings_.push_back({severity, kind, column_.name, std::move(evidence), std::move(advice), std::move(numbers)});
  }

  void add_sentinel(std::size_t run, Rest rest, bool sure) {
    const std::string text = number_text(value(run));
    const std::size_t count = column_.runs[run].size();
    add(sure ? Severity::warning : Severity::note, "sentinel",
        fmt::format("holds {} in {} of {} rows, the rest lie from {} to {}: it may stand for \"missing\"", text, count,
                    column_.rows(), number_text(rest.minimum), number_text(rest.maximum)),
        fmt::format("{} (it counts for every column)", missing_flag({text})),
        {{"value", value(run)},
         {"cells", static_cast<double>(count)},
         {"rest_minimum", rest.minimum},
         {"rest_maximum", rest.maximum}});
  }

  /// The lowest or the highest run, by what its value looks like and how far from the rest it is.
  bool sentinel(std::size_t run) {
    const bool lowest = run == 0;
    const Rest rest = lowest ? Rest{value(1), value(column_.levels() - 1)} : Rest{value(0), value(run - 1)};
    const double v = value(run);
    const double gap = lowest ? rest.minimum - v : v - rest.maximum;
    const double range = rest.maximum - rest.minimum;
    const bool far = gap > 0.5 * range;
    const bool often = column_.runs[run].size() > 1 || std::abs(v) >= 999.0;
    if (all_nines(std::abs(v)) && often && far && (lowest == (v < 0.0))) {
      add_sentinel(run, rest, true);
      return true;
    }
    const bool only_negative = lowest && (v == -1.0 || v == -9.0 || all_nines(-v)) && rest.minimum >= 0.0;
    if (!only_negative || column_.runs[run].size() < 2 || !column_.integers()) return false;
    add_sentinel(run, rest, false);
    return true;
  }

  /// Zeros below numbers that are never near zero: a pressure, a length.
  void zero_as_missing() {
    const std::size_t zeros = column_.runs[0].size();
    if (value(0) != 0.0 || column_.levels() < 10 || zeros < 3 || 2 * zeros > column_.present()) return;
    if (value(1) < 0.3 * middle(column_) || value(1) < 0.5 * spread(column_)) return;
    add(Severity::note, "zero_as_missing",
        fmt::format("holds 0 in {} of {} rows, the next number is {}: the zeros may stand for \"missing\"", zeros,
                    column_.rows(), number_text(value(1))),
        fmt::format("{} if so, and zero means nothing in the other columns either", missing_flag({"0"})),
        {{"cells", static_cast<double>(zeros)}, {"next", value(1)}});
  }

  /// How many cells at one end stand apart: so few, so far.
  std::size_t apart(bool high) const {
    const double deviation = spread(column_);
    const std::size_t most =
        std::max<std::size_t>(3, static_cast<std::size_t>(kLargestOutliers * static_cast<double>(column_.present())));
    std::size_t cells = 0, found = 0;
    for (std::size_t i = 0; i + 1 < column_.levels(); ++i) {
      const std::size_t run = high ? column_.levels() - 1 - i : i;
      cells += column_.runs[run].size();
      if (cells > most) break;
      const double gap = high ? value(run) - value(run - 1) : value(run + 1) - value(run);
      const double rest = high ? value(run - 1) - value(0) : value(column_.levels() - 1) - value(run + 1);
      if (gap > kFarApart * deviation && gap > rest) found = cells;
    }
    return found;
  }

  bool outliers() {
    if (spread(column_) == 0.0) return false;
    const std::size_t low = apart(false), high = apart(true);
    if (low + high == 0) return false;
    std::vector<std::string> shown;
    const std::vector<uint32_t>& order = column_.order;
    for (std::size_t i = 0; i < low; ++i) shown.push_back(number_text(column_.cells[order[i]]));
    for (std::size_t i = 0; i < high; ++i) shown.push_back(number_text(column_.cells[order[order.size() - 1 - i]]));
    const std::size_t count = shown.size();
    shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, shown.size()); ++i) list += (i ? ", " : "") + shown[i];
    if (shown.size() > 3) list += ", ...";
    const double least = column_.cells[order[low]], most = column_.cells[order[order.size() - 1 - high]];
    add(Severity::warning, "outliers",
        fmt::format("holds {} far from all others: {}; the rest lie from {} to {}",
                    doctoring::counted(count, "cell", "cells"), list, number_text(least), number_text(most)),
        is_target_
            ? std::string("correct the cells, or --loss huber, which such rows move less")
            : fmt::format(
                  "correct the cells, or {} if they are mistakes",
                  missing_flag(shown.size() > 3 ? std::vector<std::string>(shown.begin(), shown.begin() + 3) : shown)),
        {{"cells", static_cast<double>(count)}, {"rest_minimum", least}, {"rest_maximum", most}});
    return true;
  }

  void heavy_tail() {
    const double deviation = (column_.quantile(0.75) - column_.quantile(0.25)) / kHalf;
    if (deviation == 0.0) return;
    const double centre = middle(column_);
    const auto beyond =
        static_cast<std::size_t>(std::count_if(column_.order.begin(), column_.order.end(), [&](uint32_t row) {
          return std::abs(column_.cells[row] - centre) > kTail * deviation;
        }));
    if (static_cast<double>(beyond) < kHeavy * static_cast<double>(column_.present()) || beyond < 3) return;
    const double farthest = std::max(value(column_.levels() - 1) - centre, centre - value(0)) / deviation;
    if (farthest < kFarthest) return;
    add(Severity::note, "heavy_tail",
        fmt::format("has a heavy tail: {} of its cells are more than {} deviations (by the quartiles) from the median, "
                    "the farthest {:.3g}",
                    percent(static_cast<double>(beyond), static_cast<double>(column_.present())), kTail, farthest),
        is_target_ ? std::string("--loss huber, or learn its logarithm")
                   : std::string("its logarithm in the file, if that is what matters; --clip-norm 1 holds such rows"),
        {{"cells", static_cast<double>(beyond)}, {"farthest", farthest}});
  }

  const DoctorColumn& column_;
  bool is_target_;
  Findings& findings_;
};

}  // namespace

void check_numbers(const DoctorColumn& column, bool is_target, Findings& findings) {
  NumberChecks(column, is_target, findings).run();
}

}  // namespace gradus::doctoring
