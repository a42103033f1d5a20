// Batch and layer normalisation: y = scale (x - mean) / deviation + shift, and back.
#pragma once

#include <span>

#include "gradus/matrix_view.h"

namespace gradus::kernels {

/// What stands at each column, (columns) values each.
template <typename T>
struct ColumnNorm {
  const T* mean;
  const T* inverse;  ///< 1 / deviation
  const T* scale;
  const T* shift;
};

/// normalised = (x - mean) inverse, each operation rounded; out = scale normalised + shift with one rounding. One
/// shape; `normalised` has null data where it isn't wanted, `out` may be `x`.
template <typename T>
void normalise_columns(MatrixView<const T> x, const ColumnNorm<T>& norm, MatrixView<T> normalised,
                       MatrixView<T> out) noexcept;

/// delta = factor ((delta - mean) - normalised slope), column by column: the last product of each pair fused.
template <typename T>
void normalise_columns_back(MatrixView<const T> normalised, const T* factor, const T* mean, const T* slope,
                            MatrixView<T> delta) noexcept;

/// The same over each row's own mean and deviation sqrt(variance + epsilon), sums in 16 virtual lanes (contract point
/// 2). `inverse`: (rows), may be null with `normalised`.
template <typename T>
void normalise_rows(MatrixView<const T> x, T epsilon, const T* scale, const T* shift, MatrixView<T> normalised,
                    T* inverse, MatrixView<T> out) noexcept;

/// delta = inverse ((g - mean g) - normalised mean(g normalised)), g = delta scale; means over the row.
template <typename T>
void normalise_rows_back(MatrixView<const T> normalised, const T* inverse, const T* scale,
                         MatrixView<T> delta) noexcept;

}  // namespace gradus::kernels
