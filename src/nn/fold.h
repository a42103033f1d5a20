// Batch norms at prediction are affine, so they go into the affine before them.
#pragma once

#include "gradus/network.h"

namespace gradus {

/// The same function of its inputs, to rounding, without batch norms: with s = scale / sqrt(variance + epsilon), W s
/// and (b - mean) s + shift. A network that has none is copied.
template <typename T>
BasicNetwork<T> fold_batch_norms(const BasicNetwork<T>& network);

}  // namespace gradus
