// Noise on the features in training (Bishop 1995: for small noise a penalty on the slope of the network).
#pragma once

#include "gradus/matrix_view.h"

#include "nn/dropout.h"

namespace gradus {

/// out = x + deviation * N(0, 1), a draw for every feature of every row; a function of (seed, epoch, step, row in the
/// minibatch, feature), never of order. One shape.
template <typename T>
void add_input_noise(double deviation, const DropoutDraws& draws, MatrixView<const T> x, MatrixView<T> out) noexcept;

}  // namespace gradus
