#include "analysis/doctor_relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/quote.h"

namespace gradus::doctoring {
namespace {

constexpr std::size_t kProbes = 64;
constexpr std::size_t kFewestProbes = 24;  // both columns there
constexpr double kSame = 0.02;             // deviations between two columns that are one
constexpr double kNearlyAll = 0.99;
constexpr std::size_t kFewestRows = 20;
constexpr std::size_t kGroupLevels = 20;
constexpr std::size_t kMostCandidates = 8;
constexpr double kOrdinary = 0.9;  // a column of which more is one value is constant within groups by chance

uint64_t mixed(uint64_t hash, uint64_t value) noexcept {
  hash = (hash ^ value) * 0xBF58476D1CE4E5B9;
  return hash ^ (hash >> 29);
}

/// Each cell as the number of its value in order of first appearance (0 is missing), all of them hashed.
uint64_t pattern_of(const DoctorColumn& column) {
  std::vector<uint32_t> run_of(column.rows(), 0);
  for (std::size_t run = 0; run < column.levels(); ++run)
    for (std::size_t place = column.runs[run].begin; place < column.runs[run].end; ++place)
      run_of[column.order[place]] = static_cast<uint32_t>(run + 1);
  std::vector<uint32_t> number(column.levels() + 1, 0);
  uint32_t next = 0;
  uint64_t hash = 0;
  for (const uint32_t run : run_of) {
    if (run > 0 && number[run] == 0) number[run] = ++next;
    hash = mixed(hash, run == 0 ? 0 : number[run]);
  }
  return hash;
}

/// A name as people give to what tells things apart: "id", "user_id", "PatientID", "customerId".
bool named_as_id(const std::string& name) {
  const auto ends = [&](std::string_view end) { return name.size() >= end.size() && name.ends_with(end); };
  return name == "id" || name == "ID" || name == "Id" || ends("_id") || ends("-id") || ends(".id") || ends(" id") ||
         ends("ID") || (name.size() > 2 && ends("Id"));
}

double commonest_share(const DoctorColumn& column) {
  std::size_t most = column.missing();
  for (const Run& run : column.runs) most = std::max(most, run.size());
  return static_cast<double>(most) / static_cast<double>(column.rows());
}

/// Every value of `group` has one value of `other`, or none.
bool depends_on(const DoctorColumn& other, const DoctorColumn& group) {
  for (const Run& run : group.runs) {
    const double first = other.cells[group.order[run.begin]];
    for (std::size_t place = run.begin + 1; place < run.end; ++place) {
      const double cell = other.cells[group.order[place]];
      if (cell != first && !(std::isnan(cell) && std::isnan(first))) return false;
    }
  }
  return true;
}

}  // namespace

bool may_group(const DoctorColumn& column) {
  return column.levels() >= kGroupLevels && 2 * column.levels() <= column.present() &&
         column.missing() * 10 <= column.rows() && (column.text || column.integers());
}

Relations::Relations(std::size_t rows) : rows_(rows) {}

void Relations::add(const DoctorColumn& column, Findings& findings) {
  if (column.levels() < 2 || rows_ < kFewestRows) return;
  if (5 * column.levels() <= rows_) {  // of values that hardly repeat, any two columns are each other's renaming
    const auto [known, fresh] = by_pattern_.emplace(pattern_of(column), column.name);
    if (!fresh) {
      findings.push_back({Severity::warning,
                          "duplicate",
                          column.name,
                          fmt::format("is {} under other names: each of its {} values goes with one of the other's",
                                      in_quotes(known->second), column.levels()),
                          flag_for("--ignore", column),
                          {{"levels", static_cast<double>(column.levels())}}});
      return;
    }
  }
  if (!column.text) add_probe(column);
  if (may_group(column) && group_candidates_.size() < kMostCandidates) group_candidates_.push_back(column);
}

void Relations::add_probe(const DoctorColumn& column) {
  if (probes_.size() >= kMostCompared || column.levels() < 3) return;
  double deviation = column.quantile(0.75) - column.quantile(0.25);
  if (deviation == 0.0) deviation = column.quantile(0.95) - column.quantile(0.05);
  if (deviation == 0.0) return;
  Probe probe{column.index, column.name, column.quantile(0.5), deviation, {}};
  for (std::size_t i = 0; i < kProbes; ++i) {
    const std::size_t row = i * rows_ / kProbes;
    probe.cells.push_back(static_cast<float>((column.cells[row] - probe.centre) / deviation));
  }
  probes_.push_back(std::move(probe));
}

bool Relations::same_line(const Table& table, std::span<const uint32_t> rows, const Probe& a, const Probe& b) const {
  for (const double sign : {1.0, -1.0}) {
    std::size_t both = 0, same = 0;
    for (std::size_t i = 0; i < kProbes && both - same <= 1; ++i) {
      const double difference = static_cast<double>(a.cells[i]) - sign * static_cast<double>(b.cells[i]);
      if (std::isnan(difference)) continue;
      ++both;
      same += std::abs(difference) <= kSame;
    }
    if (both < kFewestProbes || both - same > 1) continue;
    const DoctorColumn x = load_column(table, a.column, rows), y = load_column(table, b.column, rows);
    both = same = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const double difference =
          (x.cells[row] - a.centre) / a.deviation - sign * (y.cells[row] - b.centre) / b.deviation;
      if (std::isnan(difference)) continue;
      ++both;
      same += std::abs(difference) <= kSame;
    }
    const auto all = static_cast<double>(rows.size());
    if (static_cast<double>(both) >= kOrdinary * all &&
        static_cast<double>(same) >= kNearlyAll * static_cast<double>(both))
      return true;
  }
  return false;
}

void Relations::find_scaled(const Table& table, std::span<const uint32_t> rows, Findings& findings) const {
  for (std::size_t i = 1; i < probes_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!same_line(table, rows, probes_[j], probes_[i])) continue;
      const DoctorColumn column = load_column(table, probes_[i].column, rows.first(1));
      findings.push_back({Severity::warning,
                          "duplicate",
                          probes_[i].name,
                          fmt::format("is {} in another scale: a straight line joins them in 99 % of the rows or more",
                                      in_quotes(probes_[j].name)),
                          flag_for("--ignore", column),
                          {}});
      break;
    }
  }
}

void Relations::find_groups(const Table& table, std::span<const uint32_t> rows, std::span<const int64_t> columns,
                            Findings& findings) const {
  if (group_candidates_.empty()) return;
  std::vector<std::vector<std::string>> constant_within(group_candidates_.size());
  for (const int64_t index : columns) {
    DoctorColumn other = load_column(table, index, rows);
    std::vector<std::size_t> depending;
    for (std::size_t i = 0; i < group_candidates_.size(); ++i)
      if (group_candidates_[i].index != index && depends_on(other, group_candidates_[i])) depending.push_back(i);
    if (depending.empty()) continue;
    sort_cells(other);
    if (other.levels() < 2 || commonest_share(other) > kOrdinary) continue;
    for (const std::size_t i : depending)
      if (other.levels() < group_candidates_[i].levels()) constant_within[i].push_back(other.name);
  }
  for (std::size_t i = 0; i < group_candidates_.size(); ++i) {
    const DoctorColumn& column = group_candidates_[i];
    const std::vector<std::string>& steady = constant_within[i];
    if (steady.size() < 2 && !named_as_id(column.name)) continue;
    std::string names;
    for (std::size_t k = 0; k < std::min<std::size_t>(3, steady.size()); ++k)
      names += (k ? ", " : "") + in_quotes(steady[k]);
    if (steady.size() > 3) names += ", ...";
    const double each = static_cast<double>(column.present()) / static_cast<double>(column.levels());
    findings.push_back(
        {Severity::warning,
         "group",
         column.name,
         fmt::format("may name what several rows are of: {} values, each in {:.3g} rows{}", column.levels(), each,
                     steady.empty() ? std::string() : fmt::format(", within which {} never change", names)),
         fmt::format("{}: else rows of one thing are both learned from and validated on", flag_for("--group", column)),
         {{"levels", static_cast<double>(column.levels())}, {"constant_within", static_cast<double>(steady.size())}}});
  }
}

}  // namespace gradus::doctoring
