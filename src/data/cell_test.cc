#include "data/cell.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <random>

#include "kernels/plain_number.h"

namespace gradus {
namespace {

CellClass class_of(std::string_view cell, const CsvOptions& options = {}) {
  return CellParser(options).parse(cell).what;
}

double number(std::string_view cell, const CsvOptions& options = {}) {
  return CellParser(options).parse_number(cell).value_or(std::nan(""));
}

TEST(CellParser, ReadsNumbersInTheirUsualSpellings) {
  EXPECT_EQ(number("12"), 12.0);
  EXPECT_EQ(number("-0.5"), -0.5);
  EXPECT_EQ(number("+1"), 1.0);
  EXPECT_EQ(number(".5"), 0.5);
  EXPECT_EQ(number("5."), 5.0);
  EXPECT_EQ(number("1e3"), 1000.0);
  EXPECT_EQ(number("-1.5E-03"), -0.0015);
  EXPECT_EQ(number("  7\t"), 7.0);
  EXPECT_EQ(number("007"), 7.0);
  EXPECT_EQ(number("0.1"), 0.1);
  EXPECT_EQ(number("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(number("5e-324"), 5e-324);
  EXPECT_EQ(number("0e-999"), 0.0);
}

TEST(CellParser, RefusesWhatOnlyLooksLikeANumber) {
  for (const char* cell : {"12abc",
                           "1_000",
                           "$5",
                           "0x1F",
                           "1,5",
                           "1 2",
                           "+-1",
                           "--1",
                           "++1",
                           "+",
                           "-",
                           ".",
                           "e5",
                           "1e",
                           "1e+",
                           "\xC2\xA0"
                           "1",
                           "1%",
                           "(1)",
                           "1d5",
                           "true"}) {
    EXPECT_EQ(class_of(cell), CellClass::other) << cell;
  }
}

TEST(CellParser, TellsNumbersBeyondDouble) {
  EXPECT_EQ(class_of("1e400"), CellClass::overflow);
  EXPECT_EQ(class_of("-1e400"), CellClass::overflow);
  EXPECT_EQ(class_of("1e-400"), CellClass::underflow);
  EXPECT_EQ(class_of("-0.00001e-400"), CellClass::underflow);
  EXPECT_EQ(class_of("1.7976931348623157e308"), CellClass::number);
}

TEST(CellParser, TellsInfinitiesAndOtherNaNs) {
  for (const char* cell : {"inf", "-inf", "+inf", "INF", "infinity", "-Infinity", "NAN", "-nan"}) {
    EXPECT_EQ(class_of(cell), CellClass::not_finite) << cell;
    EXPECT_TRUE(std::isnan(CellParser({}).parse(cell).value));
  }
}

TEST(CellParser, KnowsMissingCells) {
  for (const char* cell : {"", " ", "\t", "NA", " NA ", "N/A", "NaN", "nan", "null", "None", "?"}) {
    EXPECT_EQ(class_of(cell), CellClass::missing) << cell;
    EXPECT_TRUE(CellParser({}).is_missing(cell)) << cell;
  }
  EXPECT_FALSE(CellParser({}).is_missing("na"));
  CsvOptions options;
  options.missing = {"-999", " . "};
  EXPECT_EQ(class_of("-999", options), CellClass::missing);
  EXPECT_EQ(class_of(".", options), CellClass::missing);
  EXPECT_EQ(class_of("", options), CellClass::missing);
  EXPECT_EQ(class_of("NA", options), CellClass::other);
  EXPECT_TRUE(CellParser(options).numbers_may_be_missing());
  EXPECT_FALSE(CellParser({}).numbers_may_be_missing());
}

TEST(CellParser, ReadsDecimalCommas) {
  CsvOptions options;
  options.decimal_comma = true;
  EXPECT_EQ(number("1,5", options), 1.5);
  EXPECT_EQ(number("-1,5e2", options), -150.0);
  EXPECT_EQ(class_of("1.5", options), CellClass::other);
}

TEST(CellParser, IgnoresTheLocale) {
  const char* const old = std::setlocale(LC_ALL, nullptr);
  const std::string saved = old;
  for (const char* locale : {"de_DE.UTF-8", "fr_FR.UTF-8", "C"}) {
    std::setlocale(LC_ALL, locale);  // absent ones leave the locale as it was
    EXPECT_EQ(number("1.5"), 1.5);
    EXPECT_EQ(class_of("1,5"), CellClass::other);
  }
  std::setlocale(LC_ALL, saved.c_str());
}

// The fast path on a cell with what may stand behind it in a buffer.
std::optional<double> plain(const std::string& cell, const std::string& after = ",") {
  const std::string buffer = cell + after + std::string(kernels::kPlainNumberSlack, '\0');
  double value = 0.0;
  if (!kernels::parse_plain_number(buffer.data(), buffer.data() + cell.size(), '.', value)) return std::nullopt;
  return value;
}

TEST(PlainNumber, LeavesOtherSpellingsToTheParser) {
  for (const char* cell : {"", "-", ".", "-.", "1e5", "+1", " 1", "1 ", "1.2.3", "abc", "1a", "1.5x", "12345678a",
                           "123456789012345678901", "0.12345678901234567890", "5.", "--1", "1-"}) {
    EXPECT_EQ(plain(cell), std::nullopt) << cell;
  }
}

TEST(PlainNumber, EndsWithItsCell) {
  // Digits or a point behind the cell belong to another one: the answer is the cell's number or none.
  for (const char* after : {"5", ".5", "x", "\n", "\0"}) {
    for (const char* cell : {"1", "12345678", "1.5", "1.12345678", "-0.25", "123.4567890123"}) {
      const auto value = plain(cell, after);
      EXPECT_EQ(value.value_or(std::strtod(cell, nullptr)), std::strtod(cell, nullptr)) << cell << after;
    }
  }
  EXPECT_EQ(plain("1.5", "7"), 1.5);
}

TEST(PlainNumber, GivesTheBitsOfTheFullParser) {
  const CellParser parser({});
  std::mt19937_64 random(3);
  int taken = 0;
  for (int trial = 0; trial < 300000; ++trial) {
    // Any count of digits on either side of the point, with leading and trailing zeros now and then.
    std::string cell = random() % 2 == 0 ? "-" : "";
    const std::size_t whole = random() % 14;
    const std::size_t decimals = random() % 18;
    const auto digit = [&] { return static_cast<char>('0' + (random() % 4 == 0 ? 0 : random() % 10)); };
    for (std::size_t i = 0; i < whole; ++i) cell += digit();
    if (decimals > 0) cell += '.';
    for (std::size_t i = 0; i < decimals; ++i) cell += digit();
    const auto value = plain(cell);
    if (!value) continue;
    ++taken;
    ASSERT_EQ(std::bit_cast<uint64_t>(*value), std::bit_cast<uint64_t>(*parser.parse_number(cell))) << cell;
  }
  EXPECT_GT(taken, 150000);
}

TEST(PlainNumber, ReadsBackEveryDouble) {
  std::mt19937_64 random(4);
  for (int trial = 0; trial < 100000; ++trial) {
    const double value = static_cast<double>(static_cast<int64_t>(random())) * 0x1p-60;
    const std::string cell = fmt::format("{:.17g}", value);
    ASSERT_EQ(CellParser({}).parse_number(cell), value) << cell;
    ASSERT_EQ(plain(cell).value_or(value), value) << cell;
  }
}

}  // namespace
}  // namespace gradus
