// How the learning rate moves over a run.
#pragma once

#include <cstdint>

#include "gradus/names.h"

namespace gradus {

/// Rates are a function of (epochs done, history of the validation loss), never of the clock.
/// constant; step: x 0.1 after each third of the epochs; cosine: half a cosine from the base rate to 0 over the epochs;
/// plateau: x 0.5 after `kPlateauPatience` epochs without a better loss.
class LearningRateSchedule {
 public:
  static constexpr int64_t kPlateauPatience = 5;

  LearningRateSchedule(Schedule schedule, double base, int64_t epochs) noexcept;

  /// The rate of step `step` of `steps` in epoch `epoch`, both counted from 0. Cosine moves every step, the others
  /// every epoch.
  double rate(int64_t epoch, int64_t step, int64_t steps) const noexcept;
  /// Tells the loss that the epoch just done reached; only plateau listens.
  void observe(double loss) noexcept;

 private:
  Schedule schedule_;
  double base_;
  int64_t epochs_;
  double factor_ = 1.0;
  double best_;
  int64_t worse_ = 0;
};

}  // namespace gradus
