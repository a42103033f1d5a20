#include "flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <type_traits>

#include <CLI/CLI.hpp>

#include "config.h"
#include "print.h"

namespace gradus::cli {
namespace {

std::string option_names(const FlagSpec& flag) {
  std::string names = flag.name;
  for (const std::string& alias : flag.aliases) names += "," + alias;
  return names;
}

[[noreturn]] void unknown_argument(const CommandSpec& spec, const std::string& argument) {
  if (argument.size() < 2 || argument[0] != '-')
    throw Error(ErrorCode::usage, fmt::format("found the extra argument \"{}\", expected {}", printable(argument),
                                              counted(static_cast<int64_t>(spec.positionals.size()), "file", "files")));
  const std::string name = argument.substr(0, argument.find('='));
  const std::string nearest = nearest_name(name, flag_names(spec));
  throw Error(ErrorCode::usage, fmt::format("{}: found an unknown flag, expected {}", printable(name),
                                            nearest.empty() ? fmt::format("one that gradus {} --help lists", spec.name)
                                                            : fmt::format("perhaps {}", nearest)));
}

// CLI11 only cuts the command line into names and texts: its own conversions saturate, wrap and read octal.
void declare(CLI::App& app, const CommandSpec& spec) {
  app.set_help_flag();
  app.allow_extras();
  for (const PositionalSpec& positional : spec.positionals)
    app.add_option(positional.name)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  for (const FlagGroup& group : spec.groups) {
    for (const FlagSpec& flag : group.flags) {
      CLI::Option* option = flag.kind == FlagKind::toggle ? app.add_flag(option_names(flag))
                                                          : app.add_option(option_names(flag))->expected(1);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
}

// "--missing=" as "--missing" and an empty text: CLI11 would take the argument after it for the value.
std::vector<std::string> with_empty_values(const CommandSpec& spec, std::span<const std::string> arguments) {
  std::vector<std::string> out;
  for (const std::string& argument : arguments) {
    const bool empty_value = argument.starts_with("--") && argument.ends_with("=");
    const FlagSpec* flag = empty_value ? find_flag(spec, argument.substr(0, argument.size() - 1)) : nullptr;
    if (flag == nullptr || flag->kind == FlagKind::toggle) {
      out.push_back(argument);
    } else {
      out.insert(out.end(), {flag->name, ""});
    }
  }
  return out;
}

template <typename Whole>
std::optional<Whole> parse_whole(std::string_view text) {
  const std::string_view digits = !text.empty() && text[0] == '-' ? text.substr(1) : text;
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;  // octal to some, decimal to others
  Whole value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (!text.empty()) {
    const std::size_t comma = text.find(',', begin);
    parts.push_back(text.substr(begin, comma - begin));
    if (comma == std::string::npos) break;
    begin = comma + 1;
  }
  return parts;
}

}  // namespace

std::optional<std::vector<double>> parse_numbers(const std::string& text) {
  std::vector<double> numbers;
  for (const std::string& part : split_at_commas(text)) {
    const auto number = parse_number(part);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

const FlagSpec* find_flag(const CommandSpec& spec, std::string_view name) {
  for (const FlagGroup& group : spec.groups) {
    for (const FlagSpec& flag : group.flags) {
      if (flag.name == name || std::count(flag.aliases.begin(), flag.aliases.end(), name) != 0) return &flag;
    }
  }
  return nullptr;
}

std::vector<std::string> flag_names(const CommandSpec& spec) {
  std::vector<std::string> names;
  for (const FlagGroup& group : spec.groups) {
    for (const FlagSpec& flag : group.flags) {
      names.push_back(flag.name);
      std::copy_if(flag.aliases.begin(), flag.aliases.end(), std::back_inserter(names),
                   [](const std::string& alias) { return alias.size() > 2; });
    }
  }
  return names;
}

Flags::Flags(const CommandSpec& spec, std::span<const std::string> arguments) {
  command_line_ = "gradus " + spec.name;
  for (const std::string& argument : arguments) command_line_ += " " + shell_word(argument);
  take_command_line(spec, arguments);
  if (help_wanted_) return;
  if (const auto path = text("--config")) {
    std::map<std::string, std::vector<FlagValue>> merged = read_config(spec, *path);
    if (given("--early-stopping")) merged.erase("--no-early-stopping");
    if (given("--no-early-stopping")) merged.erase("--early-stopping");
    for (auto& [name, values] : values_) merged[name] = values;
    values_ = std::move(merged);
  }
  if (positionals_.size() < spec.positionals.size())
    throw Error(ErrorCode::usage,
                fmt::format("found no {}, expected {}", spec.positionals[positionals_.size()].name, usage_line(spec)));
}

void Flags::take_command_line(const CommandSpec& spec, std::span<const std::string> arguments) {
  CLI::App app;
  declare(app, spec);
  std::vector<std::string> reversed = with_empty_values(spec, arguments);
  std::reverse(reversed.begin(), reversed.end());  // CLI11 takes them last first
  try {
    app.parse(reversed);
  } catch (const CLI::Error&) {
    // With texts only, what remains to go wrong is a flag at the end without its value, or a toggle with one.
    const std::string last = arguments.empty() ? "" : arguments.back();
    const FlagSpec* flag = find_flag(spec, last);
    if (flag != nullptr && flag->kind != FlagKind::toggle)
      throw Error(ErrorCode::usage, fmt::format("{}: found no value, expected {}", last, flag->value));
    throw Error(ErrorCode::usage,
                fmt::format("found arguments that can't be read, expected those that gradus {} --help "
                            "lists",
                            spec.name));
  }
  help_wanted_ = app.count("--help") > 0;
  if (help_wanted_) return;
  for (const std::string& argument : app.remaining()) {
    if (argument != "--") unknown_argument(spec, argument);
  }
  for (const PositionalSpec& positional : spec.positionals) {
    for (const std::string& value : app.get_option(positional.name)->results()) positionals_.push_back(value);
  }
  for (const FlagGroup& group : spec.groups) {
    for (const FlagSpec& flag : group.flags) {
      const CLI::Option* option = app.get_option(flag.name);
      for (const std::string& value : option->results()) {
        if (flag.kind == FlagKind::toggle && value != "true")
          throw Error(ErrorCode::usage,
                      fmt::format("{}: found \"{}\", expected no value", flag.name, printable(value)));
        values_[flag.name].push_back({value, {}});
      }
    }
  }
}

const FlagValue* Flags::last(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second.back();
}

void Flags::fail(const std::string& name, const std::string& message) const {
  const FlagValue* value = last(name);
  throw Error(ErrorCode::usage, value == nullptr ? Place{} : value->place, fmt::format("{}: {}", name, message));
}

std::optional<std::string> Flags::text(const std::string& name) const {
  const FlagValue* value = last(name);
  return value == nullptr ? std::nullopt : std::optional(value->text);
}

std::vector<std::string> Flags::list(const std::string& name) const {
  std::vector<std::string> parts;
  const auto found = values_.find(name);
  if (found == values_.end()) return parts;
  for (const FlagValue& value : found->second) {
    for (std::string& part : split_at_commas(value.text)) parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<std::string> Flags::all(const std::string& name) const {
  std::vector<std::string> texts;
  const auto found = values_.find(name);
  if (found == values_.end()) return texts;
  for (const FlagValue& value : found->second) texts.push_back(value.text);
  return texts;
}

Flags Flags::with(const std::string& name, const std::string& text) const {
  Flags changed = *this;
  changed.values_[name] = {{text, {}}};
  return changed;
}

std::optional<int64_t> Flags::whole(const std::string& name, int64_t least, int64_t most) const {
  const FlagValue* value = last(name);
  if (value == nullptr) return std::nullopt;
  const auto number = parse_whole<int64_t>(value->text);
  if (!number || *number < least || *number > most)
    fail(name, fmt::format("found \"{}\", expected a whole number from {} to {}", printable(value->text), least, most));
  return number;
}

std::optional<uint64_t> Flags::seed(const std::string& name) const {
  const FlagValue* value = last(name);
  if (value == nullptr) return std::nullopt;
  const auto number = parse_whole<uint64_t>(value->text);
  if (!number)
    fail(name, fmt::format("found \"{}\", expected a whole number from 0 to {}", printable(value->text),
                           std::numeric_limits<uint64_t>::max()));
  return number;
}

std::optional<double> Flags::number(const std::string& name, double least, double most, Ends ends) const {
  const FlagValue* value = last(name);
  if (value == nullptr) return std::nullopt;
  const auto number = parse_number(value->text);
  const bool above = ends == Ends::above_least || ends == Ends::open;
  const bool below = ends == Ends::below_most || ends == Ends::open;
  const bool inside =
      number && *number >= least && *number <= most && !(above && *number == least) && !(below && *number == most);
  if (inside) return number;
  const bool bounded = most < std::numeric_limits<double>::max();
  std::string range = fmt::format("{} {}", above ? "greater than" : "of at least", least);
  if (bounded) range += fmt::format(" and {} {}", below ? "less than" : "at most", most);
  fail(name, fmt::format("found \"{}\", expected a number {}", printable(value->text), range));
}

std::string usage_line(const CommandSpec& spec) {
  std::string line = "gradus " + spec.name;
  for (const PositionalSpec& positional : spec.positionals) line += " " + positional.name;
  return line;
}

std::pair<std::string, std::string> flag_library() {
  return {"CLI11", CLI11_VERSION};
}

}  // namespace gradus::cli
