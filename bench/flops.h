// Floating-point operations as the table counts them: a multiply-add is two; activations, losses and updates are none.
#pragma once

#include "contender.h"

namespace gradus::bench {

inline double flops(const Product& product) {
  return 2.0 * static_cast<double>(product.m * product.n * product.k);
}

/// Of `rows` rows: the products of the forward pass.
inline double forward_flops(const Net& net, int64_t rows) {
  double sum = 0.0;
  for (std::size_t layer = 0; layer + 1 < net.widths.size(); ++layer)
    sum += 2.0 * static_cast<double>(rows * net.widths[layer] * net.widths[layer + 1]);
  return sum;
}

/// Of `rows` rows: forward, dW, and delta W^T of every layer but the first, whose input gradient nobody needs.
inline double step_flops(const Net& net, int64_t rows) {
  return 3.0 * forward_flops(net, rows) - 2.0 * static_cast<double>(rows * net.widths[0] * net.widths[1]);
}

}  // namespace gradus::bench
