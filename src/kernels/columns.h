// The loops over a column's cells that fit and apply an encoding. Elementwise, or exact in any order: no width changes
// a bit.
#pragma once

#include <cstdint>
#include <span>

namespace gradus::kernels {

/// out[i] = float((cells[i] - mean) * scale), in double until the last step and held to float's range; `fill` for NaN.
void standardise(std::span<const float> cells, double mean, double scale, float fill, std::span<float> out) noexcept;

struct CellRange {
  double minimum;   ///< infinity when all are NaN
  double maximum;   ///< -infinity when all are NaN
  int64_t missing;  ///< NaNs
};
CellRange cell_range(std::span<const double> cells) noexcept;

/// cells[i] = (cells[i] - mean)^2.
void square_deviations(std::span<double> cells, double mean) noexcept;

}  // namespace gradus::kernels
