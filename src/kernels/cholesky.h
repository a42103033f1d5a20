// The factorisation of a symmetric positive definite matrix, and systems solved by it, with the same bits everywhere.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"

namespace gradus::kernels {

/// Columns factored at a time: what is to the left of them is taken off by one product.
inline constexpr int64_t kCholeskyBlock = 48;

/// Doubles that `cholesky` wants for scratch at order n.
constexpr int64_t cholesky_scratch(int64_t n) noexcept {
  return (n + kCholeskyBlock) * kCholeskyBlock;
}

/// a = L L^T: reads the lower triangle of `a` (n x n) and leaves L in it; what stands above is left alone. False
/// where a pivot is not a positive finite number, with `a` spoilt.
///
/// Left-looking, block by block of columns (Golub & Van Loan 2013, section 4.2): element (i, j) of the block whose
/// first column is f is a_ij, less the chain c <- fma(l_ik, l_jk, c), k = 0 .. f - 1 from zero, less l_ik l_jk for
/// k = f .. j - 1 in order, product and difference each rounded; then over l_jj.
bool cholesky(MatrixView<double> a, std::span<double> scratch, ThreadPool& pool) noexcept;

/// x from L L^T x = b, b given in `x`; every difference in ascending (then descending) order of the unknowns.
void cholesky_solve(MatrixView<const double> factor, std::span<double> x) noexcept;

}  // namespace gradus::kernels
