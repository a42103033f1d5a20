// One thread's part of a matrix product, in BLAS letters.
#pragma once

#include <cstdint>

namespace gradus::kernels {

/// c (m x n) = bias + a b, b (k x n). a is (m x k), or (k x m) when `a_transposed`.
/// b lies in panels when b_panel > 0: columns j .. j + b_panel - 1 as a packed (k x b_panel) matrix at b + j k, the
/// last panel as wide as what is left.
template <typename T>
struct ProductBlock {
  int64_t m, n, k;
  const T* a;
  int64_t a_stride;
  bool a_transposed;
  const T* b;
  int64_t b_stride;
  int64_t b_panel;
  const T* bias;  // null for zero
  T* c;
  int64_t c_stride;
};

}  // namespace gradus::kernels
