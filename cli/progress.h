// How far training is, on standard error: a bar on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "gradus/options.h"

namespace gradus::cli {

class Progress {
 public:
  /// `quiet`: says nothing at all.
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Bytes of a file read so far and in all; 0 when unknown.
  void reading(const std::string& file, int64_t done, int64_t total);
  void training_starts(const TrainingStart& start);
  void rows(int64_t done, int64_t total);
  void epoch(const EpochRecord& record);
  /// A bar for anything else, on a terminal.
  void work(const std::string& what, int64_t done, int64_t total);
  /// A line of its own that stays.
  void message(const std::string& text);
  /// Takes the bar away.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  bool due();
  void draw(const std::string& line);

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point last_draw_{};
  Clock::time_point start_{};
  Clock::time_point phase_start_{};
  int64_t max_epochs_ = 0;
  int64_t line_every_ = 1;
  std::string metric_;
  EpochRecord last_;  ///< the last epoch that ended; its metric is NaN before the first
};

}  // namespace gradus::cli
