// How the learning rate moves over a run.
#pragma once

#include <cstdint>
#include <limits>

#include "gradus/names.h"

namespace gradus {

/// What a schedule is made of besides its kind.
struct ScheduleSettings {
  double warmup = 0.0;  ///< epochs
  double decay = 1.0;
  double power = 0.5;
  int64_t cycle = 0;  ///< epochs; 0: no restart
  int64_t cycle_growth = 1;
};

/// The run that it moves the rate of.
struct ScheduledRun {
  double rate = 0.0;  ///< the base rate
  int64_t epochs = 1;
  int64_t steps = 1;        ///< in an epoch
  int64_t rows = 1;         ///< trained on in an epoch
  int64_t patience = 10;    ///< of adaptive
  double tolerance = 1e-4;  ///< of adaptive
};

/// Which settings `schedule` listens to.
bool uses_decay(Schedule schedule) noexcept;
bool uses_power(Schedule schedule) noexcept;
bool uses_cycle(Schedule schedule) noexcept;
/// Whether rates depend on how many epochs the run will have.
bool depends_on_length(Schedule schedule, const ScheduleSettings& settings) noexcept;
/// The decay of a caller who says nothing: PyTorch's or scikit-learn's, plateau's a half.
double usual_decay(Schedule schedule) noexcept;

/// Rates are a function of (epoch, step, the watched losses so far), never of the clock.
///
/// A warm-up of w steps comes first, with rate base (k + 1)/(w + 1) in its step k; then, e counting whole epochs from
/// its end and E the epochs left:
/// constant; step: times decay from E/3 on and again from 2E/3 on; exponential: times decay^e; invscaling: base / (rows
/// seen + 1)^power (scikit-learn); cosine: half a cosine from base to 0 over E, or over cycles that each start again
/// (Loshchilov & Hutter 2017); plateau: times decay whenever `kPlateauPatience` epochs brought no better loss;
/// adaptive: times decay whenever more than `patience` epochs in a row failed to lower the loss by `tolerance`
/// (scikit-learn). one_cycle (Smith & Topin 2018, as in PyTorch) has a warm-up of its own: half a cosine from base/25
/// to base over the warm-up's epochs, else 30 % of the run; then half a cosine down to base/250000.
/// Cosines move every step, the others every epoch.
class LearningRateSchedule {
 public:
  static constexpr int64_t kPlateauPatience = 5;
  static constexpr double kLeastAdaptiveRate = 1e-6;

  /// What the watched losses have made of the rate so far: all that a schedule carries from epoch to epoch.
  struct Observed {
    double factor = 1.0;
    double best = std::numeric_limits<double>::infinity();
    int64_t worse = 0;
    bool exhausted = false;
  };

  LearningRateSchedule(Schedule schedule, const ScheduleSettings& settings, const ScheduledRun& run) noexcept;

  /// The rate of step `step` in epoch `epoch`, both counted from 0.
  double rate(int64_t epoch, int64_t step) const noexcept;
  /// Tells the loss that epoch `epoch` reached; plateau and adaptive listen once the warm-up is over.
  void observe(int64_t epoch, double loss) noexcept;
  /// adaptive: the rate should have fallen once more, but was at most kLeastAdaptiveRate.
  bool exhausted() const noexcept { return observed_.exhausted; }
  /// For checkpoints.
  Observed& observed() noexcept { return observed_; }

 private:
  double cosine(int64_t epoch, double within) const noexcept;
  double one_cycle(int64_t step) const noexcept;
  void fall() noexcept;

  Schedule schedule_;
  ScheduleSettings settings_;
  ScheduledRun run_;
  int64_t warmup_steps_;
  double epochs_left_;
  Observed observed_;
};

}  // namespace gradus
