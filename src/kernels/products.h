// Matrix products under the bit contract: every output element is one chain c <- fma(a_k, b_k, c), k ascending, from
// the bias (or zero). Vectors, tiles and threads split the outputs only, so no width, tile or thread count changes a
// bit.
#pragma once

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"
#include "kernels/product_block.h"

namespace gradus::kernels {

/// c(i, j) = bias[j] + sum_k a(i, k) b(k, j). `a` (m x k), `b` (k x n), `bias` n values or null for zero, `c` (m x n).
/// No view overlaps `c`.
template <typename T>
void product_nn(MatrixView<const T> a, MatrixView<const T> b, const T* bias, MatrixView<T> c, ThreadPool& pool,
                ProductEpilogue epilogue = {}) noexcept;

/// c(i, j) = sum_k a(k, i) b(k, j), from zero. `a` (k x m), `b` (k x n), `c` (m x n): dW = a^T delta.
template <typename T>
void product_tn(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ThreadPool& pool) noexcept;

/// The same on the calling thread alone, in ThreadPool::scratch of its part.
template <typename T>
void product_tn(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, std::byte* scratch) noexcept;

/// c(i, j) = sum_k a(i, k) b(j, k), from zero. `a` (m x k), `b` (n x k), `c` (m x n): delta W^T.
template <typename T>
void product_nt(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ThreadPool& pool,
                ProductEpilogue epilogue = {}) noexcept;

/// out[j] = sum_i a(i, j), a chain of additions from zero, i ascending: db = column sums of delta.
template <typename T>
void column_sums(MatrixView<const T> a, T* out) noexcept;

}  // namespace gradus::kernels
