#include "data/read_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "data/fingerprint.h"
#include "data/table_data.h"
#include "data/test_csv.h"

namespace gradus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string column_of(const std::vector<std::string>& cells) {
  std::string text = "a,b\n";
  for (const std::string& cell : cells) text += cell + ",1\n";
  return text;
}

/// `count` cells of `cell`, then `others`.
std::vector<std::string> cells(std::size_t count, const std::string& cell,
                               const std::vector<std::string>& others = {}) {
  std::vector<std::string> list(count, cell);
  list.insert(list.end(), others.begin(), others.end());
  return list;
}

TEST(ReadCsv, FindsKindsAndCells) {
  const Table table = table_of("age,city,score\n31,Paris,1.5\n,Rome,NA\n40,?,-2e3\n");
  EXPECT_EQ(table.rows(), 3);
  EXPECT_EQ(table.source(), "test.csv");
  EXPECT_EQ(table.kind(0), ColumnKind::numeric);
  EXPECT_EQ(table.kind(1), ColumnKind::text);
  EXPECT_EQ(table.number(0, 0), 31.0);
  EXPECT_TRUE(table.missing(1, 0));
  EXPECT_EQ(table.text(1, 1), "Rome");
  EXPECT_TRUE(table.missing(2, 1));
  EXPECT_EQ(table.number(2, 2), -2000.0);
  EXPECT_TRUE(table.missing(1, 2));
  EXPECT_FALSE(table.data().columns[2].wide);
}

TEST(ReadCsv, GivesTheSameTableForAnyReadSize) {
  const std::string text = "a,b,c\n1,\"x\ny\",2.25\r\n3,\"\"\"q\"\"\",-7\n\n5,z,\n";
  for (std::size_t step = 1; step < text.size(); ++step) {
    const Table table = table_of(text, {}, step);
    ASSERT_EQ(table.rows(), 3);
    EXPECT_EQ(table.text(0, 1), "x\ny");
    EXPECT_EQ(table.text(1, 1), "\"q\"");
    EXPECT_EQ(table.number(1, 2), -7.0);
    EXPECT_TRUE(table.missing(2, 2));
  }
}

TEST(ReadCsv, CitesTheFirstCellThatIsNotANumber) {
  EXPECT_EQ(
      table_error(column_of(cells(199, "1.5", {"abc"}))),
      "test.csv:201:1: column \"a\": found \"abc\", expected a number as in 199 of 200 rows (--categorical \"a\" to "
      "read the column as text, --missing \"abc\" to read such cells as missing)");
  EXPECT_THAT(table_error(column_of(cells(99, "7", {"x"}))), HasSubstr("test.csv:101:1"));
  EXPECT_THAT(table_error(column_of(cells(99, "7", {"\"1,5\""}))), HasSubstr("--decimal-comma"));
  // The first cells are text, all others numbers.
  EXPECT_THAT(table_error("a,b\nx,1\n" + column_of(cells(5000, "7")).substr(4)), HasSubstr("test.csv:2:1: column"));
}

TEST(ReadCsv, ReadsAsTextBelow99PercentNumbers) {
  for (const auto& list :
       {cells(98, "7", {"x", "y"}), cells(3000, "7", cells(40, "x")), cells(1, "x", cells(98, "7"))}) {
    const Table table = table_of(column_of(list));
    ASSERT_EQ(table.rows(), static_cast<int64_t>(list.size()));
    EXPECT_EQ(table.kind(0), ColumnKind::text);
    EXPECT_EQ(table.kind(1), ColumnKind::numeric);
    for (std::size_t i = 0; i < list.size(); ++i) ASSERT_EQ(table.text(static_cast<int64_t>(i), 0), list[i]);
  }
}

TEST(ReadCsv, MissingCellsDoNotDecideTheKind) {
  EXPECT_EQ(table_of(column_of(cells(5000, "", {"x"}))).kind(0), ColumnKind::text);
  EXPECT_EQ(table_of(column_of(cells(5000, "", {"x"}))).text(5000, 0), "x");
  EXPECT_TRUE(table_of(column_of(cells(5000, "", {"x"}))).missing(4999, 0));
  EXPECT_EQ(table_of(column_of(cells(5000, "NA", {"3"}))).number(5000, 0), 3.0);
  EXPECT_EQ(table_of(column_of(cells(5, ""))).kind(0), ColumnKind::numeric);
  EXPECT_TRUE(table_of(column_of(cells(5, ""))).missing(4, 0));
}

TEST(ReadCsv, OptionsOverrideKinds) {
  CsvOptions options;
  options.categorical = {"a"};
  EXPECT_EQ(table_of("a,b\n01,2\n", options).text(0, 0), "01");
  options.categorical = {"2"};
  EXPECT_EQ(table_of("a,b\n01,2\n", options).kind(1), ColumnKind::text);
  options.categorical = {};
  options.numeric = {"a"};
  EXPECT_THAT(table_error("a,b\nx,1\ny,2\n", options),
              HasSubstr("test.csv:2:1: column \"a\": found \"x\", expected a number"));
  options.categorical = {"a"};
  EXPECT_THAT(table_error("a,b\nx,1\n", options), HasSubstr("both in --categorical and in --numeric"));
}

TEST(ReadCsv, LeavesIgnoredColumnsOut) {
  CsvOptions options;
  options.ignore = {"b", "3"};
  const Table table = table_of("a,b,c,d\n1,x,y,2\n", options);
  EXPECT_EQ(table.columns(), 2);
  EXPECT_EQ(table.number(0, 1), 2.0);
  options.ignore = {"citi"};
  const Error error = error_of([&] { table_of("city,b\n1,2\n", options); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_THAT(error.what(), HasSubstr("did you mean \"city\"?"));
  options.ignore = {"1", "2"};
  EXPECT_EQ(error_of([&] { table_of("a,b\n1,2\n", options); }).code(), ErrorCode::usage);
}

TEST(ReadCsv, ReadsWithoutAHeader) {
  CsvOptions options;
  options.header = false;
  const Table table = table_of("1,x\n2,y\n", options);
  EXPECT_EQ(table.rows(), 2);
  EXPECT_EQ(table.name(1), "column2");
  EXPECT_EQ(table.text(0, 1), "x");
  // Two passes: the first row comes again.
  const std::string text = column_of(cells(3000, "7", cells(100, "x"))).substr(4);
  EXPECT_EQ(table_of(text, options).rows(), 3100);
  EXPECT_EQ(table_of(text, options).text(0, 0), "7");
}

TEST(ReadCsv, RefusesFilesWithoutRows) {
  EXPECT_EQ(table_error(""), "test.csv: found an empty file, expected a header and rows");
  EXPECT_EQ(table_error("\xEF\xBB\xBF\n\n"), "test.csv: found an empty file, expected a header and rows");
  EXPECT_EQ(table_error("a,b\n"), "test.csv: found a header only, expected rows below it");
}

TEST(ReadCsv, RefusesRowsOfAnotherLength) {
  EXPECT_EQ(table_error("a,b,c\n1,2,3\n1,2\n"), "test.csv:3:4: found 2 fields, expected 3");
  EXPECT_EQ(table_error("a,b\n1,2,3\n"), "test.csv:2:5: found 3 fields, expected 2");
  EXPECT_EQ(table_error("a,b\n1,2,\n"), "test.csv:2:5: found 3 fields, expected 2 (the line ends with a delimiter)");
  EXPECT_EQ(table_error("a,b\n\"x\ny\",1\n2\n"), "test.csv:4:2: found 1 field, expected 2");
}

TEST(ReadCsv, RefusesNamesThatCannotBe) {
  EXPECT_EQ(table_error("a,b,a\n1,2,3\n"),
            "test.csv:1:5: found the name \"a\" for columns 1 and 3, expected different names");
  EXPECT_THAT(table_error("a,,c\n1,2,3\n"), HasSubstr("test.csv:1:3: found a blank name for column 2"));
  EXPECT_THAT(table_error("5.1,3.5,Iris\n4.9,3.0,Iris\n"), HasSubstr("--no-header"));
  EXPECT_THAT(table_error("39,State,77516\n1,x,2\n"), HasSubstr("test.csv:1:1: found the number 39"));
  CsvOptions options;
  options.ignore = {"1"};
  EXPECT_EQ(table_of(",b\n0,2\n", options).columns(), 1);
}

TEST(ReadCsv, AcceptsNumbersThatCountUpAsNames) {
  EXPECT_EQ(table_of("0,1,2,label\n5,5,5,x\n").name(2), "2");
  EXPECT_EQ(table_of("country,2019,2020\nx,1,2\n").name(1), "2019");
}

TEST(ReadCsv, HintsAtTheDelimiter) {
  EXPECT_EQ(table_error("a;b\n1;2\n"),
            "test.csv:1:1: found one column with ';' in it, expected columns separated by ',' (--delimiter ';')");
  EXPECT_THAT(table_error("a\tb\n1\t2\n"), HasSubstr("(--delimiter tab)"));
  EXPECT_EQ(table_of("\"a;b\"\n1\n").name(0), "a;b");
  CsvOptions options;
  options.delimiter = '"';
  EXPECT_EQ(error_of([&] { read_csv("absent.csv", options); }).code(), ErrorCode::usage);
}

TEST(ReadCsv, TakesTheDelimiterFromTheName) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.tsv", "a\tb\n1\tx,y\n");
  EXPECT_EQ(read_csv(folder / "a.tsv").text(0, 1), "x,y");
  write_bytes(folder / "a.csv", "a;b\n1,5;2\n");
  CsvOptions options;
  options.delimiter = ';';
  options.decimal_comma = true;
  EXPECT_EQ(read_csv(folder / "a.csv", options).number(0, 0), 1.5);
}

TEST(ReadCsv, SaysWhatItChanged) {
  EXPECT_THAT(warnings_of("a,b\n1,2\n\n\n3,4\n"), ElementsAre("test.csv: 2 blank lines skipped"));
  EXPECT_THAT(warnings_of("a,b\n1,2\ninf,2\n-Infinity,2\n"),
              ElementsAre("column \"a\": 2 cells not finite (the first is \"inf\" in line 3), read as missing"));
  EXPECT_THAT(warnings_of("a,b\n1,2\n1e-400,2\n"),
              ElementsAre("column \"a\": 1 cell too small for float64 (the first is \"1e-400\" in line 3), read as 0"));
  EXPECT_THAT(warnings_of("a,b\n1,x\n,y\nNA,inf\n"), IsEmpty());
  EXPECT_THAT(table_error("a,b\n1,2\n1e400,2\n"), HasSubstr("test.csv:3:1: column \"a\": found \"1e400\""));
}

TEST(ReadCsv, KeepsHashesThatLookLikeHugeNumbersAsText) {
  EXPECT_EQ(table_of("a,b\n12e4567,1\nab12,2\nff00,3\n").text(0, 0), "12e4567");
}

TEST(ReadCsv, TakesNumbersThatMeanMissing) {
  CsvOptions options;
  options.missing = {"-999"};
  const Table table = table_of("a,b\n-999,1\n2,-999\n", options);
  EXPECT_TRUE(table.missing(0, 0));
  EXPECT_TRUE(table.missing(1, 1));
  EXPECT_EQ(table.number(1, 0), 2.0);
}

TEST(ReadCsv, WidensWholeNumbersThatFloatCannotHold) {
  for (const int first_wide : {0, 10, 300, 5000}) {
    std::string text = "id,x\n";
    for (int i = 0; i < 9000; ++i) text += std::to_string(i < first_wide ? i : 1600000001 + i) + ",1\n";
    const Table table = table_of(text);
    EXPECT_TRUE(table.data().columns[0].wide);
    EXPECT_FALSE(table.data().columns[1].wide);
    for (int i = 0; i < 9000; ++i) ASSERT_EQ(table.number(i, 0), i < first_wide ? i : 1600000001.0 + i);
  }
}

TEST(ReadCsv, WidensWhatLiesFarFromZero) {
  std::string text = "x,y,z\n";
  for (int i = 0; i < 3000; ++i) {
    text += "100000." + std::to_string(100 + i % 900) + "," + std::to_string(i) + ".25," +
            (i < 2000 ? "0.1" : "0.1000001") + "\n";
  }
  const Table table = table_of(text);
  EXPECT_TRUE(table.data().columns[0].wide);
  EXPECT_EQ(table.number(7, 0), 100000.107);
  EXPECT_FALSE(table.data().columns[1].wide);
  // Constant at first, kept as float with an error: a second pass puts it right.
  EXPECT_TRUE(table.data().columns[2].wide);
  EXPECT_EQ(table.number(0, 2), 0.1);
  EXPECT_EQ(table.number(2999, 2), 0.1000001);
}

TEST(ReadCsv, NarrowsWhatTheFirstRowsMadeWide) {
  std::string text = "x,y\n";
  for (int i = 0; i < 3000; ++i) text += std::to_string(1000.0 + i * 1e-5 * (i < 400 ? 1 : 1e6)) + ",1\n";
  EXPECT_FALSE(table_of(text).data().columns[0].wide);
  EXPECT_EQ(table_of(text).number(0, 0), 1000.0);
}

TEST(ReadCsv, TheWidthDoesNotDependOnTheOrderOfRows) {
  std::string ascending = "x,y\n";
  std::string descending = "x,y\n";
  for (int i = 0; i < 3000; ++i) {
    const auto cell = [](int row) { return row < 300 ? "0.1" : row < 2000 ? "0.1000001" : "500"; };
    ascending += fmt::format("{},1\n", cell(i));
    descending += fmt::format("{},1\n", cell(2999 - i));
  }
  EXPECT_FALSE(table_of(ascending).data().columns[0].wide);
  EXPECT_FALSE(table_of(descending).data().columns[0].wide);
}

TEST(ReadCsv, KeepsNumbersBeyondFloat) {
  const Table table = table_of("a,b\n1e39,2\n-1e300,2\n1,2\n");
  EXPECT_TRUE(table.data().columns[0].wide);
  EXPECT_EQ(table.number(1, 0), -1e300);
}

TEST(ReadCsv, KeepsDoublesWhenAsked) {
  CsvOptions options;
  options.float64 = true;
  const Table table = table_of("a,b,c\n0.1,x,\n0.2,y,\n", options);
  EXPECT_EQ(table.number(0, 0), 0.1);
  EXPECT_TRUE(table.data().columns[0].wide);
  EXPECT_EQ(table.text(1, 1), "y");
}

TEST(ReadCsv, WarnsWhereCentringIsNotEnough) {
  std::string near = "id,x\n";
  std::string far = "id,x\n";
  for (int64_t i = 0; i < 1000; ++i) {
    near += std::to_string(9000000000 + i) + ",1\n";
    far += std::to_string(9000000000 * (i % 2) + i) + ",1\n";
  }
  EXPECT_THAT(warnings_of(near), IsEmpty());
  EXPECT_THAT(warnings_of(far), ElementsAre(HasSubstr("column \"id\": whole numbers from 0 to 9000000999")));
}

TEST(ReadCsv, TellsProgressAndStopsWhenAsked) {
  std::string text = "a,b\n";
  while (text.size() < (5U << 20)) text += "123456789,1\n";
  CsvOptions options;
  std::vector<int64_t> done;
  options.on_progress = [&](int64_t bytes, int64_t total) {
    EXPECT_EQ(total, static_cast<int64_t>(text.size()));
    done.push_back(bytes);
    return true;
  };
  table_of(text, options, 1 << 16);
  EXPECT_GE(done.size(), 4U);
  EXPECT_EQ(done.back(), static_cast<int64_t>(text.size()));
  options.on_progress = [](int64_t, int64_t) { return false; };
  EXPECT_THAT(error_of([&] { table_of(text, options); }).what(), HasSubstr("interrupted"));
}

TEST(ReadCsv, HoldsAsManyColumnsAsAreAllowed) {
  std::string text;
  for (std::size_t i = 0; i < kMaxColumns; ++i) text += fmt::format("c{}", i) + (i + 1 < kMaxColumns ? "," : "\n");
  for (int row = 0; row < 70; ++row) {
    for (std::size_t i = 0; i < kMaxColumns; ++i) text += std::to_string(row) + (i + 1 < kMaxColumns ? "," : "\n");
  }
  const Table table = table_of(text);
  EXPECT_EQ(table.columns(), static_cast<int64_t>(kMaxColumns));
  EXPECT_EQ(table.number(69, static_cast<int64_t>(kMaxColumns) - 1), 69.0);
}

class ReadWanted : public ::testing::Test {
 protected:
  Table read(const std::string& text, const std::vector<WantedColumn>& wanted) {
    write_bytes(folder_ / "new.csv", text);
    return read_csv(folder_ / "new.csv", CsvOptions{}, wanted);
  }
  TemporaryFolder folder_;
};

TEST_F(ReadWanted, TakesTheModelsColumnsOnly) {
  const Table table = read(
      ",city,extra,extra,age\n0,Paris,x,y,31\n1,12,x,y,\n",
      {{"age", ColumnKind::numeric, true}, {"city", ColumnKind::text}, {"price", ColumnKind::numeric, false, false}});
  ASSERT_EQ(table.columns(), 2);
  EXPECT_EQ(table.text(1, *table.find("city")), "12");
  EXPECT_EQ(table.number(0, *table.find("age")), 31.0);
  EXPECT_TRUE(table.data().columns[1].wide);
}

TEST_F(ReadWanted, DoesNotWidenOnItsOwn) {
  EXPECT_FALSE(read("id\n1600000001\n1600000002\n", {{"id"}}).data().columns[0].wide);
}

TEST_F(ReadWanted, NamesAbsentColumns) {
  const Error error = error_of([&] { read("agee,b\n1,2\n", {{"age"}, {"city", ColumnKind::text}}); });
  EXPECT_EQ(error.code(), ErrorCode::bad_data);
  EXPECT_THAT(error.what(), HasSubstr("found no column \"age\" (nearest: \"agee\"), \"city\""));
}

TEST_F(ReadWanted, CitesTextInANumericColumn) {
  EXPECT_THAT(error_of([&] { read("a,b\n1,2\nx,2\n", {{"a"}}); }).what(),
              HasSubstr("new.csv:3:1: column \"a\": found \"x\", expected a number"));
}

// Every way a column's cells are moved while it is read: read again, widened, narrowed, turned to text.
TEST(ReadCsv, KeepsTheSameCellsInAFile) {
  const std::vector<std::vector<std::string>> columns = {
      cells(9000, "1.5", {"2.5", "", "-3"}),      cells(5000, "", cells(4500, "b", {"a"})),
      cells(9000, "7", {"16777217", "16777219"}), cells(9000, "1000000.001", {"1000000.002", "5e9"}),
      cells(9000, "1", cells(400, "text")),
  };
  for (const auto& column : columns) {
    const std::string text = column_of(column);
    const Table memory = table_of(text);
    const Table file = table_of(text, {.stream = true});
    EXPECT_FALSE(memory.data().storage.is_file());
    EXPECT_TRUE(file.data().storage.is_file());
    EXPECT_EQ(fingerprint(file), fingerprint(memory)) << column.back();
    EXPECT_EQ(file.data().columns[0].wide, memory.data().columns[0].wide);
  }
}

TEST(ReadCsv, AFileNeedsAFolder) {
  const std::string message = table_error("a\n1\n", {.stream = true, .temporary_folder = "/nonexistent"});
  EXPECT_EQ(message,
            "found no place for what --stream keeps on the disk, expected to write to /nonexistent: No such file or "
            "directory");
}

}  // namespace
}  // namespace gradus
