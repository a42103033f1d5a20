#include "base/quote.h"

#include <gtest/gtest.h>

#include <string>

namespace gradus {
namespace {

TEST(Quote, PlainTextStaysAsItIs) {
  EXPECT_EQ(in_quotes(""), "\"\"");
  EXPECT_EQ(in_quotes("age"), "\"age\"");
  EXPECT_EQ(in_quotes("Zürich 東京 😀"), "\"Zürich 東京 😀\"");
}

TEST(Quote, WhatATerminalObeysIsEscaped) {
  EXPECT_EQ(in_quotes("a\x1b[31mb"), "\"a\\x1b[31mb\"");
  EXPECT_EQ(in_quotes(std::string("a\0b", 3)), "\"a\\x00b\"");
  EXPECT_EQ(in_quotes("a\nb\"c\\"), "\"a\\nb\\\"c\\\\\"");
  EXPECT_EQ(in_quotes("\xc2\x9b"), "\"\\xc2\\x9b\"") << "C1: one byte of control sequence introducer";
  EXPECT_EQ(in_quotes("\xe2\x80\xae"), "\"\\xe2\\x80\\xae\"") << "right-to-left override";
}

TEST(Quote, BytesThatAreNotUtf8AreEscaped) {
  for (const char* text : {"\xff", "\x80", "\xc0\xaf", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\xaf"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_EQ(in_quotes(text).substr(0, 3), "\"\\x") << in_quotes(text);
  }
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf\xed\x9f\xbf"));
}

TEST(Quote, LongTextIsCut) {
  const std::string text = in_quotes(std::string(1000, 'x'), 10);
  EXPECT_EQ(text, "\"xxxxxxxxxx...\"");
}

}  // namespace
}  // namespace gradus
