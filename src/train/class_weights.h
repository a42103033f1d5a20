// The weights of the classes, from the caller's text and the training rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/encoder.h"

namespace gradus {

/// One weight a class, or none where all are 1. `text`: "none" or empty; "balanced": total / (classes x the class's
/// part of it), as scikit-learn has it; or "a=2,b=1", where a class left out has 1. `labels`: the class of each
/// training row, `weights`: what each row counts (empty: 1). Throws Error(usage) for anything else, an unknown class, a
/// weight that is not above 0, and for targets without classes.
std::vector<double> class_weights(const std::string& text, const TargetEncoder& targets,
                                  std::span<const int32_t> labels, std::span<const double> weights);

}  // namespace gradus
