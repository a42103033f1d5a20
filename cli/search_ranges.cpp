#include "search_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "print.h"

namespace gradus::cli {
namespace {

constexpr const char* kForm = "expected as in learning-rate=1e-4..1e-1 log, dropout=0..0.5 or hidden=64|128,64";

std::vector<std::string> split_at(const std::string& text, char mark) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(mark, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

bool is_number(const FlagSpec& flag) {
  return flag.kind == FlagKind::number || flag.kind == FlagKind::whole || flag.kind == FlagKind::whole_or_word;
}

/// "1e-4..1e-1" or "1e-4..1e-1 log"; nothing where it is neither.
std::optional<SearchRange> number_range(std::string text, const FlagSpec& flag) {
  SearchRange range;
  range.whole = flag.kind != FlagKind::number;
  if (text.ends_with(" log")) {
    range.logarithmic = true;
    text.resize(text.size() - 4);
  }
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return std::nullopt;
  const auto low = parse_numbers(text.substr(0, dots));
  const auto high = parse_numbers(text.substr(dots + 2));
  if (!low || !high || low->size() != 1 || high->size() != 1) return std::nullopt;
  range.low = low->front();
  range.high = high->front();
  return range;
}

const FlagSpec& flag_of(const Flags& flags, const std::string& name, const std::vector<FlagSpec>& searchable) {
  std::vector<std::string> known;
  for (const FlagSpec& flag : searchable) {
    const std::string full = "--" + name;
    if (flag.name == full || std::count(flag.aliases.begin(), flag.aliases.end(), full) > 0) return flag;
    known.push_back(flag.name.substr(2));
  }
  const std::string nearest = nearest_name(name, known);
  flags.fail("--range", fmt::format("found the option \"{}\", expected {}", printable(name),
                                    nearest.empty() ? "one of the network's or the training's that takes a value"
                                                    : "perhaps " + nearest));
}

SearchRange read_range(const Flags& flags, const std::string& text, const std::vector<FlagSpec>& searchable) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    flags.fail("--range", fmt::format("found \"{}\", {}", printable(text), kForm));
  const FlagSpec& flag = flag_of(flags, text.substr(0, equals), searchable);
  if (flags.given(flag.name))
    flags.fail("--range", fmt::format("found {}, which is given as well, expected one of them", flag.name.substr(2)));
  const std::string values = text.substr(equals + 1);
  std::optional<SearchRange> range;
  if (is_number(flag)) range = number_range(values, flag);
  if (!range && values.find("..") == std::string::npos && !values.empty())
    range = SearchRange{.choices = split_at(values, '|')};
  const bool empty_choice = range && std::count(range->choices.begin(), range->choices.end(), "") > 0;
  if (!range || empty_choice) flags.fail("--range", fmt::format("found \"{}\", {}", printable(text), kForm));
  range->name = flag.name.substr(2);
  return *range;
}

}  // namespace

std::vector<SearchRange> search_ranges(const Flags& flags, const std::vector<FlagSpec>& searchable) {
  std::vector<SearchRange> ranges;
  for (const std::string& text : flags.all("--range")) ranges.push_back(read_range(flags, text, searchable));
  // Draws go by the ranges' order, which a config file doesn't keep.
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  if (ranges.empty()) throw Error(ErrorCode::usage, fmt::format("--range: found none, {}", kForm));
  return ranges;
}

}  // namespace gradus::cli
