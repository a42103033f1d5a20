#include "interop/c_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace gradus {
namespace {

TEST(CText, NumbersAreLiteralsOfTheirType) {
  EXPECT_EQ(c_number(0.1f), "0.1f");
  EXPECT_EQ(c_number(2.0f), "2.0f");
  EXPECT_EQ(c_number(-1e30f), "-1e+30f");
  EXPECT_EQ(c_number(0.1), "0.1");
  EXPECT_EQ(c_number(-0.0), "-0.0");
  EXPECT_EQ(c_number(3e300), "3e+300");
  EXPECT_EQ(c_number_or_nan(std::numeric_limits<double>::quiet_NaN()), "NAN");
}

TEST(CText, StringsHoldAnyBytes) {
  EXPECT_EQ(c_string("plain 1"), "\"plain 1\"");
  EXPECT_EQ(c_string("a\"b\\c\n"), "\"a\\\"b\\\\c\\012\"");
  EXPECT_EQ(c_string("??"
                     "/"),
            "\"\\?\\?/\"");  // no trigraph
  EXPECT_EQ(c_string("\xC3\xB6"
                     "1"),
            "\"\\303\\2661\"");
  EXPECT_TRUE(c_string(std::string(5000, 'x')).starts_with("(const char[]){'x','x',"));
}

TEST(CText, CommentsCannotBeLeft) {
  EXPECT_EQ(c_comment("a */ b"), "\"a * / b\"");
  EXPECT_EQ(c_comment("/* x"), "\"/ * x\"");
  EXPECT_EQ(c_comment("*/*/"), "\"* / * /\"");
  EXPECT_EQ(c_comment("?"
                      "?/"),
            "\"? ? /\"");
  EXPECT_EQ(c_comment("x\\\n"), "\"x\\\\\\n\"");
  EXPECT_EQ(c_comment("\xE2\x80\xAE!"), "\"\\xe2\\x80\\xae!\"");  // turns the direction of text
  EXPECT_EQ(c_comment("gr\xC3\xB6\xC3\x9F"), "\"gr\xC3\xB6\xC3\x9F\"");
}

TEST(CText, NamesAreDistinctAndAllowed) {
  CNames names;
  EXPECT_EQ(names.make("age"), "age");
  EXPECT_EQ(names.make("age"), "age_2");
  EXPECT_EQ(names.make("age_2"), "age_2_2");
  EXPECT_EQ(names.make("a - b"), "a_b");
  EXPECT_EQ(names.make("class"), "class_");
  EXPECT_EQ(names.make("2nd"), "column_2nd");
  EXPECT_EQ(names.make("_x"), "column_x");
  EXPECT_EQ(names.make(""), "column");
  EXPECT_EQ(names.make("\xC3\xB6"), "column_");
}

TEST(CText, PrefixFromPath) {
  EXPECT_EQ(c_name_from_path("dir.d/credit.c"), "credit");
  EXPECT_EQ(c_name_from_path("1-odd file.v2.c"), "model_1_odd_file_v2");
  EXPECT_EQ(c_name_from_path("/tmp/.c"), "model__c");
  EXPECT_EQ(c_name_from_path("--.c"), "model");
  EXPECT_EQ(c_name_from_path(std::string(100, 'a')).size(), 40u);
  EXPECT_TRUE(is_c_name("a_1"));
  EXPECT_FALSE(is_c_name("1a"));
  EXPECT_FALSE(is_c_name("a-b"));
  EXPECT_FALSE(is_c_name(std::string(41, 'a')));
}

}  // namespace
}  // namespace gradus
