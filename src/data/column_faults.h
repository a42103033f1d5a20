// Columns that no network can learn anything from that holds for new rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/table.h"

namespace gradus {

enum class ColumnFaultKind {
  constant,             ///< one value, and none missing
  all_missing,          ///< not one value
  duplicate,            ///< cell for cell an earlier column, missing cells included
  unique_text,          ///< (nearly) every row has a text of its own, and they are no dates
  row_number,           ///< whole numbers that rise or fall by the same step from row to row of the file
  shuffled_row_number,  ///< whole numbers, all different, out of a range no longer than the table
};
std::string_view name(ColumnFaultKind kind) noexcept;

struct ColumnFault {
  int64_t column = 0;
  ColumnFaultKind kind = ColumnFaultKind::constant;
  int64_t original = -1;  ///< duplicate: the earlier column
  std::string evidence;   ///< what was found, as the end of a sentence about the column
};

/// Fewer rows than this make no id: a handful of values differ by chance.
inline constexpr std::size_t kFewestRowsOfId = 20;

/// What is certain about `columns` (ascending) from `rows` (ascending) alone, at most one fault a column, in their
/// order. Conservative: a number with a fraction is never an id, nor are whole numbers that merely all differ. Whether
/// any column is left without the faulty ones is the caller's to see to. Linear in the cells.
std::vector<ColumnFault> column_faults(const Table& table, std::span<const int64_t> columns,
                                       std::span<const uint32_t> rows);

}  // namespace gradus
