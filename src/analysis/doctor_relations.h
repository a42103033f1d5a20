// What columns have to do with each other: copies in another scale or under other names, and columns that say which
// rows are of one thing.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "analysis/doctor_checks.h"

namespace gradus::doctoring {

/// Columns compared for copies in another scale: each pair of them.
inline constexpr std::size_t kMostCompared = 2000;

class Relations {
 public:
  explicit Relations(std::size_t rows);

  /// Takes note of a sorted column; finds an earlier one that is the same under other names.
  void add(const DoctorColumn& column, Findings& findings);
  /// Pairs of columns that are the same up to scale and shift; `table`, `rows`: to look at them again.
  void find_scaled(const Table& table, std::span<const uint32_t> rows, Findings& findings) const;
  /// Columns whose rows are of one thing, by the columns that never change within one of their values. `columns`: all
  /// features.
  void find_groups(const Table& table, std::span<const uint32_t> rows, std::span<const int64_t> columns,
                   Findings& findings) const;

 private:
  /// A column of numbers by its median and quartiles, at rows evenly spread.
  struct Probe {
    int64_t column;
    std::string name;
    double centre;
    double deviation;
    std::vector<float> cells;
  };

  void add_probe(const DoctorColumn& column);
  bool same_line(const Table& table, std::span<const uint32_t> rows, const Probe& a, const Probe& b) const;

  std::size_t rows_;
  std::map<uint64_t, std::string> by_pattern_;  // of values in order of first appearance
  std::vector<Probe> probes_;
  std::vector<DoctorColumn> group_candidates_;
};

/// Whether values of a column name things that come in several rows: many, each in more than one row, and no
/// measurement.
bool may_group(const DoctorColumn& column);

}  // namespace gradus::doctoring
