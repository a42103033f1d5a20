#include "analysis/html.h"

#include <gtest/gtest.h>

#include <limits>

#include "analysis/web_page.h"

namespace gradus {
namespace {

TEST(Html, TextCannotBecomeMarkup) {
  EXPECT_EQ(escaped("<b a=\"x\" b='y'>&amp;"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(escaped(std::string("a\0b\x1b", 4)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(escaped("gr\xC3\xBC\xC3n"), "gr\xC3\xBC\xEF\xBF\xBDn");
  EXPECT_EQ(escaped("äöü", 3), "äö…") << "cut between characters";
}

TEST(Html, NumbersReadWell) {
  EXPECT_EQ(grouped_number(-1234567), "-1,234,567");
  EXPECT_EQ(grouped_number(123), "123");
  EXPECT_EQ(grouped_number(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(shown_number(0.00012345), "0.0001234");
  EXPECT_EQ(shown_number(123456.7), "123,457");
  EXPECT_EQ(shown_number(std::numeric_limits<double>::quiet_NaN()), "–");
  EXPECT_EQ(shown_number(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(shown(nullptr), "–");
}

TEST(WebPage, DataIsNeverATemplate) {
  const std::string page = web_page("{{style}}", "<p>{{data}}</p>", {{"x", "</script>{{body}}\xff"}});
  EXPECT_NE(page.find("<title>{{style}}</title>"), std::string::npos);
  EXPECT_NE(page.find("<p>{{data}}</p>"), std::string::npos);
  EXPECT_NE(page.find(R"({"x":"\u003c/script>{{body}}\ufffd"})"), std::string::npos);
}

}  // namespace
}  // namespace gradus
