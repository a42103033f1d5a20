// The text of --help, wrapped to 100 columns.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "flags.h"

namespace gradus::cli {
namespace {

constexpr std::size_t kIndent = 28;
constexpr std::size_t kWidth = 100;

// `text` word by word from column kIndent on; the first line has the column already.
std::string wrapped(const std::string& text) {
  std::string out;
  std::size_t column = kIndent;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t space = std::min(text.find(' ', begin), text.size());
    const std::size_t length = space - begin;
    if (column > kIndent && column + 1 + length > kWidth) {
      out += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    } else if (column > kIndent) {
      out += ' ';
      ++column;
    }
    out += text.substr(begin, length);
    column += length;
    begin = space + 1;
  }
  return out;
}

std::string entry(const std::string& left, const std::string& right) {
  std::string line = "  " + left;
  if (line.size() + 2 > kIndent) {
    line += "\n" + std::string(kIndent, ' ');
  } else {
    line.resize(kIndent, ' ');
  }
  return line + wrapped(right) + "\n";
}

std::string flag_entry(const FlagSpec& flag) {
  std::string left;
  std::vector<std::string> also;
  for (const std::string& alias : flag.aliases) {
    if (alias.size() == 2) {
      left += alias + ", ";
    } else {
      also.push_back(alias);
    }
  }
  left += flag.name;
  if (!flag.value.empty()) left += " " + flag.value;
  return entry(left, also.empty() ? flag.help : fmt::format("{} (also {})", flag.help, fmt::join(also, ", ")));
}

}  // namespace

std::string help_text(const CommandSpec& spec) {
  std::string out = fmt::format("{}{}\n\n{}\n", usage_line(spec), spec.groups.empty() ? "" : " [flags]", spec.summary);
  if (!spec.positionals.empty()) out += '\n';
  for (const PositionalSpec& positional : spec.positionals) out += entry(positional.name, positional.help);
  for (const FlagGroup& group : spec.groups) {
    out += fmt::format("\n{}\n", group.title);
    for (const FlagSpec& flag : group.flags) out += flag_entry(flag);
  }
  return out + fmt::format("\nExample\n  {}\n", spec.example);
}

}  // namespace gradus::cli
