#include "gradus/table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "data/fingerprint.h"
#include "data/table_data.h"
#include "data/test_csv.h"

namespace gradus {
namespace {

using ::testing::HasSubstr;

std::vector<double> counted(std::size_t rows) {
  std::vector<double> values(rows);
  for (std::size_t i = 0; i < rows; ++i) values[i] = static_cast<double>(i) + 0.1;
  return values;
}

TEST(Table, KeepsNumbersAndText) {
  Table table;
  table.add_column("x", std::vector<double>{0.1, std::nan(""), -3.0});
  table.add_column("city", std::vector<std::string>{"Paris", "", "Rome"});
  EXPECT_EQ(table.rows(), 3);
  EXPECT_EQ(table.columns(), 2);
  EXPECT_EQ(table.name(1), "city");
  EXPECT_EQ(table.kind(0), ColumnKind::numeric);
  EXPECT_EQ(table.kind(1), ColumnKind::text);
  EXPECT_EQ(table.find("city"), 1);
  EXPECT_EQ(table.find("town"), std::nullopt);
  EXPECT_EQ(table.number(0, 0), 0.1);
  EXPECT_TRUE(table.missing(1, 0));
  EXPECT_FALSE(table.missing(2, 0));
  EXPECT_EQ(table.text(0, 1), "Paris");
  EXPECT_TRUE(table.missing(1, 1));
  EXPECT_EQ(table.text(1, 1), "");
  EXPECT_EQ(table.source(), "");
}

TEST(Table, CopiesShareCellsButNotColumns) {
  Table table;
  table.add_column("x", counted(10000));
  Table copy = table;
  copy.add_column("y", counted(10000));
  EXPECT_EQ(table.columns(), 1);
  EXPECT_EQ(copy.columns(), 2);
  EXPECT_EQ(copy.number(9999, 1), 9999.1);
  EXPECT_EQ(table.data().doubles(0, 0).data(), copy.data().doubles(0, 0).data());
}

TEST(Table, RefusesUnequalLengthsAndTakenNames) {
  Table table;
  table.add_column("x", counted(3));
  EXPECT_EQ(error_of([&] { table.add_column("y", counted(2)); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { table.add_column("x", counted(3)); }).code(), ErrorCode::usage);
  EXPECT_THAT(error_of([&] { table.text(0, 0); }).what(), HasSubstr("column \"x\": found numeric, expected text"));
}

TEST(Table, GivesBlocksBackWithoutTouchingCopies) {
  Table table;
  table.add_column("x", counted(10000));
  Table own = detached(table);
  own.data().release_block(0);
  own.data().release_block(1);
  EXPECT_EQ(table.number(0, 0), 0.1);
  EXPECT_EQ(own.number(9999, 0), 9999.1);
  EXPECT_EQ(own.data().rows_in_block(2), 10000 - 2 * kBlockRows);
}

int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

TEST(Table, ReleasedBlocksGoBackToTheSystem) {
  std::string text = "a,b,c,d,e,f,g,h\n";
  for (int i = 0; i < 200000; ++i) text += "1,2,3,4,5,6,7,8\n";
  Table table = detached(table_of(text));
  const int64_t before = resident_bytes();
  for (int64_t i = 0; i < table.data().block_count(); ++i) table.data().release_block(i);
  EXPECT_LT(resident_bytes(), before - 200000 * 8 * 4 * 9 / 10);
}

TEST(Fingerprint, IsOfContentNotOfSpelling) {
  const std::string sum = fingerprint(table_of("a,b\n1,x\n2.5,\n,y\n"));
  EXPECT_EQ(sum.size(), 64U);
  EXPECT_EQ(fingerprint(table_of("a,b\r\n1,x\r\n2.5,\r\n,y\r\n")), sum);
  EXPECT_EQ(fingerprint(table_of("\"a\",b\n\n1.0,\"x\"\n25e-1,NA\nnull,y")), sum);
  EXPECT_EQ(fingerprint(table_of("a,b\n+1,x\n2.5,\n-inf,y\n")), sum);
}

TEST(Fingerprint, ChangesWithEveryPartOfTheContent) {
  const std::string sum = fingerprint(table_of("a,b\n1,x\n2,y\n"));
  for (const char* text :
       {"a,c\n1,x\n2,y\n", "a,b\n1,x\n3,y\n", "a,b\n1,x\n2,x\n", "a,b\n2,y\n1,x\n", "b,a\nx,1\ny,2\n", "a,b\n1,x\n,y\n",
        "a,b\n1,x\n2,\n", "a,b\n1,x\n2,y\n2,y\n", "a,b\n1,xy\n2,\n"}) {
    EXPECT_NE(fingerprint(table_of(text)), sum) << text;
  }
}

TEST(Fingerprint, DoesNotDependOnBlocks) {
  // Enough columns for blocks shorter than those of a table built in memory.
  CsvOptions options;
  options.float64 = true;
  std::string text;
  Table built;
  for (int c = 0; c < 600; ++c) text += fmt::format("c{}", c) + (c < 599 ? "," : "\n");
  std::vector<double> values(3000);
  for (int r = 0; r < 3000; ++r) {
    for (int c = 0; c < 600; ++c) text += std::to_string(r) + (c < 599 ? "," : "\n");
    values[static_cast<std::size_t>(r)] = r;
  }
  for (int c = 0; c < 600; ++c) built.add_column(fmt::format("c{}", c), values);
  const Table read = table_of(text, options);
  EXPECT_NE(read.data().block_rows, built.data().block_rows);
  EXPECT_EQ(fingerprint(read), fingerprint(built));
}

}  // namespace
}  // namespace gradus
