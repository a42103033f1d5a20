#include "data/text_shapes.h"

#include <gtest/gtest.h>

namespace gradus {
namespace {

TEST(TextShapes, DatesAreKnownByTheirShape) {
  for (const char* text : {"2020-01-31", "2020/1/3", "31.1.2020", "1/31/20", "1/31/2020", "2020-01", "31 Jan 2020",
                           "Jan 31, 2020", "31-Jan-20", "January 5 1999", "2020-01-31 12:30", "2020-01-31T12:30:05Z",
                           "2020-01-31T12:30:05+02:00", "1/31/2020 9:05 PM", " 2020-01-31 ", "23:59", "9:05:07.25"})
    EXPECT_TRUE(looks_like_date(text)) << text;
}

TEST(TextShapes, OtherTextsAreNoDates) {
  for (const char* text :
       {"", "2020", "20200131", "1.2.3", "1.2.3.4", "13/13/2020", "2020-13-01", "2020-01-32", "555-1234",
        "555-123-4567", "May", "Marcel 5", "12 kg", "3,7", "id-17", "10:7", "Mayflower 12, 2020"})
    EXPECT_FALSE(looks_like_date(text)) << text;
}

TEST(TextShapes, NumbersAmongMarks) {
  const auto expect = [](const char* text, double value, const char* unit, bool thousands, bool comma) {
    const auto found = marked_number(text);
    ASSERT_TRUE(found.has_value()) << text;
    EXPECT_DOUBLE_EQ(found->value, value) << text;
    EXPECT_EQ(found->unit, unit) << text;
    EXPECT_EQ(found->thousands, thousands) << text;
    EXPECT_EQ(found->decimal_comma, comma) << text;
  };
  expect("1,234", 1234, "", true, false);
  expect("1,234,567.5", 1234567.5, "", true, false);
  expect("1.234.567", 1234567, "", true, false);
  expect("1.234,5", 1234.5, "", true, true);
  expect("12 345", 12345, "", true, false);
  expect("3,7", 3.7, "", false, true);
  expect("12 kg", 12, "kg", false, false);
  expect("12.5%", 12.5, "%", false, false);
  expect("$5.50", 5.5, "$", false, false);
  expect("-$1,200", -1200, "$", true, false);
  expect("$-3", -3, "$", false, false);
  expect("EUR 40", 40, "EUR", false, false);
}

TEST(TextShapes, PlainNumbersAndOtherTextsAreNot) {
  for (const char* text : {"", "12", "-1.5", "1.234", "kg", "1 kg 2", "3x4", "1,2,3", "12,34,56", "2 bedrooms or more",
                           "555-1234", "10.0.0.1", "A12 B", "v6", "SI2", "class3"})
    EXPECT_FALSE(marked_number(text).has_value()) << text;
}

}  // namespace
}  // namespace gradus
