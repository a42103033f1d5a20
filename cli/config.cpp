#include "config.h"

#include <fmt/format.h>
#include <sys/stat.h>
// toml++ 3.3 asserts, or with NDEBUG assumes, what a malformed file breaks ("[[["); its parser then reports the mistake
// all the same, so neither is wanted.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "print.h"

namespace gradus::cli {
namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20;

Place place_of(const std::string& path, const toml::source_region& source) {
  return {path, static_cast<int64_t>(source.begin.line), static_cast<int64_t>(source.begin.column), -1};
}

std::string read_whole(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0)
    throw Error(ErrorCode::cannot_read, {path, 0, 0, -1},
                fmt::format("found \"{}\", expected a TOML file", std::strerror(errno)));
  if (S_ISDIR(status.st_mode))
    throw Error(ErrorCode::cannot_read, {path, 0, 0, -1}, "found a folder, expected a TOML file");
  std::ifstream stream(path, std::ios::binary);
  std::string text(kMaxConfigBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad())
    throw Error(ErrorCode::cannot_read, {path, 0, 0, -1},
                fmt::format("found \"{}\", expected to read it", std::strerror(errno)));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxConfigBytes)
    throw Error(ErrorCode::usage, {path, 0, 0, -1}, "found more than 1 MiB, expected a TOML file of flags");
  return text;
}

/// Steps over one text of TOML that begins at `at`: to behind its closing quotes, or, where there are none, to the end
/// of its line or of the file.
std::size_t behind_text(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool several = text.substr(at, 3) == std::string(3, quote);  // lines
  const std::string closing(several ? 3 : 1, quote);
  for (at += closing.size(); at < text.size(); ++at) {
    if (text.substr(at).starts_with(closing)) return at + closing.size();
    if (text[at] == '\n' && !several) return at;
    if (text[at] == '\\' && quote == '"') ++at;
  }
  return at;
}

/// toml++ 3.3 runs into __builtin_unreachable for most characters beyond ASCII that stand outside of texts and
/// comments, where TOML has none.
void check_ascii_outside_texts(const std::string& path, std::string_view text) {
  int64_t line = 1;
  for (std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; at < text.size();) {
    const std::size_t from = at;
    if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (text[at] == '"' || text[at] == '\'') {
      at = behind_text(text, at);
    } else if (static_cast<unsigned char>(text[at++]) >= 0x80) {
      throw Error(
          ErrorCode::usage, {path, line, 0, -1},
          "found a character beyond ASCII outside of quotes, expected TOML: keys and texts with such in quotes");
    }
    line += std::count(text.begin() + static_cast<std::ptrdiff_t>(from),
                       text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size())), '\n');
  }
}

toml::table parse_toml(const std::string& path) {
  const std::string text = read_whole(path);
  check_ascii_outside_texts(path, text);
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::usage, place_of(path, error.source()),
                fmt::format("found a mistake, expected TOML: {}", printable(error.description())));
  }
}

std::string type_name(const toml::node& node) {
  std::ostringstream stream;
  stream << node.type();
  return stream.str();
}

std::string_view expected_type(FlagKind kind) {
  switch (kind) {
    case FlagKind::toggle:
      return "true or false";
    case FlagKind::whole:
      return "a whole number";
    case FlagKind::whole_or_word:
      return "a whole number or a text";
    case FlagKind::number:
      return "a number";
    case FlagKind::list:
      return "a text or an array of texts";
    case FlagKind::text:
      break;
  }
  return "a text in quotes";
}

// A scalar as the command line would have it, or nothing when its type doesn't fit `kind`.
std::optional<std::string> scalar_text(const toml::node& node, FlagKind kind) {
  if (const auto* toggle = node.as_boolean())
    return kind == FlagKind::toggle ? std::optional<std::string>(toggle->get() ? "true" : "false") : std::nullopt;
  if (kind == FlagKind::toggle) return std::nullopt;
  if (const auto* whole = node.as_integer())
    return kind == FlagKind::text ? std::nullopt : std::optional(fmt::format("{}", whole->get()));
  if (const auto* number = node.as_floating_point())
    return kind == FlagKind::number ? std::optional(fmt::format("{}", number->get())) : std::nullopt;
  const auto* text = node.as_string();
  const bool takes_text = kind == FlagKind::text || kind == FlagKind::list || kind == FlagKind::whole_or_word;
  return text != nullptr && takes_text ? std::optional(text->get()) : std::nullopt;
}

std::optional<std::string> value_text(const toml::node& node, FlagKind kind) {
  const toml::array* array = node.as_array();
  if (array == nullptr || kind != FlagKind::list) return scalar_text(node, kind);
  std::string joined;
  for (const toml::node& element : *array) {
    const auto part = scalar_text(element, kind);
    if (!part) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *part;
  }
  return joined;
}

}  // namespace

// [tune]: option = "1e-4..1e-1 log", or an array of the texts or numbers that it may be, as --range has them.
std::vector<FlagValue> read_ranges(const std::string& path, const toml::table& table) {
  std::vector<FlagValue> ranges;
  for (const auto& [key, node] : table) {
    const toml::array* array = node.as_array();
    std::string text;
    if (array == nullptr) {
      text = scalar_text(node, FlagKind::text).value_or("");
    } else {
      for (const toml::node& choice : *array) {
        const auto one =
            choice.is_string() ? scalar_text(choice, FlagKind::text) : scalar_text(choice, FlagKind::number);
        if (!one) text.clear();
        if (!one) break;
        text += (text.empty() ? "" : "|") + *one;
      }
    }
    if (text.empty())
      throw Error(ErrorCode::usage, place_of(path, node.source()),
                  fmt::format("tune.{}: found {}, expected a text such as \"1e-4..1e-1 log\" or an array of choices",
                              printable(key.str()), type_name(node)));
    std::string name(key.str());
    std::replace(name.begin(), name.end(), '_', '-');
    ranges.push_back({name + "=" + text, place_of(path, node.source())});
  }
  return ranges;
}

std::map<std::string, std::vector<FlagValue>> read_config(const CommandSpec& spec, const std::string& path) {
  std::map<std::string, std::vector<FlagValue>> values;
  const toml::table table = parse_toml(path);
  for (const auto& [key, node] : table) {
    const Place place = place_of(path, key.source());
    std::string name = "--" + std::string(key.str());
    std::replace(name.begin(), name.end(), '_', '-');
    if (name == "--tune" && node.is_table() && find_flag(spec, "--range") != nullptr) {
      values["--range"] = read_ranges(path, *node.as_table());
      continue;
    }
    const FlagSpec* flag = find_flag(spec, name);
    if (flag == nullptr || name == "--config" || name == "--help") {
      const std::string nearest = flag == nullptr ? nearest_name(name, flag_names(spec)) : "";
      throw Error(ErrorCode::usage, place,
                  fmt::format("found the unknown key \"{}\", expected {}", printable(key.str()),
                              nearest.empty() ? "a flag's long name" : fmt::format("perhaps {}", nearest.substr(2))));
    }
    const auto text = value_text(node, flag->kind);
    if (!text)
      throw Error(
          ErrorCode::usage, place_of(path, node.source()),
          fmt::format("{}: found {}, expected {}", flag->name.substr(2), type_name(node), expected_type(flag->kind)));
    if (values.count(flag->name) != 0)
      throw Error(ErrorCode::usage, place, fmt::format("found {} given twice, expected once", flag->name.substr(2)));
    if (flag->kind != FlagKind::toggle || *text == "true")
      values[flag->name].push_back({*text, place_of(path, node.source())});
  }
  return values;
}

std::pair<std::string, std::string> config_library() {
  return {"toml++", fmt::format("{}.{}.{}", TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH)};
}

}  // namespace gradus::cli
