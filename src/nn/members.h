// The mean of an ensemble's logits.
#pragma once

#include <cstdint>

#include "gradus/matrix_view.h"

namespace gradus {

/// Adds the logits of member `index` of `members` to `mean`, which begins with the first's and ends, with the last's,
/// as their sum over `members`: one addition at a time, in the order of the members, then one division.
template <typename T>
void add_member(int64_t index, int64_t members, MatrixView<const T> logits, MatrixView<T> mean) noexcept;

}  // namespace gradus
