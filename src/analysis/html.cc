#include "analysis/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/quote.h"

namespace gradus {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string escaped(std::string_view text, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (most > 0 && i >= most) return out + "…";
    const char c = text[i];
    const std::size_t length = utf8_length(text.substr(i));
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    if (length == 0 || control) {
      out += kReplacement;
    } else if (const std::string_view name = entity(c); !name.empty()) {
      out += name;
    } else {
      out += text.substr(i, length);
    }
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string grouped_number(int64_t value) {
  std::string digits = fmt::format("{}", value);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(digits.begin() + static_cast<std::ptrdiff_t>(i), ',');
  }
  return digits;
}

std::string shown_number(double value) {
  if (std::isnan(value)) return "–";
  if (value == std::floor(value) && std::abs(value) < 1e15) return grouped_number(static_cast<int64_t>(value));
  if (std::abs(value) >= 1e4 && std::abs(value) < 1e15) return grouped_number(std::llround(value));
  return fmt::format("{:.4g}", value);
}

std::string shown(const Json& value) {
  if (value.is_null()) return "–";
  if (value.is_number_integer()) return grouped_number(value.get<int64_t>());
  if (value.is_number()) return shown_number(value.get<double>());
  return escaped(value.is_string() ? value.get<std::string>() : value.dump(), 160);
}

std::string counted(int64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", grouped_number(count), count == 1 ? singular : plural);
}

std::string html_table(const std::vector<HtmlColumn>& columns, const std::vector<std::vector<std::string>>& rows,
                       std::string_view classes) {
  std::string out = fmt::format("<div class=\"scroll\" tabindex=\"0\"><table class=\"{}\"><thead><tr>", classes);
  for (const HtmlColumn& column : columns)
    out +=
        fmt::format("<th scope=\"col\"{}>{}</th>", column.number ? " class=\"number\"" : "", escaped(column.name, 60));
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (row[c].starts_with("<t")) {
        out += row[c];
      } else {
        out += fmt::format("<td{}>{}</td>", columns[c].number ? " class=\"number\"" : "", row[c]);
      }
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string html_figure(std::string_view chart, std::string_view label, int index) {
  return fmt::format(
      "<figure class=\"chart\" data-chart=\"{}\" data-index=\"{}\"><figcaption>{}</figcaption></figure>\n", chart,
      index, escaped(label));
}

std::string html_section(std::string_view id, std::string_view heading, const std::string& html) {
  return fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", id, escaped(heading), html);
}

std::string html_details(std::string_view summary, const std::string& html) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), html);
}

std::string html_bars(const std::vector<int64_t>& counts, std::string_view label) {
  const int64_t most = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  if (most == 0) return "";
  const double width = 96.0 / static_cast<double>(counts.size());
  const double bar = counts.size() > 1 ? 0.85 * width : 8.0;
  std::string path;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double height = std::max(22.0 * static_cast<double>(counts[i]) / static_cast<double>(most), 1.0);
    path += fmt::format("M{:.2f} 24v-{:.2f}h{:.2f}v{:.2f}z", static_cast<double>(i) * width, height, bar, height);
  }
  return fmt::format("<svg class=\"bars\" viewBox=\"0 0 96 24\" role=\"img\" aria-label=\"{}\"><path d=\"{}\"/></svg>",
                     escaped(label), path);
}

}  // namespace gradus
