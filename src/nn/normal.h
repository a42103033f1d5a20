// Draws from a normal distribution.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace gradus {

/// Draw `index` of N(0, 1): Box & Muller (1958), its cosine branch.
double normal_draw(const RandomStream& stream, uint64_t index);

}  // namespace gradus
