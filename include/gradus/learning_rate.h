// A range test: which learning rates make the loss fall.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gradus/options.h"
#include "gradus/table.h"

namespace gradus {

/// The ramp: `steps` minibatches, each at a rate higher by the same factor than the one before.
struct LearningRateRamp {
  double lowest = 1e-7;
  double highest = 10.0;
  int64_t steps = 200;
};

/// One step of the ramp.
struct LearningRateStep {
  double learning_rate = 0.0;
  double loss = 0.0;           ///< mean data term over the minibatch, before its update
  double smoothed_loss = 0.0;  ///< exponential average of the losses so far, corrected for its start
};

struct LearningRateRange {
  std::vector<LearningRateStep> steps;  ///< as far as the ramp went: it ends where the loss has blown up
  /// A tenth of the rate at which the smoothed loss was lowest, in two digits; unset where no rate lowered it.
  std::optional<double> suggested;
};

/// Smith's range test (Cyclical learning rates for training neural networks, 2017): trains from the start that `train`
/// with these options would have, on the same training rows in the same minibatches, while the rate rises; nothing of
/// the network is kept. `options.learning_rate` and the schedule are not looked at. Throws as `train` does, and
/// Error(usage) for a solver without a rate to schedule or a ramp out of range.
LearningRateRange find_learning_rate(const Table& table, const TrainOptions& options,
                                     const LearningRateRamp& ramp = {});

}  // namespace gradus
