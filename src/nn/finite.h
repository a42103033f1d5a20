// Where a value stopped being a number.
#pragma once

#include <cstdint>
#include <span>

#include "nn/plan.h"

namespace gradus {

/// The first affine op, counted from 1, with a parameter (or gradient) in `flat` that is not finite; 0 when there is
/// none.
template <typename T>
int64_t first_bad_layer(const Plan& plan, std::span<const T> flat) noexcept;

}  // namespace gradus
