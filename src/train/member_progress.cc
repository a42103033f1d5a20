#include "train/member_progress.h"

namespace gradus {

MemberProgress::MemberProgress(const TrainOptions& callbacks, const Recipe& recipe)
    : callbacks_(callbacks), recipe_(recipe), options_(callbacks) {
  if (callbacks.on_epoch)
    options_.on_epoch = [this](const EpochRecord& record) { callbacks_.on_epoch(counted_through(record)); };
  if (callbacks.on_progress)
    options_.on_progress = [this](int64_t done, int64_t total) {
      callbacks_.on_progress(members_ * total + done, recipe_.members * total);
    };
}

EpochRecord MemberProgress::counted_through(EpochRecord record) const {
  record.epoch += epochs_;
  record.step += steps_;
  record.seconds += seconds_;
  return record;
}

bool MemberProgress::ended() const noexcept {
  return outcome_.reason == StopReason::interrupted || outcome_.reason == StopReason::diverged;
}

bool MemberProgress::add(const FitOutcome& outcome) {
  outcome_.reason = outcome.reason;
  if (ended() && members_ > 0) return false;
  ++members_;
  outcome_.best_epoch = outcome.best_epoch + epochs_;
  for (const EpochRecord& record : outcome.history) outcome_.history.push_back(counted_through(record));
  if (outcome.history.empty()) return true;
  const EpochRecord last = outcome_.history.back();
  epochs_ = last.epoch;
  steps_ = last.step;
  seconds_ = last.seconds;
  return true;
}

}  // namespace gradus
