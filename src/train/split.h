// Which rows train and which validate.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gradus {

/// Positions into a list of rows, ascending.
struct Split {
  std::vector<uint32_t> training;
  std::vector<uint32_t> validation;
  std::vector<uint32_t> calibration = {};  ///< held out of both
};

/// Puts round(fraction * rows) of the positions 0 .. rows - 1 into validation, at random by `seed`; at least one and
/// leaving at least one to train on, where there are two rows. With `classes` (one class index a row, or empty) the
/// validation rows are shared out in proportion to the classes, largest remainder first, and every class keeps at
/// least one training row. `fraction` in [0, 1); 0 gives no validation rows.
Split split_rows(int64_t rows, std::span<const int32_t> classes, double fraction, uint64_t seed);

/// The same of the rows left by `calibration`, a fraction taken first and in the same manner.
Split split_rows(int64_t rows, std::span<const int32_t> classes, double validation, double calibration, uint64_t seed);

/// rows[positions[0]], rows[positions[1]], ...
std::vector<uint32_t> pick_rows(std::span<const uint32_t> rows, std::span<const uint32_t> positions);

}  // namespace gradus
