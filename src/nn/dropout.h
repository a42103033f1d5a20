// The dropout op (Srivastava et al. 2014), inverted: training scales what it keeps, prediction does nothing.
#pragma once

#include <cstdint>

#include "gradus/matrix_view.h"

#include "base/random.h"

namespace gradus {

/// The most ops a network may have: an op's index takes 12 of the 56 bits of a draw's index.
inline constexpr int64_t kMaxOps = int64_t{1} << 12;

/// Which masks a training step draws: a function of (seed, epoch, step, row in batch, unit), never of order.
struct DropoutDraws {
  uint64_t seed = 1;
  uint32_t epoch = 0;
  uint32_t step = 0;
  int64_t first_row = 0;  ///< where the rows given stand in their minibatch
  double strength = 1.0;  ///< what rates are multiplied by in this step
};

/// mask = 0 with probability `rate`, else 1 / (1 - rate); out = x * mask. `op_index`, below kMaxOps, tells
/// the network's dropout ops apart.
template <typename T>
void dropout_forward(double rate, const DropoutDraws& draws, int64_t op_index, MatrixView<const T> x,
                     MatrixView<T> mask, MatrixView<T> out) noexcept;

/// delta *= mask
template <typename T>
void dropout_backward(MatrixView<const T> mask, MatrixView<T> delta) noexcept;

}  // namespace gradus
