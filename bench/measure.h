// Fair timing on a noisy machine: everyone in turn, round after round, the best of each.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "contender.h"

namespace gradus::bench {

struct Effort {
  double sample_seconds = 0.01;  ///< one uninterrupted sample, at least one repeat
  double row_seconds = 2.0;      ///< all samples of all contenders together, about
  int min_rounds = 5;
  int max_rounds = 60;
  std::chrono::milliseconds rest{0};  ///< before every sample
};

/// Best seconds a repeat of each work, in the order given; 0 for an empty one. Samples are interleaved, so that a busy
/// moment of the machine hits all alike.
std::vector<double> best_seconds(const std::vector<Work>& works, const Effort& effort);

/// Holds the main thread to the first allowed core and spreads all other threads of the process over the others.
void pin_threads();

/// Tells OpenMP and OpenBLAS, if some rival brought them into the process, how many threads to use.
void set_rival_threads(int threads);

}  // namespace gradus::bench
