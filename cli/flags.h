// What a command accepts, and what it was given: on the command line or in a --config file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/error.h"
#include "gradus/names.h"

namespace gradus::cli {

/// What a config file may write: `list` also as an array, `whole_or_word` as "all" or 64.
enum class FlagKind { toggle, text, list, whole, whole_or_word, number };

struct FlagSpec {
  std::string name;  ///< "--epochs"
  FlagKind kind = FlagKind::text;
  std::string value;  ///< what the help calls the value: "N"
  std::string help;
  std::vector<std::string> aliases = {};
};

struct FlagGroup {
  std::string title;
  std::vector<FlagSpec> flags;
};

struct PositionalSpec {
  std::string name;
  std::string help;
};

struct CommandSpec {
  std::string name;
  std::string summary;
  std::vector<PositionalSpec> positionals;
  std::vector<FlagGroup> groups;
  std::string example;
};

/// A value as it was written, and where (empty for the command line).
struct FlagValue {
  std::string text;
  Place place;
};

/// The parsed flags of one command. Values are read strictly: the whole text, decimal, in range, or Error(usage).
class Flags {
 public:
  /// Throws Error(usage) for anything unknown, with the nearest name, and for a positional too many or too few.
  Flags(const CommandSpec& spec, std::span<const std::string> arguments);

  bool help_wanted() const noexcept { return help_wanted_; }
  /// The command as it was typed, for a shell: "gradus train data.csv --target y".
  const std::string& command_line() const noexcept { return command_line_; }
  const std::string& positional(std::size_t index) const { return positionals_.at(index); }

  bool given(const std::string& name) const { return values_.count(name) != 0; }
  std::optional<std::string> text(const std::string& name) const;
  /// Comma-separated parts of every time the flag was given; an array in a config file.
  std::vector<std::string> list(const std::string& name) const;
  /// Each text that was given, in order, commas and all.
  std::vector<std::string> all(const std::string& name) const;
  /// These flags with `text` for `name`, as if it were on the command line.
  Flags with(const std::string& name, const std::string& text) const;
  std::optional<int64_t> whole(const std::string& name, int64_t least, int64_t most) const;
  std::optional<uint64_t> seed(const std::string& name) const;
  /// A finite number from `least` to `most`, without the end that `ends` leaves out.
  enum class Ends { closed, above_least, below_most, open };
  std::optional<double> number(const std::string& name, double least, double most, Ends ends = Ends::closed) const;
  /// One of an enum's names; "auto" means unsaid.
  template <typename Enum>
  std::optional<Enum> choice(const std::string& name) const;

  /// Throws Error(usage) at the place where the flag was given: `--name: message`.
  [[noreturn]] void fail(const std::string& name, const std::string& message) const;

 private:
  void take_command_line(const CommandSpec& spec, std::span<const std::string> arguments);
  const FlagValue* last(const std::string& name) const;

  std::map<std::string, std::vector<FlagValue>> values_;  ///< by canonical name
  std::vector<std::string> positionals_;
  std::string command_line_;
  bool help_wanted_ = false;
};

template <typename Enum>
std::optional<Enum> Flags::choice(const std::string& name) const {
  const FlagValue* value = last(name);
  if (value == nullptr || value->text == "auto") return std::nullopt;
  try {
    return parse<Enum>(value->text, name);
  } catch (const Error& error) {
    throw Error(error.code(), value->place, error.message());
  }
}

/// Finite numbers between commas, or nothing where one is none.
std::optional<std::vector<double>> parse_numbers(const std::string& text);

/// The `--help` text of a command.
std::string help_text(const CommandSpec& spec);
/// "gradus predict MODEL DATA".
std::string usage_line(const CommandSpec& spec);
/// The spec of a flag called `name` (canonical or alias), or null.
const FlagSpec* find_flag(const CommandSpec& spec, std::string_view name);
/// Canonical flag names, for suggestions.
std::vector<std::string> flag_names(const CommandSpec& spec);
/// Name and version of the flag library.
std::pair<std::string, std::string> flag_library();

}  // namespace gradus::cli
