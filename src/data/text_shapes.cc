#include "data/text_shapes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace gradus {
namespace {

constexpr std::size_t kLongestDate = 40;
constexpr std::size_t kLongestNumber = 48;
constexpr std::size_t kLongestUnit = 8;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_space(char c) noexcept {
  return c == ' ' || c == '\t';
}
char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the digits at the start of `text`: how many, and their value (of the first nine).
struct Digits {
  std::size_t count = 0;
  int value = 0;
};
Digits take_digits(std::string_view& text) noexcept {
  Digits found;
  while (!text.empty() && is_digit(text.front())) {
    if (found.count < 9) found.value = 10 * found.value + (text.front() - '0');
    ++found.count;
    text.remove_prefix(1);
  }
  return found;
}

/// The name of a month, or its first three letters or more.
bool take_month_name(std::string_view& text) noexcept {
  constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                        "may",       "june",     "july",     "august",
                                                        "september", "october",  "november", "december"};
  const auto is_letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
  const auto length = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_letter) - text.begin());
  const bool known =
      length >= 3 && std::any_of(kMonths.begin(), kMonths.end(), [&](std::string_view month) {
        return length <= month.size() && std::equal(month.begin(), month.begin() + static_cast<std::ptrdiff_t>(length),
                                                    text.begin(), [](char a, char b) { return a == lower(b); });
      });
  if (known) text.remove_prefix(length);
  return known;
}

/// "12:30", "12:30:05.25", and what may follow: Z, +02:00, AM.
bool is_time_of_day(std::string_view text) noexcept {
  const Digits hour = take_digits(text);
  if (hour.count < 1 || hour.count > 2 || hour.value > 24 || text.empty() || text.front() != ':') return false;
  text.remove_prefix(1);
  const Digits minute = take_digits(text);
  if (minute.count != 2 || minute.value > 59) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_space(c) || c == ':' || c == '.' || c == '+' || c == '-' || lower(c) == 'z' ||
           lower(c) == 'a' || lower(c) == 'p' || lower(c) == 'm';
  });
}

bool ends_as_date(std::string_view rest) noexcept {
  if (rest.empty()) return true;
  if (rest.front() == 'T' || is_space(rest.front()) || rest.front() == ',') {
    rest.remove_prefix(1);
    return is_time_of_day(trimmed(rest));
  }
  return false;
}

/// Year, month and day in one of the orders that people write.
bool is_calendar(const std::array<Digits, 3>& parts, char separator) noexcept {
  const auto day = [](const Digits& d) { return d.count <= 2 && d.value >= 1 && d.value <= 31; };
  const auto month = [](const Digits& d) { return d.count <= 2 && d.value >= 1 && d.value <= 12; };
  const auto year = [&](const Digits& d) {
    return (d.count == 4 && d.value >= 1000 && d.value < 3000) || (d.count == 2 && separator == '/');
  };
  if (parts[0].count == 4) return year(parts[0]) && month(parts[1]) && day(parts[2]);
  return year(parts[2]) && ((month(parts[0]) && day(parts[1])) || (day(parts[0]) && month(parts[1])));
}

bool is_numeric_date(std::string_view text) noexcept {
  std::array<Digits, 3> parts{};
  parts[0] = take_digits(text);
  if (parts[0].count == 0 || text.empty()) return false;
  const char separator = text.front();
  if (separator != '-' && separator != '/' && separator != '.') return false;
  text.remove_prefix(1);
  parts[1] = take_digits(text);
  if (parts[1].count == 0) return false;
  if (text.empty() || text.front() != separator) {
    const bool year_month = parts[0].count == 4 && parts[0].value >= 1000 && parts[0].value < 3000 &&
                            parts[1].count == 2 && parts[1].value >= 1 && parts[1].value <= 12;
    return year_month && separator != '.' && text.empty();
  }
  text.remove_prefix(1);
  parts[2] = take_digits(text);
  return parts[2].count > 0 && is_calendar(parts, separator) && ends_as_date(text);
}

void skip_marks(std::string_view& text) noexcept {
  while (!text.empty() && (is_space(text.front()) || text.front() == '-' || text.front() == ',' || text.front() == '.'))
    text.remove_prefix(1);
}

/// "31 Jan 2020", "Jan 31, 2020", "31-Jan-20".
bool is_named_date(std::string_view text) noexcept {
  const bool name_first = take_month_name(text);
  if (name_first) skip_marks(text);
  const Digits day = take_digits(text);
  if (day.count < 1 || day.count > 2 || day.value < 1 || day.value > 31) return false;
  skip_marks(text);
  if (!name_first) {
    if (!take_month_name(text)) return false;
    skip_marks(text);
  }
  const Digits year = take_digits(text);
  return (year.count == 2 || year.count == 4) && ends_as_date(text);
}

/// Digits in groups of three after the first, of one to three: "1,234,567".
bool has_thousands(std::string_view whole, char mark) noexcept {
  std::size_t run = 0;
  bool any = false;
  for (const char c : whole) {
    if (c == mark) {
      if (any ? run != 3 : (run < 1 || run > 3)) return false;
      any = true;
      run = 0;
    } else if (is_digit(c)) {
      ++run;
    } else {
      return false;
    }
  }
  return any && run == 3;
}

/// The mark between groups of three digits, or '\0'. "1.234" alone is a number with a fraction.
char thousands_mark(std::string_view digits) noexcept {
  for (const char mark : {',', ' ', '.'}) {
    const std::size_t fraction = std::min(digits.find(mark == '.' ? ',' : '.'), digits.size());
    const bool could_be_point = mark == '.' && fraction == digits.size() && digits.find('.') == digits.rfind('.');
    if (!could_be_point && has_thousands(digits.substr(0, fraction), mark)) return mark;
  }
  return '\0';
}

std::optional<MarkedNumber> number_among(std::string_view digits) noexcept {
  MarkedNumber found;
  const char mark = thousands_mark(digits);
  const bool comma = digits.find(',') != std::string_view::npos, point = digits.find('.') != std::string_view::npos;
  found.thousands = mark != '\0';
  found.decimal_comma = mark != ',' && comma && (mark == '.' || !point);
  const char decimal = found.decimal_comma ? ',' : '.';
  char plain[kLongestNumber];
  std::size_t length = 0;
  for (const char c : digits) {
    if (c == mark) continue;
    if (!is_digit(c) && c != decimal) return std::nullopt;
    plain[length++] = c == decimal ? '.' : c;
  }
  const auto [end, status] = std::from_chars(plain, plain + length, found.value);
  if (status != std::errc() || end != plain + length) return std::nullopt;
  return found;
}

}  // namespace

bool looks_like_date(std::string_view text) noexcept {
  text = trimmed(text);
  if (text.size() < 4 || text.size() > kLongestDate) return false;
  return is_numeric_date(text) || is_named_date(text) || is_time_of_day(text);
}

std::optional<MarkedNumber> marked_number(std::string_view text) noexcept {
  text = trimmed(text);
  const auto in_number = [](char c) { return is_digit(c) || c == ',' || c == '.' || c == ' '; };
  const auto first = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_digit) - text.begin());
  if (first == text.size()) return std::nullopt;
  std::size_t end = first;
  while (end < text.size() && in_number(text[end])) ++end;
  while (!is_digit(text[end - 1])) --end;
  if (end - first >= kLongestNumber) return std::nullopt;
  std::string_view before = trimmed(text.substr(0, first));
  const std::string_view behind = trimmed(text.substr(end));
  const bool negative = !before.empty() && (before.front() == '-' || before.back() == '-');
  if (!before.empty() && (before.front() == '-' || before.front() == '+')) {
    before.remove_prefix(1);
  } else if (negative) {
    before.remove_suffix(1);
  }
  // "EUR 40" is an amount, "v6" and "SI2" are names.
  const auto is_letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
  if (!before.empty() && is_letter(before.back()) && text[first - 1] == before.back()) return std::nullopt;
  if ((!before.empty() && !behind.empty()) || before.size() + behind.size() > kLongestUnit) return std::nullopt;
  if (std::any_of(behind.begin(), behind.end(), is_digit)) return std::nullopt;
  auto found = number_among(text.substr(first, end - first));
  if (!found) return std::nullopt;
  found->unit = before.empty() ? behind : trimmed(before);
  if (negative) found->value = -found->value;
  if (found->unit.empty() && !found->thousands && !found->decimal_comma) return std::nullopt;
  return found;
}

}  // namespace gradus
