#include "optim/schedule.h"

#include <limits>

#include "kernels/math.h"

namespace gradus {

LearningRateSchedule::LearningRateSchedule(Schedule schedule, double base, int64_t epochs) noexcept
    : schedule_(schedule), base_(base), epochs_(epochs), best_(std::numeric_limits<double>::infinity()) {}

double LearningRateSchedule::rate(int64_t epoch, int64_t step, int64_t steps) const noexcept {
  switch (schedule_) {
    case Schedule::constant:
      return base_;
    case Schedule::step:
      return 3 * epoch >= 2 * epochs_ ? base_ * 0.01 : 3 * epoch >= epochs_ ? base_ * 0.1 : base_;
    case Schedule::cosine: {
      const double done = static_cast<double>(epoch) + static_cast<double>(step) / static_cast<double>(steps);
      return base_ * 0.5 * (1.0 + kernels::cos_2pi(0.5 * done / static_cast<double>(epochs_)));
    }
    case Schedule::plateau:
      return base_ * factor_;
  }
  return base_;
}

void LearningRateSchedule::observe(double loss) noexcept {
  if (loss < best_) {
    best_ = loss;
    worse_ = 0;
  } else if (++worse_ >= kPlateauPatience) {
    factor_ *= 0.5;
    worse_ = 0;
  }
}

}  // namespace gradus
