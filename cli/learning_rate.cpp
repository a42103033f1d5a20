#include "learning_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "print.h"

namespace gradus::cli {
namespace {

constexpr std::size_t kLinesShown = 20;

// A flag as a shell takes it, as often as it was given.
std::string words_of(const Flags& flags, const FlagSpec& flag) {
  std::string words;
  if (flag.kind == FlagKind::toggle) return " " + flag.name;
  for (const std::string& text : flags.all(flag.name)) words += fmt::format(" {} {}", flag.name, shell_word(text));
  return words;
}

}  // namespace

void check_rate_flags(const Flags& flags) {
  const bool finds = flags.given("--find-learning-rate"), saves = flags.given("--output");
  if (finds && flags.given("--learning-rate"))
    flags.fail("--find-learning-rate", "found --learning-rate as well, expected one of them");
  if (flags.given("--json") && (!finds || saves))
    flags.fail("--json", fmt::format("found {}, expected --find-learning-rate alone",
                                     finds ? "--output as well" : "no --find-learning-rate"));
}

std::string range_text(const LearningRateRange& range) {
  const std::vector<LearningRateStep>& steps = range.steps;
  std::vector<std::vector<std::string>> rows = {{"  step", "learning rate", "loss", "smoothed"}};
  const std::size_t every = std::max<std::size_t>(1, (steps.size() + kLinesShown - 1) / kLinesShown);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (i % every != 0 && i + 1 != steps.size()) continue;
    rows.push_back({fmt::format("  {}", i + 1), fmt::format("{:.2e}", steps[i].learning_rate), brief(steps[i].loss),
                    brief(steps[i].smoothed_loss)});
  }
  return aligned(rows, true) +
         (range.suggested
              ? fmt::format("suggested --learning-rate {}: a tenth of the rate at the lowest smoothed loss\n",
                            *range.suggested)
              : "suggested none: no rate lowered the loss\n");
}

std::string train_command(const Flags& flags, const CommandSpec& spec, double rate) {
  const std::string data = flags.positional(0);
  std::string command = fmt::format("gradus train {}", data == "-" ? "DATA.csv" : shell_word(data));
  const std::vector<std::string> others = {"--find-learning-rate", "--json", "--output", "--quiet", "--config"};
  for (const FlagGroup& group : spec.groups)
    for (const FlagSpec& flag : group.flags)
      if (flags.given(flag.name) && std::count(others.begin(), others.end(), flag.name) == 0)
        command += words_of(flags, flag);
  return command + fmt::format(" --learning-rate {} -o MODEL", rate);
}

}  // namespace gradus::cli
