#include "data/csv_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "gradus/error.h"
#include "gradus/names.h"

#include "base/quote.h"
#include "data/cell.h"

namespace gradus {
namespace {

[[noreturn]] void fail(Place place, const std::string& message) {
  throw Error(ErrorCode::bad_data, std::move(place), message);
}

std::string shown(char delimiter) {
  return delimiter == '\t' ? "a tab" : fmt::format("'{}'", delimiter);
}

/// One field that holds other usual delimiters: the file has another one.
void check_delimiter(const CsvReader& reader, char delimiter) {
  const auto fields = reader.fields();
  if (fields.size() != 1 || reader.quoted(0)) return;
  for (const char other : {';', '\t', '|', ','}) {
    if (other == delimiter || fields[0].find(other) == std::string_view::npos) continue;
    fail(reader.place(0),
         fmt::format("found one column with {} in it, expected columns separated by {} (--delimiter {})", shown(other),
                     shown(delimiter), other == '\t' ? "tab" : fmt::format("'{}'", other)));
  }
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Names may be whole numbers only when they count up by one, as pandas writes unnamed columns or years are listed.
void check_not_data(const CsvReader& reader, const CsvOptions& options) {
  const CellParser parser(options);
  std::size_t numbers = 0;
  std::size_t first = 0;
  bool counting = true;
  std::optional<int64_t> last;
  for (std::size_t i = 0; i < reader.fields().size(); ++i) {
    const std::string_view text = reader.fields()[i];
    if (!parser.parse_number(text)) continue;
    if (numbers++ == 0) first = i;
    const std::optional<int64_t> value = whole_number(text);
    counting = counting && value && *value >= 0 && (!last || *value == *last + 1);
    last = value;
  }
  if (numbers == 0 || (counting && numbers > 1)) return;
  fail(reader.place(first),
       fmt::format("found the number {} where a column name should be, expected names (--no-header "
                   "if the first line is data)",
                   reader.fields()[first]));
}

void check_names(const CsvReader& reader, const std::vector<std::string>& names,
                 const std::function<bool(std::string_view, std::size_t)>& matters) {
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!matters(names[i], i + 1)) continue;
    if (names[i].find_first_not_of(" \t") == std::string::npos) {
      fail(reader.place(i), fmt::format("found a blank name for column {0}, expected a name (row numbers written by "
                                        "another program? --ignore {0})",
                                        i + 1));
    }
    const auto [place, added] = seen.emplace(names[i], i);
    if (!added) {
      fail(reader.place(i), fmt::format("found the name {} for columns {} and {}, expected different names",
                                        in_quotes(names[i]), place->second + 1, i + 1));
    }
  }
}

}  // namespace

char csv_delimiter(const std::string& path, const CsvOptions& options) {
  const char delimiter = options.delimiter;
  if (delimiter == '\0') {
    for (const char* ending : {".tsv", ".tsv.gz", ".tsv.zst"}) {
      if (path.ends_with(ending)) return '\t';
    }
    return ',';
  }
  const auto byte = static_cast<unsigned char>(delimiter);
  const bool number =
      (delimiter >= '0' && delimiter <= '9') || delimiter == '-' || delimiter == '+' || delimiter == '.';
  if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' || byte >= 0x80 || number) {
    throw Error(ErrorCode::usage,
                fmt::format("found the delimiter {}, expected one ASCII character that numbers, quotes "
                            "and line ends don't use",
                            in_quotes({&delimiter, 1})));
  }
  return delimiter;
}

CsvHeader read_header(CsvReader& reader, const std::string& source, char delimiter, const CsvOptions& options,
                      const std::function<bool(std::string_view name, std::size_t number)>& matters) {
  if (!reader.next()) {
    fail(Place{.file = source},
         fmt::format("found an empty file, expected {}", options.header ? "a header and rows" : "rows"));
  }
  check_delimiter(reader, delimiter);
  CsvHeader header;
  header.row_is_data = !options.header;
  if (options.header) {
    check_not_data(reader, options);
    for (const std::string_view name : reader.fields()) header.names.emplace_back(name);
    check_names(reader, header.names, matters);
  } else {
    for (std::size_t i = 1; i <= reader.fields().size(); ++i) header.names.push_back(fmt::format("column{}", i));
  }
  return header;
}

void check_width(const CsvReader& reader, std::size_t columns) {
  const std::size_t found = reader.fields().size();
  if (found == columns) return;
  const bool trailing = found == columns + 1 && reader.fields().back().empty();
  fail(reader.place(std::min(found, columns)),
       fmt::format("found {} field{}, expected {}{}", found, found == 1 ? "" : "s", columns,
                   trailing ? " (the line ends with a delimiter)" : ""));
}

std::size_t find_column(const std::vector<std::string>& names, const std::string& text, std::string_view option) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::optional<int64_t> number = whole_number(text);
  if (number && *number >= 1 && *number <= static_cast<int64_t>(names.size())) {
    return static_cast<std::size_t>(*number - 1);
  }
  const std::string nearest = nearest_name(text, names);
  throw Error(
      ErrorCode::usage,
      fmt::format("{}: found {}, expected the name of a column or its number from 1 to {}{}", option, in_quotes(text),
                  names.size(), nearest.empty() ? "" : fmt::format(" (did you mean {}?)", in_quotes(nearest))));
}

}  // namespace gradus
