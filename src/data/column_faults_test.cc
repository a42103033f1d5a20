#include "data/column_faults.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace gradus {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kRows = 60;

template <typename Body>
auto made(const Body& body) {
  std::vector<decltype(body(std::size_t{0}))> values;
  for (std::size_t i = 0; i < kRows; ++i) values.push_back(body(i));
  return values;
}

std::vector<uint32_t> all_rows() {
  std::vector<uint32_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

/// "kind" or "kind of NAME" of each fault, by column name.
std::vector<std::string> faults_of(const Table& table, const std::vector<uint32_t>& rows = all_rows()) {
  std::vector<int64_t> columns(static_cast<std::size_t>(table.columns()));
  std::iota(columns.begin(), columns.end(), 0);
  std::vector<std::string> texts;
  for (const ColumnFault& fault : column_faults(table, columns, rows)) {
    texts.push_back(fmt::format("{} {}", table.name(fault.column), name(fault.kind)));
    if (fault.original >= 0) texts.back() += " of " + table.name(fault.original);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(ColumnFaults, OrdinaryColumnsHaveNone) {
  Table table;
  table.add_column("fraction", made([](std::size_t i) { return static_cast<double>(i) + 0.5; }));  // unique, yet no id
  table.add_column("sparse_integers", made([](std::size_t i) { return static_cast<double>(i * i + 3); }));
  table.add_column("level", made([](std::size_t i) { return std::string(1, static_cast<char>('a' + i % 7)); }));
  table.add_column("almost_constant", made([](std::size_t i) { return i == 40 ? 1.0 : 0.0; }));
  table.add_column("constant_or_missing", made([](std::size_t i) { return i % 5 == 0 ? kMissing : 4.0; }));
  table.add_column("date", made([](std::size_t i) { return fmt::format("20{:02}-03-{:02}", i, i % 28 + 1); }));
  EXPECT_EQ(faults_of(table), Texts{});
}

TEST(ColumnFaults, ConstantAndEmptyColumns) {
  Table table;
  table.add_column("one", made([](std::size_t) { return 1.0; }));
  table.add_column("same", made([](std::size_t) { return std::string("x"); }));
  table.add_column("none", made([](std::size_t) { return kMissing; }));
  table.add_column("no_text", made([](std::size_t) { return std::string(); }));
  EXPECT_EQ(faults_of(table), (Texts{"one constant", "same constant", "none all_missing", "no_text all_missing"}));
}

TEST(ColumnFaults, CopiesOfEarlierColumns) {
  const auto number = made([](std::size_t i) { return i % 6 == 0 ? kMissing : std::sin(static_cast<double>(i)); });
  const auto text = made([](std::size_t i) { return std::string(i % 9 == 0 ? "" : i % 2 == 0 ? "a" : "b"); });
  auto other = number;
  other[kRows - 1] += 1e-9;
  auto elsewhere_missing = number;
  elsewhere_missing[1] = kMissing;
  Table table;
  table.add_column("n", number);
  table.add_column("t", text);
  table.add_column("n2", number);
  table.add_column("nearly", other);
  table.add_column("holes", elsewhere_missing);
  table.add_column("t2", text);
  table.add_column("n3", number);
  EXPECT_EQ(faults_of(table), (Texts{"n2 duplicate of n", "t2 duplicate of t", "n3 duplicate of n"}));
}

TEST(ColumnFaults, TextsOfTheirOwnInEveryRow) {
  Table table;
  table.add_column("id", made([](std::size_t i) { return fmt::format("u{}", i * 37 % 101); }));
  table.add_column("nearly", made([](std::size_t i) { return fmt::format("u{}", i == 5 ? 4 : i); }));
  table.add_column("pairs", made([](std::size_t i) { return fmt::format("u{}", i / 2); }));
  table.add_column("often_missing", made([](std::size_t i) { return i % 4 == 0 ? "" : fmt::format("u{}", i); }));
  EXPECT_EQ(faults_of(table), (Texts{"id unique_text", "nearly unique_text"}));
}

TEST(ColumnFaults, RowNumbersInAndOutOfOrder) {
  Table table;
  table.add_column("up", made([](std::size_t i) { return static_cast<double>(i + 1); }));
  table.add_column("down", made([](std::size_t i) { return 9000.0 - 5.0 * static_cast<double>(i); }));
  table.add_column("shuffled", made([](std::size_t i) { return static_cast<double>(i * 37 % kRows + 7); }));
  table.add_column("two_alike", made([](std::size_t i) { return static_cast<double>(i == 9 ? 3 : i); }));
  table.add_column("years", made([](std::size_t i) { return 1990.0 + static_cast<double>(i / 3); }));
  table.add_column("halves", made([](std::size_t i) { return 0.5 * static_cast<double>(i); }));
  EXPECT_EQ(faults_of(table), (Texts{"up row_number", "down row_number", "shuffled shuffled_row_number"}));
}

TEST(ColumnFaults, OnlyTheGivenRowsAreLookedAt) {
  std::vector<uint32_t> training;
  for (const uint32_t row : all_rows())
    if (row % 10 != 3) training.push_back(row);
  Table table;
  table.add_column("number", made([](std::size_t i) { return static_cast<double>(i + 1); }));
  table.add_column("constant", made([](std::size_t i) { return i % 10 == 3 ? 1.0 : 0.0; }));
  table.add_column("text", made([](std::size_t i) { return std::string(i % 10 == 3 ? "z" : i % 2 == 0 ? "x" : "y"); }));
  table.add_column("copy", made([](std::size_t i) { return std::string(i % 2 == 0 ? "x" : "y"); }));
  EXPECT_EQ(faults_of(table, training), (Texts{"number row_number", "constant constant", "copy duplicate of text"}));
  EXPECT_EQ(faults_of(table), Texts{"number row_number"});
}

TEST(ColumnFaults, FewRowsMakeNoIds) {
  std::vector<uint32_t> few(kFewestRowsOfId - 1);
  std::iota(few.begin(), few.end(), 0u);
  Table table;
  table.add_column("text", made([](std::size_t i) { return fmt::format("u{}", i); }));
  table.add_column("number", made([](std::size_t i) { return static_cast<double>(i); }));
  EXPECT_EQ(faults_of(table, few), Texts{});
  EXPECT_EQ(faults_of(table, {4}), Texts{});
}

}  // namespace
}  // namespace gradus
