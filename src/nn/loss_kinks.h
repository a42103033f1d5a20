// Where a loss has no second derivative, for those who compare gradients with differences.
#pragma once

#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/network.h"

namespace gradus {

/// For each row and output a value that changes its sign where the loss has a kink: a difference quotient across such a
/// change means little. Empty for smooth losses. `logits`, `targets` as for `loss_and_delta`.
template <typename T>
std::vector<T> loss_kinks(const Head& head, MatrixView<const T> logits, MatrixView<const T> targets);

}  // namespace gradus
