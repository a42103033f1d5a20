// The runs of an ensemble's members told to the caller as one, epochs and rows counted through.
#pragma once

#include <cstdint>

#include "gradus/options.h"

#include "train/fit.h"
#include "train/recipe.h"

namespace gradus {

class MemberProgress {
 public:
  /// `callbacks` and `recipe` must outlive it.
  MemberProgress(const TrainOptions& callbacks, const Recipe& recipe);
  MemberProgress(const MemberProgress&) = delete;
  MemberProgress& operator=(const MemberProgress&) = delete;

  /// The callbacks for the next member's run.
  const TrainOptions& options() const noexcept { return options_; }
  /// A member's run is over; false when its network is of no use: cut short, and not the first.
  bool add(const FitOutcome& outcome);
  /// Whether there is to be no further member.
  bool ended() const noexcept;
  /// Of all of them: the history one after the other, the best epoch that of the last.
  const FitOutcome& outcome() const noexcept { return outcome_; }

 private:
  EpochRecord counted_through(EpochRecord record) const;

  const TrainOptions& callbacks_;
  const Recipe& recipe_;
  TrainOptions options_;
  FitOutcome outcome_;
  int64_t members_ = 0;
  int64_t epochs_ = 0;  // of the members before
  int64_t steps_ = 0;
  double seconds_ = 0.0;
};

}  // namespace gradus
