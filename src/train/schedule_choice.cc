#include "train/schedule_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "gradus/error.h"

#include "base/bounds.h"

namespace gradus {
namespace {

/// Throws Error(usage) when `flag` was given and `schedule` doesn't listen to it.
void check_heard(std::string_view flag, bool given, bool (*uses)(Schedule) noexcept, Schedule schedule) {
  if (!given || uses(schedule)) return;
  std::vector<std::string> listeners;
  for (const std::string& candidate : names<Schedule>())
    if (uses(parse<Schedule>(candidate, flag))) listeners.push_back(candidate);
  throw Error(ErrorCode::usage,
              fmt::format("{}: found with schedule {}, expected {}", flag, name(schedule), fmt::join(listeners, ", ")));
}

}  // namespace

ScheduleSettings choose_schedule_settings(const TrainOptions& options, Schedule schedule, int64_t epochs) {
  check_heard("--rate-decay", options.rate_decay.has_value(), uses_decay, schedule);
  check_heard("--rate-power", options.rate_power.has_value(), uses_power, schedule);
  check_heard("--cycle", options.cycle.has_value(), uses_cycle, schedule);
  if (options.cycle_growth && !options.cycle)
    throw Error(ErrorCode::usage, "--cycle-growth: found without --cycle, expected both");
  const ScheduleSettings settings = {.warmup = options.warmup.value_or(0.0),
                                     .decay = options.rate_decay.value_or(usual_decay(schedule)),
                                     .power = options.rate_power.value_or(0.5),
                                     .cycle = options.cycle.value_or(0),
                                     .cycle_growth = options.cycle_growth.value_or(1)};
  check_range("--warmup", settings.warmup, 0.0, static_cast<double>(epochs));
  check_range("--rate-decay", settings.decay, 0.0, 1.0);
  check_range("--rate-power", settings.power, 0.0, 100.0);
  check_range("--cycle", static_cast<double>(settings.cycle), options.cycle ? 1.0 : 0.0, 1e9);
  check_range("--cycle-growth", static_cast<double>(settings.cycle_growth), 1.0, 1000.0);
  return settings;
}

void describe_schedule(Schedule schedule, const ScheduleSettings& settings, OptionList& list) {
  const auto add = [&list](const char* option, const auto& value) {
    list.emplace_back(option, fmt::format("{}", value));
  };
  if (settings.warmup > 0.0) add("warmup", settings.warmup);
  if (uses_decay(schedule)) add("rate_decay", settings.decay);
  if (uses_power(schedule)) add("rate_power", settings.power);
  if (settings.cycle > 0) {
    add("cycle", settings.cycle);
    add("cycle_growth", settings.cycle_growth);
  }
}

std::string summarize(Schedule schedule, const ScheduleSettings& settings) {
  std::string text(name(schedule));
  if (uses_decay(schedule) && settings.decay != usual_decay(schedule)) text += fmt::format(" {}", settings.decay);
  if (uses_power(schedule)) text += fmt::format(", power {}", settings.power);
  if (settings.warmup > 0.0) text += fmt::format(", warm-up {}", settings.warmup);
  if (settings.cycle > 0) text += fmt::format(", cycle {}", settings.cycle);
  if (settings.cycle_growth > 1) text += fmt::format(" x {}", settings.cycle_growth);
  return text;
}

}  // namespace gradus
