// One column of the examined rows, sorted: what every check of the doctor looks at.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gradus/table.h"

namespace gradus::doctoring {

/// Rows that share one value, places in DoctorColumn::order.
struct Run {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const noexcept { return end - begin; }
};

struct DoctorColumn {
  int64_t index = 0;
  std::string name;
  bool text = false;
  const std::vector<std::string>* texts = nullptr;  ///< of a text column: the table's dictionary
  std::vector<double> cells;                        ///< a row each: number or dictionary code, NaN when missing
  // Filled by sort_cells.
  std::vector<uint32_t> order;  ///< rows that have a value, by value, then by row
  std::vector<Run> runs;        ///< of equal values, ascending

  std::size_t rows() const noexcept { return cells.size(); }
  std::size_t present() const noexcept { return order.size(); }
  std::size_t missing() const noexcept { return cells.size() - order.size(); }
  std::size_t levels() const noexcept { return runs.size(); }
  double value(const Run& run) const noexcept { return cells[order[run.begin]]; }
  /// The value at quantile `q` of those present; there must be one.
  double quantile(double q) const noexcept;
  bool integers() const noexcept;
  /// The value of a run as text: a number in its shortest form, or the dictionary's text in quotes.
  std::string text_of(const Run& run) const;
};

/// The cells of `rows` (ascending).
DoctorColumn load_column(const Table& table, int64_t column, std::span<const uint32_t> rows);
void sort_cells(DoctorColumn& column);

}  // namespace gradus::doctoring
