#include "train/row_order.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/test_files.h"

namespace gradus {
namespace {

const std::vector<uint32_t> kRows = {0, 1, 3, 4};

Table table() {
  Table table;
  table.add_column("number", std::vector<double>{7, 2, NAN, 7, -1});
  table.add_column("name", std::vector<std::string>{"b", "a", "", "b", "c"});
  table.add_column("day", std::vector<std::string>{"2020-02-01", "2019-12-31", "", "2020-01-31", "2020-02-01"});
  table.add_column("odd", std::vector<std::string>{"2020-02-01", "31/1/2020", "", "2020-01-31", "2020-02-01"});
  return table;
}

TEST(RowOrder, EqualCellsAreOneGroup) {
  EXPECT_EQ(row_groups(table(), 0, kRows), (std::vector<int32_t>{0, 1, 0, 2}));
  EXPECT_EQ(row_groups(table(), 1, kRows), (std::vector<int32_t>{0, 1, 0, 2}));
}

TEST(RowOrder, TimesAreRankedByValueOrByDate) {
  EXPECT_EQ(row_times(table(), 0, kRows), (std::vector<int32_t>{2, 1, 2, 0}));
  EXPECT_EQ(row_times(table(), 2, kRows), (std::vector<int32_t>{2, 0, 1, 2}));
}

TEST(RowOrder, RefusesMissingCellsAndDatesThatDoNotSort) {
  const std::vector<uint32_t> all = {0, 1, 2, 3, 4};
  EXPECT_EQ(error_of([&] { row_groups(table(), 1, all); }).message(),
            "column \"name\", row 3: found no value, expected one in every row");
  EXPECT_EQ(error_of([&] { row_times(table(), 3, kRows); }).message(),
            "column \"odd\", row 2: found \"31/1/2020\", expected numbers or dates all written in one way, the year "
            "first");
  EXPECT_EQ(error_of([&] { row_times(table(), 1, kRows); }).code(), ErrorCode::bad_data);
}

TEST(RowOrder, TakesOneOfTheThree) {
  EXPECT_EQ(row_order(table(), {.group = "name"}, kRows).groups.size(), 4u);
  EXPECT_EQ(row_order(table(), {.in_order = true}, kRows).times, (std::vector<int32_t>{0, 1, 2, 3}));
  EXPECT_EQ(error_of([] { row_order(table(), {.group = "name", .time = "day"}, kRows); }).message(),
            "--group: found --time as well, expected one of them");
  EXPECT_EQ(error_of([] { row_order(table(), {.time = "day", .in_order = true}, kRows); }).message(),
            "--time: found --in-order as well, expected one of them");
  EXPECT_EQ(error_of([] { row_order(table(), {.group = "nam"}, kRows); }).code(), ErrorCode::usage);
}

}  // namespace
}  // namespace gradus
