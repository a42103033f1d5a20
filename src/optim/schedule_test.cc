#include "optim/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace gradus {
namespace {

TEST(LearningRateSchedule, ConstantStays) {
  const LearningRateSchedule schedule(Schedule::constant, 0.5, 10);
  EXPECT_EQ(schedule.rate(0, 0, 7), 0.5);
  EXPECT_EQ(schedule.rate(9, 6, 7), 0.5);
}

TEST(LearningRateSchedule, StepFallsTenfoldAfterEachThird) {
  const LearningRateSchedule schedule(Schedule::step, 1.0, 9);
  EXPECT_DOUBLE_EQ(schedule.rate(2, 0, 1), 1.0);
  EXPECT_DOUBLE_EQ(schedule.rate(3, 0, 1), 0.1);
  EXPECT_DOUBLE_EQ(schedule.rate(6, 0, 1), 0.01);
}

TEST(LearningRateSchedule, CosineIsHalfAPeriodOverAllSteps) {
  const LearningRateSchedule schedule(Schedule::cosine, 2.0, 8);
  EXPECT_DOUBLE_EQ(schedule.rate(0, 0, 4), 2.0);
  EXPECT_NEAR(schedule.rate(4, 0, 4), 1.0, 1e-15);
  for (int64_t epoch = 0; epoch < 8; ++epoch)
    for (int64_t step = 0; step < 4; ++step) {
      const double done = static_cast<double>(4 * epoch + step) / 32.0;
      EXPECT_NEAR(schedule.rate(epoch, step, 4), 1.0 + std::cos(std::numbers::pi * done), 1e-14);
    }
}

TEST(LearningRateSchedule, PlateauHalvesAfterItsPatience) {
  LearningRateSchedule schedule(Schedule::plateau, 1.0, 100);
  schedule.observe(1.0);
  for (int64_t i = 0; i + 1 < LearningRateSchedule::kPlateauPatience; ++i) schedule.observe(1.0);
  EXPECT_DOUBLE_EQ(schedule.rate(5, 0, 1), 1.0);
  schedule.observe(1.0);
  EXPECT_DOUBLE_EQ(schedule.rate(6, 0, 1), 0.5);
  schedule.observe(0.5);
  EXPECT_DOUBLE_EQ(schedule.rate(7, 0, 1), 0.5);
}

}  // namespace
}  // namespace gradus
