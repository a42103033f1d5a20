// Rates against PyTorch's and scikit-learn's own schedules (tests/data/schedules.json), within 1e-12 of the base rate.
#include "optim/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "source_path.h"

namespace gradus {
namespace {

using nlohmann::json;

/// Walks through the case called `name`, telling its losses where it has some; returns the epochs until the schedule
/// was exhausted.
int64_t expect_the_rates(const std::string& name, Schedule schedule, const ScheduleSettings& settings) {
  SCOPED_TRACE(name);
  static const json cases = json::parse(std::ifstream(source_path("tests/data/schedules.json")));
  const json& expected = cases.at(name);
  const int64_t steps = expected["steps"], count = std::ssize(expected["rates"]), epochs = count / steps;
  const double base = expected["rate"];
  LearningRateSchedule found(schedule, settings,
                             {.rate = base,
                              .epochs = epochs,
                              .steps = steps,
                              .rows = expected.value("rows", int64_t{1}),
                              .patience = expected.value("patience", int64_t{10}),
                              .tolerance = expected.value("tolerance", 1e-4)});
  for (int64_t at = 0; at < count && !found.exhausted(); ++at) {
    EXPECT_NEAR(found.rate(at / steps, at % steps), expected["rates"][static_cast<std::size_t>(at)].get<double>(),
                1e-12 * base)
        << at;
    if (expected.contains("losses")) found.observe(at, expected["losses"][static_cast<std::size_t>(at)]);
    if (found.exhausted()) return at + 1;
  }
  return -1;
}

TEST(LearningRateSchedule, IsPyTorchs) {
  expect_the_rates("step", Schedule::step, {.decay = 0.1});
  expect_the_rates("exponential", Schedule::exponential, {.decay = 0.9});
  expect_the_rates("cosine", Schedule::cosine, {});
  expect_the_rates("restarts", Schedule::cosine, {.cycle = 2, .cycle_growth = 2});
  expect_the_rates("even_restarts", Schedule::cosine, {.cycle = 3});
  expect_the_rates("one_cycle", Schedule::one_cycle, {});
  expect_the_rates("one_cycle_rise_of_2_epochs", Schedule::one_cycle, {.warmup = 2.0});
  expect_the_rates("warmup_then_cosine", Schedule::cosine, {.warmup = 1.5});
  expect_the_rates("plateau", Schedule::plateau, {.decay = 0.5});
}

TEST(LearningRateSchedule, IsScikitLearns) {
  expect_the_rates("invscaling", Schedule::invscaling, {.power = 0.3});
  // scikit-learn's own run gave up after as many epochs as it has losses.
  const json cases = json::parse(std::ifstream(source_path("tests/data/schedules.json")));
  EXPECT_EQ(expect_the_rates("adaptive", Schedule::adaptive, {.decay = 0.2}), std::ssize(cases["adaptive"]["losses"]));
}

TEST(LearningRateSchedule, ConstantStays) {
  const LearningRateSchedule schedule(Schedule::constant, {}, {.rate = 0.5, .epochs = 10, .steps = 7});
  EXPECT_EQ(schedule.rate(0, 0), 0.5);
  EXPECT_EQ(schedule.rate(9, 6), 0.5);
}

TEST(LearningRateSchedule, StepFallsTenfoldAfterEachThird) {
  const LearningRateSchedule schedule(Schedule::step, {.decay = 0.1}, {.rate = 1.0, .epochs = 9});
  EXPECT_DOUBLE_EQ(schedule.rate(2, 0), 1.0);
  EXPECT_DOUBLE_EQ(schedule.rate(3, 0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.rate(6, 0), 0.01);
}

TEST(LearningRateSchedule, CosineIsHalfAPeriodOverAllSteps) {
  const LearningRateSchedule schedule(Schedule::cosine, {}, {.rate = 2.0, .epochs = 8, .steps = 4});
  EXPECT_DOUBLE_EQ(schedule.rate(0, 0), 2.0);
  for (int64_t at = 0; at < 32; ++at)
    EXPECT_NEAR(schedule.rate(at / 4, at % 4), 1.0 + std::cos(std::numbers::pi * static_cast<double>(at) / 32.0),
                1e-14);
}

// Any schedule starts where the warm-up ends: after 3 of 4 steps an epoch its first whole epoch runs from step 3 to 6.
TEST(LearningRateSchedule, AWarmUpComesBeforeAnySchedule) {
  for (const Schedule schedule : {Schedule::constant, Schedule::step, Schedule::plateau, Schedule::exponential,
                                  Schedule::invscaling, Schedule::adaptive, Schedule::cosine}) {
    SCOPED_TRACE(name(schedule));
    const LearningRateSchedule warm(schedule, {.warmup = 0.75, .decay = 0.5},
                                    {.rate = 1.0, .epochs = 10, .steps = 4, .rows = 100});
    EXPECT_DOUBLE_EQ(warm.rate(0, 0), 0.25);
    EXPECT_DOUBLE_EQ(warm.rate(0, 1), 0.5);
    EXPECT_DOUBLE_EQ(warm.rate(0, 2), 0.75);
    EXPECT_DOUBLE_EQ(warm.rate(0, 3), 1.0);
    EXPECT_LE(warm.rate(1, 2), 1.0);
  }
  const LearningRateSchedule warm(Schedule::exponential, {.warmup = 0.75, .decay = 0.5},
                                  {.rate = 1.0, .epochs = 10, .steps = 4});
  EXPECT_EQ(warm.rate(1, 2), 1.0);
  EXPECT_EQ(warm.rate(1, 3), 0.5);
}

TEST(LearningRateSchedule, ListensToNoLossUntilTheWarmUpIsOver) {
  LearningRateSchedule schedule(Schedule::plateau, {.warmup = 6.0, .decay = 0.5}, {.rate = 1.0, .epochs = 100});
  for (int64_t epoch = 0; epoch < 6; ++epoch) schedule.observe(epoch, 1.0);
  for (int64_t epoch = 6; epoch < 11; ++epoch) schedule.observe(epoch, 1.0);
  EXPECT_EQ(schedule.rate(11, 0), 1.0);  // the first of those five is the best so far
  schedule.observe(11, 1.0);
  EXPECT_EQ(schedule.rate(12, 0), 0.5);
}

TEST(LearningRateSchedule, AWarmUpAsLongAsTheRunOrCyclesLongerThanItStayFinite) {
  const LearningRateSchedule all(Schedule::cosine, {.warmup = 3.0}, {.rate = 1.0, .epochs = 3, .steps = 2});
  EXPECT_DOUBLE_EQ(all.rate(2, 1), 6.0 / 7.0);
  const LearningRateSchedule longer(Schedule::cosine, {.cycle = 1'000'000'000, .cycle_growth = 1000},
                                    {.rate = 1.0, .epochs = 3});
  EXPECT_NEAR(longer.rate(2, 0), 1.0, 1e-12);
  const LearningRateSchedule one(Schedule::one_cycle, {}, {.rate = 1.0, .epochs = 1});
  EXPECT_TRUE(std::isfinite(one.rate(0, 0)));
  const LearningRateSchedule rise(Schedule::one_cycle, {.warmup = 1.0}, {.rate = 1.0, .epochs = 1});
  EXPECT_DOUBLE_EQ(rise.rate(0, 0), 1.0);
}

TEST(LearningRateSchedule, LogCosineIsFourCyclesEachTwiceAsLong) {
  const LearningRateSchedule schedule(Schedule::log_cosine, {}, {.rate = 2.0, .epochs = 15, .steps = 4});
  EXPECT_NEAR(schedule.rate(0, 0), 0.0, 1e-12);
  for (const int64_t end : {1, 3, 7}) EXPECT_NEAR(schedule.rate(end, 0), 0.0, 1e-12) << end;
  // The top of the last cycle: log2(1 + t) = 3.5.
  EXPECT_NEAR(schedule.rate(10, 1), 2.0, 2e-3);
  EXPECT_GT(schedule.rate(14, 3), 0.0);
}

TEST(StrengthSchedule, IsFlatForHalfTheRunAndThenACosine) {
  EXPECT_EQ(strength(StrengthSchedule::constant, 0.9), 1.0);
  EXPECT_EQ(strength(StrengthSchedule::flat_cosine, 0.5), 1.0);
  EXPECT_NEAR(strength(StrengthSchedule::flat_cosine, 0.75), 0.5, 1e-15);
  EXPECT_NEAR(strength(StrengthSchedule::flat_cosine, 1.0), 0.0, 1e-15);
}

}  // namespace
}  // namespace gradus
