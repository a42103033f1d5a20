// One run's checkpoint: held against other writers, read once, written from time to time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gradus/options.h"

#include "base/file_lock.h"
#include "model/checkpoint_file.h"

namespace gradus {

/// Throws Error(usage) for values out of range, and for a resumption without a checkpoint.
void check_checkpoint_options(const TrainOptions& options);

class Checkpointer {
 public:
  /// Takes the lock of `options.checkpoint`; with `options.resume` then reads the newest of its two files that can be
  /// read, or none where neither is there, which is the start of a run. `run`: what the run that wrote it must have in
  /// common with this one, `epochs_may_grow` apart. Throws Error(cannot_create) while another process has the lock,
  /// Error(bad_data) with the differences, and the newer file's error where no file can be read.
  Checkpointer(const TrainOptions& options, OptionList run, bool epochs_may_grow);

  /// What the run goes on from, or null.
  const Checkpoint* found() const noexcept { return found_ ? &*found_ : nullptr; }
  /// Why the newest file was passed over, or empty.
  const std::string& warning() const noexcept { return warning_; }
  /// Lets go of what was found, which takes as much memory as the file.
  void forget_found() noexcept { found_.reset(); }

  /// Whether it is time, by the clock; never where epochs are counted.
  bool due() const noexcept;
  /// The same after `epochs` epochs.
  bool due_after(int64_t epochs) const noexcept;
  /// Throws as write_checkpoint does.
  void write(const std::vector<EpochRecord>& history, const RunState& state);

 private:
  using Clock = std::chrono::steady_clock;

  void find();

  CheckpointNames names_;
  FileLock lock_;
  OptionList run_;
  int64_t epochs_;
  std::chrono::duration<double> seconds_;
  Clock::time_point last_ = Clock::now();
  std::optional<Checkpoint> found_;
  std::string warning_;
  bool newest_is_bad_ = false;
};

}  // namespace gradus
