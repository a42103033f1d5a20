// The largest magnitude in a matrix, for bounds on what is computed from it.
#pragma once

#include "gradus/matrix_view.h"

namespace gradus::kernels {

/// max |values(i, j)|: 0 for an empty matrix; infinity or NaN when a value is not finite.
template <typename T>
T largest_magnitude(MatrixView<const T> values) noexcept;

}  // namespace gradus::kernels
