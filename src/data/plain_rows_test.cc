// Rows that are read many at once must be what they are one by one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "data/csv_reader.h"
#include "data/fingerprint.h"
#include "data/test_csv.h"

namespace gradus {
namespace {

/// As rows_of, with next_rows wherever it offers some.
Rows rows_in_runs(std::string_view text, std::size_t columns, std::size_t step, std::size_t most,
                  std::size_t& in_runs) {
  const auto source = memory_source(text, step, "test.csv");
  CsvReader reader(*source, ',', 64);  // grows with the longest row only
  Rows rows;
  for (;;) {
    const std::size_t count = reader.next_rows(columns, most);
    EXPECT_LE(count, most);
    in_runs += count;
    if (count == 0 && !reader.next()) return rows;
    for (std::size_t row = 0; row < std::max<std::size_t>(count, 1); ++row) {
      rows.emplace_back();
      const std::size_t fields = count > 0 ? columns : reader.fields().size();
      for (std::size_t field = 0; field < fields; ++field) rows.back().emplace_back(reader.cell(row, field));
      rows.back().push_back(fmt::format("line {}", reader.place(row, 0).line));
      for (std::size_t field = 0; field < fields; ++field)
        rows.back().push_back(fmt::format("{}", reader.place(row, field).column));
    }
  }
}

const std::string kTexts[] = {
    "1,2\n3,4\n5,6\n7,8\n9,10\n11,12\n13,14\n15,16\n17,18",
    "1,2\r\n3,4\r\n5,6\r\n7,8\r\n9,10\r\n11,12\r\n13,14\r\n15,16\r\n17,18\r\n",
    "1,2\r3,4\r5,6\r7,8\r9,10\r11,12\r13,14\r15,16\r",
    "1,2\n3,4\r\n5,6\r7,8\n\n9,10\r\n\r\n11,12\n\r13,14\n15,16\n17,18\r\n",
    "1,2\n\"3\",4\n5,\"6\n7\"\n8,9\n10,\"1\"\"1\"\n12,13\n14,15\n16,17\n18,19\n",
    "1,2\n3,4,5\n6\n7,8\n,\n,,\n9,10\n11,12\n13,14\n15,16\n",
    "\xEF\xBB\xBF"
    "1,2\n3,4\n5,\xC3\xA9\n7,8\n\xE2\x82\xAC,9\n10,11\n12,13\n14,15\n",
};

TEST(PlainRows, AreTheRowsOneByOne) {
  std::size_t in_runs = 0;
  for (const std::string& once : kTexts) {
    // Runs start some bytes into the buffer.
    const std::string text = once + once + once + once;
    std::size_t none = 0;
    // Wanting more columns than a row can have leaves every row to next().
    const Rows expected = rows_in_runs(text, 100, 1 << 20, 1, none);
    EXPECT_EQ(none, 0U);
    for (std::size_t step = 1; step <= text.size(); ++step) {
      for (const std::size_t most : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{64}}) {
        EXPECT_EQ(rows_in_runs(text, 2, step, most, in_runs), expected) << text << " step " << step;
      }
    }
  }
  EXPECT_GT(in_runs, 1000U) << "no runs were tried";
}

TEST(PlainRows, OfOneColumnSkipBlankLines) {
  std::size_t in_runs = 0;
  const std::string text = "111111111111111\n222222222222222\n\n333\n\r\n\n4444\n\"\"\n5\n6\n7\n8\n9\n";
  std::size_t none = 0;
  const Rows expected = rows_in_runs(text, 100, 1 << 20, 1, none);
  for (std::size_t step = 1; step <= text.size(); ++step)
    EXPECT_EQ(rows_in_runs(text, 1, step, 64, in_runs), expected) << step;
  EXPECT_GT(in_runs, 50U);
}

// Cells of every form that counts as a number, by their value.
const std::vector<std::string> kNumbers = {"1",
                                           "+1",
                                           "-1",
                                           "-0",
                                           "0",
                                           ".5",
                                           "5.",
                                           "-.5",
                                           "+.5",
                                           "007",
                                           "1e5",
                                           "1E-5",
                                           "-1.5e+10",
                                           " 1.5 ",
                                           "\t2",
                                           "12345678",
                                           "0.1",
                                           "1e22",
                                           "1e23",
                                           "1.7e308",
                                           "4.9e-324",
                                           "123456789012345678901234567890",
                                           "0.000000000000000000000000000001",
                                           "9007199254740993",
                                           "3.141592653589793238462643383279",
                                           "-10.123456789012345",
                                           "2.2250738585072014e-308",
                                           "0000000000000000000000000000001.5",
                                           "1.00000000000000011102230246251565"};

TEST(PlainRows, GiveTheNumbersOfTheirCells) {
  std::mt19937 random(2);
  for (const char* end : {"\n", "\r\n", "\r"}) {
    std::vector<std::string> cells;
    std::string text = std::string("a,b,c") + end;
    for (int row = 0; row < 700; ++row) {
      for (int column = 0; column < 3; ++column) {
        const std::string& cell = kNumbers[random() % kNumbers.size()];
        cells.push_back(cell);
        const bool quoted = random() % 200 == 0;
        text += (quoted ? '"' + cell + '"' : cell) + (column < 2 ? "," : "");
      }
      if (row < 699) text += end;
    }
    CsvOptions options;
    options.float64 = true;
    const Table table = table_of(text, options);
    ASSERT_EQ(table.rows(), 700);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const double found = table.number(static_cast<int64_t>(i) / 3, static_cast<int64_t>(i) % 3);
      ASSERT_EQ(std::bit_cast<uint64_t>(found), std::bit_cast<uint64_t>(std::strtod(cells[i].c_str(), nullptr)))
          << cells[i] << " in row " << i / 3;
    }
  }
}

TEST(PlainRows, GiveOneTableForAnyEndOfTheBuffer) {
  std::mt19937 random(6);
  std::string text = "number,text,gaps,late\n";
  for (int row = 0; row < 60; ++row) {
    text += fmt::format("{},{},{},{}{}", row * 0.37, row % 5 == 0 ? "\"a,\nb\"" : (row % 3 == 0 ? "x" : "yy"),
                        row % 4 == 0 ? "NA" : kNumbers[random() % kNumbers.size()], row < 40 ? "" : "late",
                        row % 7 == 0 ? "\r\n" : "\n");
  }
  const std::string expected = fingerprint(table_of(text));
  for (std::size_t step = 1; step <= 300; ++step) EXPECT_EQ(fingerprint(table_of(text, {}, step)), expected) << step;
}

TEST(PlainRows, CiteTheFirstFaultOfTheFile) {
  CsvOptions options;
  options.numeric = {"a", "b", "c"};
  std::string head = "a,b,c\n";
  for (int row = 0; row < 20; ++row) head += "1,2,3\n";
  // In an earlier column below, in a later column of the same row, and a row of the wrong width behind.
  EXPECT_EQ(table_error(head + "1,x,3\ny,2,3\n", options).substr(0, 14), "test.csv:22:3:");
  EXPECT_EQ(table_error(head + "1,x,y\n1,2,3\n", options).substr(0, 14), "test.csv:22:3:");
  EXPECT_EQ(table_error(head + "1,2,zz\nx,2,3\n1,y,3\n", options).substr(0, 14), "test.csv:22:5:");
  EXPECT_EQ(table_error(head + "1,2,3\n1,x,3\n1,2\n", options).substr(0, 14), "test.csv:23:3:");
  EXPECT_EQ(table_error(head + "1,2,3\n1,2\n1,x,3\n", options).substr(0, 14), "test.csv:23:4:");
  EXPECT_EQ(table_error(head + "1,1e999,3\n1,2,x\n", options).substr(0, 14), "test.csv:22:3:");
  EXPECT_EQ(table_error(head + "1,2,3\n1,\"2\"x,3\n", options).substr(0, 14), "test.csv:23:6:");
}

TEST(PlainRows, WarnOfTheFirstCell) {
  std::string text = "a,b\n";
  for (int row = 0; row < 300; ++row) text += row == 30 || row == 290 ? "inf,2\n" : "1,1e-999\n";
  const std::vector<std::string> warnings = warnings_of(text);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_NE(warnings[0].find("2 cells not finite (the first is \"inf\" in line 32)"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[1].find("298 cells too small for float64 (the first is \"1e-999\" in line 2)"), std::string::npos)
      << warnings[1];
}

TEST(PlainRows, TurnAColumnToTextWhereItsFirstValueSaysSo) {
  std::string text = "a,b\n";
  for (int row = 0; row < 500; ++row) text += fmt::format("{},{}\n", row < 77 ? "" : (row % 2 == 0 ? "x" : "12"), row);
  const Table table = table_of(text);
  EXPECT_EQ(table.kind(0), ColumnKind::text);
  for (int64_t row = 0; row < 500; ++row) {
    EXPECT_EQ(table.text(row, 0), row < 77 ? "" : (row % 2 == 0 ? "x" : "12")) << row;
    EXPECT_EQ(table.number(row, 1), static_cast<double>(row));
  }
}

TEST(PlainRows, HeedNumbersThatMeanMissing) {
  CsvOptions options;
  options.missing = {"-999"};
  std::string text = "a,b\n";
  for (int row = 0; row < 100; ++row) text += row % 3 == 0 ? "-999,1\n" : "1,-999\n";
  const Table table = table_of(text, options);
  for (int64_t row = 0; row < 100; ++row) EXPECT_EQ(table.missing(row, 0), row % 3 == 0) << row;
}

}  // namespace
}  // namespace gradus
