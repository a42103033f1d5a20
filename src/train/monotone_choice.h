// From `--monotone age=+1,price=-1` to a sign for every feature and output.
#pragma once

#include <span>
#include <vector>

#include "gradus/options.h"
#include "gradus/table.h"

#include "data/encoder.h"

namespace gradus {

struct MonotoneChoice {
  std::vector<int> inputs;   ///< one a feature: +1, -1 or 0; empty: no constraint
  std::vector<int> outputs;  ///< one a logit
};

/// Notes the directions in the encoder's columns. `outputs`: logits. Throws Error(usage) for a column that is no
/// number or no feature, a direction that is none, and a target of more than two classes.
MonotoneChoice choose_monotone(const TrainOptions& options, const Table& table, const TargetEncoder& targets,
                               int64_t outputs, Encoder& encoder);

}  // namespace gradus
