#include "optim/schedule.h"

#include <cmath>

#include "kernels/math.h"

namespace gradus {
namespace {

// PyTorch's OneCycleLR.
constexpr double kRise = 0.3;  // of the run
constexpr double kFirstDivisor = 25.0;
constexpr double kLastDivisor = 1e4;

/// Half a cosine from `from` to `to`, `done` of it.
double half_cosine(double from, double to, double done) noexcept {
  return to + (from - to) * 0.5 * (1.0 + kernels::cos_2pi(0.5 * done));
}

/// By squaring, so that it is the same product on every machine.
double whole_power(double base, int64_t exponent) noexcept {
  double power = 1.0;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) power *= base;
    base *= base;
  }
  return power;
}

}  // namespace

bool uses_decay(Schedule schedule) noexcept {
  return schedule == Schedule::step || schedule == Schedule::exponential || schedule == Schedule::plateau ||
         schedule == Schedule::adaptive;
}
bool uses_power(Schedule schedule) noexcept {
  return schedule == Schedule::invscaling;
}
bool uses_cycle(Schedule schedule) noexcept {
  return schedule == Schedule::cosine;
}

bool depends_on_length(Schedule schedule, const ScheduleSettings& settings) noexcept {
  return schedule == Schedule::step || schedule == Schedule::one_cycle ||
         (schedule == Schedule::cosine && settings.cycle == 0);
}

double usual_decay(Schedule schedule) noexcept {
  switch (schedule) {
    case Schedule::step:
      return 0.1;
    case Schedule::exponential:
      return 0.95;
    case Schedule::plateau:
      return 0.5;
    case Schedule::adaptive:
      return 0.2;
    default:
      return 1.0;
  }
}

LearningRateSchedule::LearningRateSchedule(Schedule schedule, const ScheduleSettings& settings,
                                           const ScheduledRun& run) noexcept
    : schedule_(schedule),
      settings_(settings),
      run_(run),
      warmup_steps_(schedule == Schedule::one_cycle
                        ? 0
                        : static_cast<int64_t>(std::floor(settings.warmup * static_cast<double>(run.steps) + 0.5))),
      epochs_left_(static_cast<double>(run.epochs) -
                   static_cast<double>(warmup_steps_) / static_cast<double>(run.steps)) {}

double LearningRateSchedule::rate(int64_t epoch, int64_t step) const noexcept {
  int64_t at = epoch * run_.steps + step;
  if (schedule_ == Schedule::one_cycle) return one_cycle(at);
  if (at < warmup_steps_) return run_.rate * static_cast<double>(at + 1) / static_cast<double>(warmup_steps_ + 1);
  at -= warmup_steps_;
  const int64_t whole = at / run_.steps;
  const double within = static_cast<double>(at % run_.steps) / static_cast<double>(run_.steps);
  switch (schedule_) {
    case Schedule::step: {
      const double thirds = 3.0 * static_cast<double>(whole) / epochs_left_;
      return run_.rate * whole_power(settings_.decay, thirds >= 2.0 ? 2 : thirds >= 1.0 ? 1 : 0);
    }
    case Schedule::exponential:
      return run_.rate * whole_power(settings_.decay, whole);
    case Schedule::invscaling: {
      const double seen = static_cast<double>(whole) * static_cast<double>(run_.rows) + 1.0;
      return run_.rate * kernels::exp<double>(-settings_.power * kernels::log<double>(seen));
    }
    case Schedule::cosine:
      return cosine(whole, within);
    case Schedule::plateau:
    case Schedule::adaptive:
      return run_.rate * observed_.factor;
    case Schedule::constant:
    case Schedule::one_cycle:
      break;
  }
  return run_.rate;
}

double LearningRateSchedule::cosine(int64_t epoch, double within) const noexcept {
  double length = epochs_left_;
  if (settings_.cycle > 0) {
    int64_t cycle = settings_.cycle;
    if (settings_.cycle_growth == 1) epoch %= cycle;
    while (epoch >= cycle) {
      epoch -= cycle;
      cycle *= settings_.cycle_growth;
    }
    length = static_cast<double>(cycle);
  }
  return half_cosine(run_.rate, 0.0, (static_cast<double>(epoch) + within) / length);
}

double LearningRateSchedule::one_cycle(int64_t step) const noexcept {
  const double steps = static_cast<double>(run_.epochs) * static_cast<double>(run_.steps);
  const double rise = settings_.warmup > 0.0 ? settings_.warmup / static_cast<double>(run_.epochs) : kRise;
  const double top = rise * steps - 1.0;  // the step whose rate is the base rate
  const double first = run_.rate / kFirstDivisor;
  const auto at = static_cast<double>(step);
  if (at <= top) return top > 0.0 ? half_cosine(first, run_.rate, at / top) : run_.rate;
  return half_cosine(run_.rate, first / kLastDivisor, (at - top) / (steps - 1.0 - top));
}

void LearningRateSchedule::observe(int64_t epoch, double loss) noexcept {
  if ((epoch + 1) * run_.steps <= warmup_steps_) return;
  if (schedule_ == Schedule::plateau) {
    observed_.worse = loss < observed_.best ? 0 : observed_.worse + 1;
    if (observed_.worse >= kPlateauPatience) fall();
  } else if (schedule_ == Schedule::adaptive) {
    observed_.worse = loss > observed_.best - run_.tolerance ? observed_.worse + 1 : 0;
    if (observed_.worse > run_.patience) fall();
  }
  if (loss < observed_.best) observed_.best = loss;
}

void LearningRateSchedule::fall() noexcept {
  observed_.worse = 0;
  if (schedule_ == Schedule::adaptive && run_.rate * observed_.factor <= kLeastAdaptiveRate) {
    observed_.exhausted = true;
  } else {
    observed_.factor *= settings_.decay;
  }
}

}  // namespace gradus
