#include "data/cell.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::string_view trimmed(std::string_view cell) noexcept {
  const std::size_t first = cell.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return cell.substr(first, cell.find_last_not_of(" \t") - first + 1);
}

bool has_nonzero_digit(std::string_view number) noexcept {
  for (const char c : number) {
    if (c == 'e' || c == 'E') return false;
    if (c >= '1' && c <= '9') return true;
  }
  return false;
}

}  // namespace

CellParser::CellParser(const CsvOptions& options) : point_(options.decimal_comma ? ',' : '.') {
  for (const std::string& text : options.missing) {
    missing_numbers_ = missing_numbers_ || parse(text).what == CellClass::number;
    missing_.emplace_back(trimmed(text));
  }
}

bool CellParser::is_missing(std::string_view cell) const noexcept {
  const std::string_view text = trimmed(cell);
  return text.empty() || std::find(missing_.begin(), missing_.end(), text) != missing_.end();
}

NumericCell CellParser::parse(std::string_view cell) const noexcept {
  if (is_missing(cell)) return {CellClass::missing, kNaN};
  std::string_view text = trimmed(cell);
  // One plus sign; the library takes the minus only.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  const fast_float::parse_options options(fast_float::chars_format::general, point_);
  const char* end = text.data() + text.size();
  double value = 0.0;
  const auto result = fast_float::from_chars_advanced(text.data(), end, value, options);
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return {CellClass::other, kNaN};
  const bool digits = text.find_first_of("0123456789") != std::string_view::npos;
  if (!std::isfinite(value)) return {digits ? CellClass::overflow : CellClass::not_finite, kNaN};
  if (value == 0.0 && has_nonzero_digit(text)) return {CellClass::underflow, 0.0};
  return {CellClass::number, value};
}

std::optional<double> CellParser::parse_number(std::string_view cell) const noexcept {
  const NumericCell parsed = parse(cell);
  if (parsed.what != CellClass::number && parsed.what != CellClass::underflow) return std::nullopt;
  return parsed.value;
}

}  // namespace gradus
