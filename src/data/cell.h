// What one cell of a CSV says: a number, nothing, or something else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/table.h"

namespace gradus {

enum class CellClass : uint8_t {
  number,
  underflow,   ///< too small for a double: its value is 0
  missing,     ///< empty, blank, or one of CsvOptions.missing
  not_finite,  ///< an infinity or NaN by another spelling: counts as missing, and is told
  overflow,    ///< a number too large for a double
  other,       ///< not a number
};

struct NumericCell {
  CellClass what = CellClass::missing;
  double value = 0.0;  ///< NaN unless number or underflow
};

/// The one parser of numbers and missing cells, by the options' spelling. Needs no locale.
class CellParser {
 public:
  explicit CellParser(const CsvOptions& options);

  bool is_missing(std::string_view cell) const noexcept;
  /// Spaces and tabs around the number are allowed, and one sign, + or -.
  NumericCell parse(std::string_view cell) const noexcept;
  /// The number, or nothing when the cell is not a finite one.
  std::optional<double> parse_number(std::string_view cell) const noexcept;
  /// True when a cell that reads as a number may still be missing, "-999".
  bool numbers_may_be_missing() const noexcept { return missing_numbers_; }
  char point() const noexcept { return point_; }

 private:
  std::vector<std::string> missing_;
  bool missing_numbers_ = false;  // one of missing_ reads as a number
  char point_ = '.';
};

}  // namespace gradus
