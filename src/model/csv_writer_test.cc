#include "model/csv_writer.h"

#include <gtest/gtest.h>

#include "base/test_files.h"

namespace gradus {
namespace {

TEST(CsvWriter, QuotesOnlyWhereItMust) {
  const TemporaryFolder folder;
  OutputFile file(folder / "out.csv");
  CsvWriter writer(file, ',');
  for (const char* text : {"plain", "", "a,b", "say \"hi\"", "two\nlines", "cr\rhere", "semi;colon"})
    writer.field(text);
  writer.end_row();
  file.commit();
  EXPECT_EQ(read_bytes(folder / "out.csv"),
            "plain,,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\rhere\",semi;colon\n");
}

TEST(CsvWriter, NumbersAreShortestForTheirType) {
  const TemporaryFolder folder;
  OutputFile file(folder / "out.tsv");
  CsvWriter writer(file, '\t');
  writer.number(0.1f);
  writer.number(0.1);
  writer.number(1.0f);
  writer.number(1.0f / 3.0f);
  writer.number(1.0 / 3.0);
  writer.number(7);
  writer.end_row();
  writer.field("next\trow");
  writer.end_row();
  file.commit();
  EXPECT_EQ(read_bytes(folder / "out.tsv"), "0.1\t0.1\t1\t0.33333334\t0.3333333333333333\t7\n\"next\trow\"\n");
}

}  // namespace
}  // namespace gradus
