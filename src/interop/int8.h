// Weights in one byte each.
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/export.h"

#include "interop/pipeline.h"

namespace gradus {

/// One affine: element (j, i) of its weight is scales[i] * values[j * outputs + i], in the network's precision.
struct Int8Weight {
  std::vector<int8_t> values;
  std::vector<double> scales;
};

/// Rounds the pipeline's weights to int8 (symmetric, a scale for each unit, the largest |w| at 127) and gives what they
/// were rounded to, affine by affine.
std::vector<Int8Weight> quantise(Pipeline& pipeline);

/// On 1,000 synthetic rows. `rounded`: the same model with other weights.
Int8Loss measure_loss(const ModelData& model, const ModelData& rounded);

}  // namespace gradus
