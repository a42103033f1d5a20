// Pieces of HTML. Text from data goes through `escaped`; what these functions take as `html` is markup already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/strict_json.h"

namespace gradus {

/// Text for an element or a quoted attribute: markup as entities, what is not UTF-8 and control characters as U+FFFD.
/// Cut to `most` bytes, "..." after them; 0 for all.
std::string escaped(std::string_view text, std::size_t most = 0);

/// 1797 -> "1,797".
std::string grouped_number(int64_t value);
/// Four significant digits, whole numbers in full; "–" for NaN.
std::string shown_number(double value);
/// A number of a document, or its text escaped; null is "–".
std::string shown(const Json& value);
/// "1 row", "2,000 rows".
std::string counted(int64_t count, std::string_view singular, std::string_view plural);

struct HtmlColumn {
  std::string name;     ///< text
  bool number = false;  ///< right-aligned
};
/// A table that scrolls by itself where it is wider than the page. `rows`: html, a cell each; one that starts with "<t"
/// is taken as a whole cell.
std::string html_table(const std::vector<HtmlColumn>& columns, const std::vector<std::vector<std::string>>& rows,
                       std::string_view classes = "");

/// Where the page's script draws the chart called `chart`; empty where there is none. `label`: what it shows, in words.
std::string html_figure(std::string_view chart, std::string_view label, int index = 0);
std::string html_section(std::string_view id, std::string_view heading, const std::string& html);
/// What a reader may unfold.
std::string html_details(std::string_view summary, const std::string& html);

/// Bars as tall as the counts, without a script.
std::string html_bars(const std::vector<int64_t>& counts, std::string_view label);

}  // namespace gradus
