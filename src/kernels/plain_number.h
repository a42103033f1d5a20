// The fast path of number parsing: sign, digits, point, digits, and nothing else.
#pragma once

#include <fast_float/fast_float.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace gradus::kernels {

/// Bytes that must be readable behind a cell given to parse_plain_number.
inline constexpr std::size_t kPlainNumberSlack = 32;

namespace plain_number {

// Eight bytes are taken as one word, the first in the lowest byte: no loop over digits, and no branch that depends on
// their number. XOR with this turns digits into 0 .. 9 and everything else into something larger.
inline constexpr uint64_t kZeros = 0x3030303030303030;
static_assert(std::endian::native == std::endian::little);

inline constexpr auto kPowersOfTen = [] {
  std::array<uint64_t, 20> powers = {1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = 10 * powers[i - 1];
  return powers;
}();

// Those that a double holds exactly.
inline constexpr std::array<double, 23> kExactPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                             1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                             1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

inline uint64_t load(const char* text) noexcept {
  uint64_t word;
  std::memcpy(&word, text, sizeof(word));
  return word ^ kZeros;
}

/// The top bit of each byte that is not a digit, and possibly of bytes behind such a one.
inline uint64_t others(uint64_t word) noexcept {
  return ((word + 0x7676767676767676) | word) & 0x8080808080808080;
}

/// The first `count` (1 to 8) bytes of the word moved to its end, zeros before them.
inline uint64_t keep(uint64_t word, unsigned count) noexcept {
  return word << 8 * (8 - count);
}

/// The number that eight digits make: neighbours join to 4 pairs, 2 fours, 1 eight.
inline uint64_t value_of(uint64_t word) noexcept {
  word = (word * 10 + (word >> 8)) & 0x00FF00FF00FF00FF;
  word = (word * 100 + (word >> 16)) & 0x0000FFFF0000FFFF;
  return (word * 10000 + (word >> 32)) & 0x00000000FFFFFFFF;
}

/// Appends the digits at `text`, at most 8, to `mantissa`; returns how many.
inline unsigned take_digits(const char* text, uint64_t& mantissa) noexcept {
  const uint64_t word = load(text);
  const uint64_t stops = others(word);
  if (stops == 0) {
    mantissa = mantissa * kPowersOfTen[8] + value_of(word);
    return 8;
  }
  const auto count = static_cast<unsigned>(std::countr_zero(stops)) / 8;
  mantissa = mantissa * kPowersOfTen[count] + (count == 0 ? 0 : value_of(keep(word, count)));
  return count;
}

/// The number that the `count` (1 to 16) bytes at `text` make. False when one of them is not a digit.
inline bool take_all(const char* text, unsigned count, uint64_t& value) noexcept {
  if (count <= 8) {
    const uint64_t word = keep(load(text), count);
    value = value_of(word);
    return others(word) == 0;
  }
  const uint64_t high = keep(load(text), count - 8);
  const uint64_t low = load(text + count - 8);
  value = value_of(high) * kPowersOfTen[8] + value_of(low);
  return (others(high) | others(low)) == 0;
}

/// mantissa * 10^-decimals, correctly rounded. decimals <= 19.
inline double scale(uint64_t mantissa, unsigned decimals) noexcept {
  // Both are exact, so one division rounds once (Clinger 1990).
  if (mantissa <= uint64_t{1} << 53) {
    return static_cast<double>(static_cast<int64_t>(mantissa)) / kExactPowersOfTen[decimals];
  }
  // Eisel-Lemire (Lemire 2021), which always decides for powers of ten from -27 to 55.
  const auto parts =
      fast_float::compute_float<fast_float::binary_format<double>>(-static_cast<int64_t>(decimals), mantissa);
  return std::bit_cast<double>(parts.mantissa | static_cast<uint64_t>(parts.power2) << 52);
}

/// The commonest cell, at most eight digits and a point among them: one word without the point. False
/// when the cell is not that.
inline bool parse_short(const char* text, const char* last, char point, double& magnitude) noexcept {
  const auto length = static_cast<std::size_t>(last - text);
  if (length - 2 > 7) return false;  // 2 to 9 bytes
  const uint64_t word = load(text);
  const uint64_t stops = others(word);
  const unsigned whole = stops == 0 ? 8 : static_cast<unsigned>(std::countr_zero(stops)) / 8;
  if (whole == 0 || whole + 1 >= length || text[whole] != point) return false;
  // Bytes before the point from here, those behind it from one further on.
  const uint64_t before = whole == 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * whole) - 1;
  const auto digits = static_cast<unsigned>(length - 1);
  const uint64_t joined = keep((word & before) | (load(text + 1) & ~before), digits);
  magnitude = static_cast<double>(static_cast<int64_t>(value_of(joined))) / kExactPowersOfTen[digits - whole];
  return others(joined) == 0;
}

}  // namespace plain_number

/// True and the value when the whole of first .. last is a number of at most 19 digits without an exponent; else false,
/// which says nothing about the cell.
inline bool parse_plain_number(const char* first, const char* last, char point, double& value) noexcept {
  using namespace plain_number;
  const bool negative = *first == '-';
  const char* text = first + (negative ? 1 : 0);
  double magnitude;
  if (parse_short(text, last, point, magnitude)) {
    value = std::bit_cast<double>(std::bit_cast<uint64_t>(magnitude) | static_cast<uint64_t>(negative) << 63);
    return true;
  }
  uint64_t mantissa = 0;
  unsigned digits = take_digits(text, mantissa);
  if (digits == 8) digits += take_digits(text + 8, mantissa);
  text += digits;
  if (text == last) {
    if (digits == 0) return false;
    magnitude = static_cast<double>(static_cast<int64_t>(mantissa));  // below 10^16; signed is one instruction
  } else {
    const auto decimals = static_cast<std::size_t>(last - text - 1);
    if (*text != point || decimals - 1 >= 16 || digits + decimals > 19) return false;
    uint64_t fraction;
    if (!take_all(text + 1, static_cast<unsigned>(decimals), fraction)) return false;
    magnitude = scale(mantissa * kPowersOfTen[decimals] + fraction, static_cast<unsigned>(decimals));
  }
  value = std::bit_cast<double>(std::bit_cast<uint64_t>(magnitude) | static_cast<uint64_t>(negative) << 63);
  return true;
}

}  // namespace gradus::kernels
