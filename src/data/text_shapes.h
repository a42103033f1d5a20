// What a text looks like beyond the words: a date, or a number that marks keep from being read as one.
#pragma once

#include <optional>
#include <string_view>

namespace gradus {

/// "2020-01-31", "31.1.2020", "1/31/20", "2020-01", "31 Jan 2020", each with or without a time of day behind it, or a
/// time of day alone. Only the shape is judged, and months above 12 in both places refused.
bool looks_like_date(std::string_view text) noexcept;

/// The marks that a number stands among.
struct MarkedNumber {
  double value = 0.0;
  bool thousands = false;      ///< 1,234,567 or 1.234.567,8 or 1 234
  bool decimal_comma = false;  ///< 1,5
  std::string_view unit;       ///< what stands before or behind it: "$", "kg", "%"
};

/// The number in "1,234", "12 kg", "$5.50", "3,7" or "12 %"; nothing for a plain number, for other text, and where the
/// unit is longer than eight bytes or has digits.
std::optional<MarkedNumber> marked_number(std::string_view text) noexcept;

}  // namespace gradus
