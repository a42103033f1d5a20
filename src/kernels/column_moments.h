// Sums down the columns of a matrix in the order of contract point 3: blocks of 256 rows, each in order in double, then
// one fixed tree over the blocks.
#pragma once

#include "gradus/matrix_view.h"

namespace gradus::kernels {

/// sums[j] = sum_i a(i, j)
template <typename T>
void blocked_column_sums(MatrixView<const T> a, double* sums) noexcept;

/// sums[j] = sum_i (a(i, j) - centre[j])^2, differences and squares in double; `centre` null: 0.
template <typename T>
void blocked_column_squares(MatrixView<const T> a, const double* centre, double* sums) noexcept;

/// sums[j] = sum_i a(i, j) b(i, j), products in double.
template <typename T>
void blocked_column_dots(MatrixView<const T> a, MatrixView<const T> b, double* sums) noexcept;

}  // namespace gradus::kernels
