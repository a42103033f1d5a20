// What is learned after training, on rows that no weight was learned from: how far predictions can be trusted.
#pragma once

#include <cstdint>
#include <vector>

namespace gradus {

struct Calibration {
  // Temperature scaling (Guo et al. 2017) of the validation rows' logits; the temperatures themselves stand in the
  // network's head.
  int64_t temperature_rows = 0;  ///< validation rows; 0: not scaled
  double log_loss_before = 0.0;  ///< over these rows, at temperature 1
  double log_loss = 0.0;         ///< the same as scaled; of labels the mean over the targets

  // Split-conformal sets and intervals (Vovk et al. 2005; of quantiles Romano et al. 2019).
  double coverage = 0.0;      ///< asked for; 0: neither sets nor intervals
  int64_t coverage_rows = 0;  ///< rows of their own, which neither trained nor stopped training
  /// Classes and labels: those at least as probable as this are in the set.
  double least_probability = 0.0;
  /// A regression's targets, in their units: how far beyond the prediction, or the outermost quantiles, an interval
  /// reaches; below 0 where quantiles are wider than need be.
  std::vector<double> margins = {};

  bool operator==(const Calibration&) const = default;
};

}  // namespace gradus
