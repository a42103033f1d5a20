#include "data/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "data/naive_csv.h"
#include "data/test_csv.h"
#include "data/utf8.h"

namespace gradus {
namespace {

using ::testing::HasSubstr;

TEST(CsvReader, SplitsRowsAndFields) {
  EXPECT_EQ(rows_of("a,b\n1,2\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(rows_of(",\n"), (Rows{{"", ""}}));
  EXPECT_EQ(rows_of("a\tb,c\n", 99, 99, '\t'), (Rows{{"a", "b,c"}}));
  EXPECT_EQ(rows_of(""), Rows{});
}

TEST(CsvReader, AcceptsEveryLineEnd) {
  const Rows expected = {{"a", "b"}, {"1", "2"}, {"3", "4"}};
  for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4\r", "a,b\n1,2\r\n3,4"}) {
    for (std::size_t step = 1; step < 12; ++step) EXPECT_EQ(rows_of(text, step, 16), expected) << text << step;
  }
}

TEST(CsvReader, UnquotesFields) {
  EXPECT_EQ(rows_of("\"a,b\",\"say \"\"hi\"\"\",\"\"\n"), (Rows{{"a,b", "say \"hi\"", ""}}));
  EXPECT_EQ(rows_of("\"two\nlines\",1\n"), (Rows{{"two\nlines", "1"}}));
  EXPECT_EQ(rows_of("x,\"\"\"\"\n"), (Rows{{"x", "\""}}));
  EXPECT_EQ(rows_of("x,\"last\""), (Rows{{"x", "last"}}));
}

TEST(CsvReader, KeepsSpaces) {
  EXPECT_EQ(rows_of(" a , b\n"), (Rows{{" a ", " b"}}));
}

TEST(CsvReader, SkipsAndCountsBlankLines) {
  const auto source = memory_source("a\n\n\r\n1\n\"\"\n\n", 3);
  CsvReader reader(*source, ',');
  Rows rows;
  while (reader.next()) rows.emplace_back(reader.fields().begin(), reader.fields().end());
  EXPECT_EQ(rows, (Rows{{"a"}, {"1"}, {""}}));
  EXPECT_EQ(reader.blank_lines(), 3);
}

TEST(CsvReader, SkipsAByteOrderMark) {
  for (std::size_t step = 1; step < 5; ++step)
    EXPECT_EQ(rows_of("\xEF\xBB\xBF"
                      "a,b\n",
                      step),
              (Rows{{"a", "b"}}));
}

TEST(CsvReader, CountsLinesInsideQuotes) {
  for (const std::string text : {"h,k\n\"x\ny\r\nz\rw\",1\nlast,2\n"}) {
    for (std::size_t step = 1; step < 20; ++step) {
      const auto source = memory_source(text, step);
      CsvReader reader(*source, ',', 16);
      ASSERT_TRUE(reader.next());
      EXPECT_EQ(reader.line(), 1);
      ASSERT_TRUE(reader.next());
      EXPECT_EQ(reader.line(), 2);
      EXPECT_EQ(reader.place(0).line, 2);
      EXPECT_EQ(reader.place(1).line, 5);
      EXPECT_EQ(reader.place(1).column, 4);
      ASSERT_TRUE(reader.next());
      EXPECT_EQ(reader.line(), 6);
      EXPECT_EQ(reader.place(1).column, 6);
      EXPECT_EQ(reader.place(2).column, 7);
    }
  }
}

TEST(CsvReader, ReadsAgainAfterRewind) {
  const auto source = memory_source(
      "\xEF\xBB\xBF"
      "a\n\n1\r",
      2);
  CsvReader reader(*source, ',', 16);
  for (int pass = 0; pass < 3; ++pass) {
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.fields()[0], "a");
    EXPECT_EQ(reader.line(), 1);
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.line(), 3);
    EXPECT_EQ(reader.blank_lines(), 1);
    EXPECT_FALSE(reader.next());
    reader.rewind();
  }
}

TEST(CsvReader, CitesTheOpeningQuote) {
  EXPECT_EQ(reading_error("a,b\n1,\"x\n2,y\n"),
            "test.csv:2:3: found no closing quote for this one, expected it before the end of the file");
}

TEST(CsvReader, RefusesTextBesideQuotes) {
  EXPECT_THAT(reading_error("a\n\"a\"b\n"), HasSubstr("test.csv:2:4: found \"b\" after a closing quote"));
  EXPECT_THAT(reading_error("a\n\"a\"\xC3\xA9\n"), HasSubstr("found \"\xC3\xA9\" after a closing quote"));
  EXPECT_THAT(reading_error("a\n\"a\" ,b\n"), HasSubstr("test.csv:2:4: found \" \" after a closing quote"));
  EXPECT_THAT(reading_error("a\nx\"a\"\n"), HasSubstr("test.csv:2:2: found a quote inside a field without quotes"));
}

TEST(CsvReader, RefusesOtherEncodings) {
  EXPECT_THAT(reading_error("a,b\ncaf\xE9,1\n"),
              HasSubstr("test.csv:2:4: found byte 0xE9 at byte offset 7, which is not UTF-8"));
  EXPECT_THAT(reading_error(std::string_view("a,b\n1,\0x\n", 9)),
              HasSubstr("test.csv:2:3: found a NUL byte at byte offset 6"));
  EXPECT_THAT(reading_error(std::string_view("\xFF\xFE"
                                             "a\0",
                                             4)),
              HasSubstr("found UTF-16, expected UTF-8"));
  EXPECT_THAT(reading_error(std::string_view("\xFE\xFF\0a", 4)), HasSubstr("found UTF-16, expected UTF-8"));
  EXPECT_THAT(reading_error("a\n\xE2\x82"), HasSubstr("test.csv:2:1: found byte 0xE2"));
}

TEST(CsvReader, ReportsTheSameErrorForAnyReadSize) {
  for (const std::string_view text :
       {std::string_view("a,b\n\xE2\x82\xAC,1\nx\xE2\x82,2\n"), std::string_view("a\n\"x\ny\"z\n\xFF\n"),
        std::string_view("a\nb\xFF\"\n\n"), std::string_view("a\nb\"\xFF\n"), std::string_view("a\n\"\n\n\xC3\xA9\n"),
        std::string_view("a\n\"x\"y\xFFz\n"), std::string_view("a\n\"x\"\xC3\xA9\n"), std::string_view("a\n\"x\"\xC3"),
        std::string_view("a\nb,\0", 5)}) {
    const std::string whole = reading_error(text);
    for (std::size_t step = 1; step < text.size(); ++step) EXPECT_EQ(reading_error(text, step), whole) << step;
  }
}

TEST(CsvReader, BoundsFieldsRowsAndColumns) {
  const std::string mebibyte(kMaxFieldBytes, 'x');
  EXPECT_EQ(rows_of("a," + mebibyte + "\n")[0][1], mebibyte);
  EXPECT_EQ(rows_of("a,\"" + mebibyte + "\"\n")[0][1], mebibyte);
  EXPECT_EQ(rows_of("a,\"" + mebibyte + "\"")[0][1], mebibyte);
  EXPECT_THAT(reading_error("a,b\n1," + mebibyte + "x\n"), HasSubstr("test.csv:2:3: found a field over 1 MiB"));
  EXPECT_THAT(reading_error("a,b\n1,\"" + mebibyte + "xx"), HasSubstr("test.csv:2:3: found a field over 1 MiB"));
  EXPECT_EQ(rows_of(std::string(kMaxColumns - 1, ','))[0].size(), kMaxColumns);
  EXPECT_THAT(reading_error(std::string(kMaxColumns, ',')), HasSubstr("found more than 65536 columns"));
  std::string row;
  for (int i = 0; i < 70; ++i) row += mebibyte + ",";
  EXPECT_THAT(reading_error(row + row), HasSubstr("test.csv:1:1: found a row over 64 MiB"));
}

TEST(CsvReader, AgreesWithANaiveParserOnRandomText) {
  std::mt19937 random(7);
  int accepted = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string text;
    const std::size_t length = random() % 40;
    // Mostly well-formed fields, so that long texts are not all refused at their first quote.
    const char* const pieces[] = {",", ",", "\n", "\r\n", "\r", "a", "12", "\"q\"", "\"x,\ny\"", "\"d\"\"d\"", "\""};
    while (text.size() < length) text += pieces[random() % (trial % 3 == 0 ? 11 : 10)];
    Rows expected;
    bool valid = true;
    try {
      expected = naive_rows(text);
    } catch (const std::runtime_error&) {
      valid = false;
    }
    const std::size_t step = 1 + random() % 20;
    if (valid) {
      ++accepted;
      ASSERT_EQ(rows_of(text, step, 16), expected) << text;
      ASSERT_EQ(rows_of(text), expected) << text;
    } else {
      ASSERT_EQ(reading_error(text, step), reading_error(text)) << text;
    }
  }
  EXPECT_GT(accepted, 2000);
}

TEST(CheckText, KnowsTheEdgesOfUtf8) {
  for (const char* text : {"", "abc", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(check_text(text).valid, std::string_view(text).size()) << text;
  }
  // Overlong, surrogate, beyond the last, stray continuation.
  for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xFF"}) {
    EXPECT_EQ(check_text(text).valid, 0U) << text;
    EXPECT_FALSE(check_text(text).incomplete) << text;
  }
  EXPECT_TRUE(check_text("a\xF0\x90\x80").incomplete);
  EXPECT_EQ(check_text("a\xF0\x90\x80").valid, 1U);
}

}  // namespace
}  // namespace gradus
