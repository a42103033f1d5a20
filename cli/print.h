// Text for people: numbers that read well, names that can't drive a terminal, and the standard streams.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::cli {

/// `text` with control characters (C0, DEL, C1) as \x1b and the like: safe on a terminal, one line.
std::string printable(std::string_view text);
/// As above, cut to `width` characters.
std::string shortened(std::string_view text, std::size_t width);
/// `text` as one word of a POSIX shell.
std::string shell_word(std::string_view text);
/// 1797 -> "1,797".
std::string grouped(int64_t value);
/// "1 row", "2 rows".
std::string counted(int64_t count, std::string_view singular, std::string_view plural);
/// A measurement in about four significant digits; "-" for NaN.
std::string brief(double value);
/// A metric's name as people write it: "R2" for r2.
std::string metric_label(std::string_view metric);
/// Seconds as "0.4 s", "12 s", "3 min 20 s", "2 h 5 min".
std::string duration(double seconds);
/// Rows a second as "950", "12.3k", "4.56M".
std::string rate(double per_second);

/// Rows of cells in aligned columns, two spaces apart; every column but the first right-aligned when `numbers`.
std::string aligned(const std::vector<std::vector<std::string>>& rows, bool numbers);

/// Writes all of `text` to standard output now. Throws Error(write_failed).
void print_out(std::string_view text);
/// Writes to standard error; a failure there has nowhere to be told.
void print_err(std::string_view text) noexcept;

}  // namespace gradus::cli
