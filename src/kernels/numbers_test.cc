#include "kernels/numbers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "kernels/naive.h"
#include "kernels/plain_number.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

using Cells = std::vector<std::string>;

/// The cells as a text of rows of `columns`, and what parse_numbers says of each.
class Grid {
 public:
  explicit Grid(const Cells& cells, std::size_t columns = 1, char before = '9')
      : columns_(columns), text_(kBytesBeforeEnd, before), marks_(1, static_cast<uint32_t>(kBytesBeforeEnd) - 1) {
    for (const std::string& cell : cells) {
      text_ += cell;
      marks_.push_back(static_cast<uint32_t>(text_.size()));
      text_ += ',';
    }
    text_ += std::string(kBytesBehindEnd, '7');
  }

  std::vector<std::optional<double>> parse(std::size_t column = 0, char point = '.') const {
    const std::size_t rows = (marks_.size() - 1) / columns_;
    std::vector<double> values(rows + kNumbersAtOnce);
    std::vector<uint64_t> left(rows / kCellsInWord + 2, 0xABCD);
    parse_numbers({text_.data(), marks_.data() + 1, columns_}, column, rows, point, values.data(), left.data());
    EXPECT_EQ(left[(rows + kCellsInWord - 1) / kCellsInWord], 0xABCDU) << "written beyond the last word";
    std::vector<std::optional<double>> found;
    for (std::size_t i = 0; i < rows; ++i) {
      const bool taken = (left[i / kCellsInWord] >> i % kCellsInWord & 1) == 0;
      found.push_back(taken ? std::optional(values[i]) : std::nullopt);
    }
    return found;
  }

 private:
  std::size_t columns_;
  std::string text_;
  std::vector<uint32_t> marks_;
};

uint64_t bits(double value) {
  return std::bit_cast<uint64_t>(value);
}

/// Every cell taken has its naive value; returns how many are.
std::size_t count_taken(const Cells& cells, char before = '9') {
  std::size_t taken = 0;
  const auto found = Grid(cells, 1, before).parse();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!found[i]) continue;
    ++taken;
    const auto expected = naive::plain_number(cells[i], '.');
    EXPECT_TRUE(expected.has_value()) << cells[i];
    EXPECT_EQ(bits(*found[i]), bits(expected.value_or(0.0))) << cells[i] << " read as " << *found[i];
  }
  return taken;
}

TEST(ParseNumbers, TakesWhatIsANumberAndNothingElse) {
  const Cells numbers = {"0", "-0", "7", "007", "1.5", "-1.5", "0.123456", "-12.345678", "12345678", "1234567.8"};
  const Cells others = {"",
                        "-",
                        ".",
                        "-.",
                        "--1",
                        "1-",
                        "1-2",
                        "+1",
                        "1.2.3",
                        "1..2",
                        "-.-5",
                        "abc",
                        "12a",
                        "a1",
                        "1e5",
                        "1.5x",
                        "x.5",
                        "1 2",
                        " 1",
                        "1 ",
                        "1,5",
                        "0x1F",
                        "/",
                        ":",
                        "0/",
                        "1:2",
                        "\xB1",
                        "\x7F",
                        "1\t",
                        "nan",
                        "-inf",
                        "NA",
                        "1_000",
                        "123456789012345678901234567890",
                        "1234567890123456789012345678901234567890.5"};
  on_every_target([&] {
    EXPECT_EQ(count_taken(numbers), numbers.size());
    EXPECT_EQ(count_taken(others), 0U);
    // What stands before and behind a cell is none of its business.
    for (const char before : {'-', '.', '5', ',', '\n', '"', '\0', '\xFF'}) {
      EXPECT_EQ(count_taken(numbers, before), numbers.size());
      EXPECT_EQ(count_taken(others, before), 0U);
    }
  });
}

TEST(ParseNumbers, EachCellByItsOwnForm) {
  // All lengths up to beyond three words, the point and the minus at every place of them.
  Cells cells;
  for (std::size_t length = 1; length <= 30; ++length) {
    for (std::size_t point = 0; point <= length; ++point) {
      std::string digits;
      for (std::size_t i = 0; i < length; ++i) digits += static_cast<char>('1' + (i * 7 + point) % 9);
      if (point < length) digits[point] = '.';
      cells.push_back(digits);
      cells.push_back("-" + digits);
      for (std::size_t i = 0; i < length; i += 5) {
        std::string broken = digits;
        broken[i] = '-';
        cells.push_back(broken);
        broken[i] = '.';
        cells.push_back(broken);
      }
    }
  }
  std::mt19937 random(7);
  on_every_target([&] {
    std::shuffle(cells.begin(), cells.end(), random);
    const std::size_t taken = count_taken(cells);
    EXPECT_GT(taken, 500U);
    // Short columns go another way than those with long cells among them.
    Cells short_cells;
    for (const std::string& cell : cells)
      if (cell.size() <= 16) short_cells.push_back(cell);
    EXPECT_GT(count_taken(short_cells), 400U);
  });
}

TEST(ParseNumbers, FindsEachCellOfAColumnForAnyCountOfRows) {
  on_every_target([] {
    for (std::size_t rows = 1; rows <= 140; ++rows) {
      constexpr std::size_t kColumns = 3;
      Cells cells;
      for (std::size_t i = 0; i < rows * kColumns; ++i)
        cells.push_back(i % 11 == 5 ? "x" : fmt::format("{}.{}", i % 100, i));
      const Grid grid(cells, kColumns);
      for (std::size_t column = 0; column < kColumns; ++column) {
        const auto found = grid.parse(column);
        for (std::size_t row = 0; row < rows; ++row)
          EXPECT_EQ(found[row], naive::plain_number(cells[row * kColumns + column], '.')) << rows << " " << row;
      }
    }
  });
}

TEST(ParseNumbers, RoundsCorrectly) {
  // Halfway between two doubles, and a last digit beside it: the cases that a sum of two roundings gets wrong.
  const Cells cells = {"9007199254740993",
                       "9007199254740992.9",
                       "9007199254740993.1",
                       "9007199254740995",
                       "9007199254740994.99",
                       "0.500000000000000055511",
                       "0.50000000000000005551",
                       "1.00000000000000011102",
                       "1.0000000000000001110",
                       "4503599627370496.5",
                       "4503599627370497.5",
                       "4503599627370497.49999",
                       "9999999999999999",
                       "99999999999999999",
                       "0.3",
                       "0.1",
                       "123456789.1234567",
                       "72057594037927945",
                       "72057594037927944",
                       "5708990770823839.524",
                       "18446744073709551615"};
  on_every_target([&] {
    EXPECT_GE(count_taken(cells), 10U);
    for (const std::string& cell : cells) count_taken({cell});
  });
}

TEST(ParseNumbers, ReadsBackWhatWasWritten) {
  on_every_target([] {
    std::mt19937_64 random(4);
    for (const char* format : {"{:.6f}", "{:.17g}", "{:.15f}", "{:.0f}", "{:.3f}", "{:.16g}"}) {
      Cells cells;
      for (int i = 0; i < 20000; ++i) {
        const double value = static_cast<double>(static_cast<int64_t>(random())) * 0x1p-60;
        cells.push_back(fmt::format(fmt::runtime(format), value));
      }
      EXPECT_GT(count_taken(cells), 17000U) << format;
    }
  });
}

TEST(ParseNumbers, AnyDigitsGiveTheNaiveBits) {
  on_every_target([] {
    std::mt19937_64 random(3);
    Cells cells;
    for (int trial = 0; trial < 60000; ++trial) {
      std::string cell = random() % 2 == 0 ? "-" : "";
      const std::size_t whole = random() % 14;
      const std::size_t decimals = random() % 18;
      const auto digit = [&] { return static_cast<char>('0' + (random() % 4 == 0 ? 0 : random() % 10)); };
      for (std::size_t i = 0; i < whole; ++i) cell += digit();
      if (decimals > 0 || random() % 4 == 0) cell += '.';
      for (std::size_t i = 0; i < decimals; ++i) cell += digit();
      cells.push_back(cell);
    }
    EXPECT_GT(count_taken(cells), 30000U);
  });
}

TEST(ParseNumbers, AnyBytesGiveTheNaiveAnswer) {
  on_every_target([] {
    std::mt19937_64 random(9);
    Cells cells;
    for (int trial = 0; trial < 40000; ++trial) {
      std::string cell;
      const std::size_t length = random() % 27;
      const auto share = random() % 40 + 1;
      for (std::size_t i = 0; i < length; ++i)
        cell +=
            random() % share == 0 ? static_cast<char>(random()) : "0123456789.-"[random() % 12 * (random() % 9 == 0)];
      cells.push_back(cell);
    }
    EXPECT_GT(count_taken(cells), 5000U);
  });
}

TEST(ParseNumbers, KnowsTheDecimalComma) {
  on_every_target([] {
    const auto found = Grid({"1,5", "1.5", "-,25", "12345678,125"}).parse(0, ',');
    // The grid's own marks say where a cell ends, so a comma may stand in it.
    EXPECT_EQ(found[0], 1.5);
    EXPECT_EQ(found[1], std::nullopt);
    EXPECT_EQ(found[2].value_or(-0.25), -0.25);
    EXPECT_EQ(found[3], 12345678.125);
  });
}

}  // namespace
}  // namespace gradus::kernels
