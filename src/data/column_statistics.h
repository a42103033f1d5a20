// What a numeric column's training cells come to.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "gradus/table.h"

namespace gradus {

/// Over the cells that are not missing; missing cells are skipped, not counted as zeros.
struct ColumnStatistics {
  int64_t count = 0;
  int64_t missing = 0;
  double minimum = 0.0;
  double maximum = 0.0;
  double mean = 0.0;
  double scale = 0.0;  ///< 1 / population standard deviation; 0 for a constant column
};

/// Two passes, the mean first; sums follow the bit contract: blocks of 256 cells in the order of `rows`, then a fixed
/// tree, in double. `as_float` rounds each cell to float32 first, as its encoding will. Throws Error(bad_data) for a
/// value beyond +-1e150, whose square would overflow.
///
/// `weights`: what each of `rows` counts, all above 0; empty: 1. Counts of cells stay counts of cells.
ColumnStatistics column_statistics(const Table& table, int64_t column, std::span<const uint32_t> rows, bool as_float,
                                   std::span<const double> weights = {});

struct RobustStatistics {
  double median = 0.0;
  double scale = 0.0;  ///< 1 / the distance of the quartiles, or 2 / the range where that is 0
};

/// Of the same cells, at least two of which differ. A quantile q is the least value with a share q of the weight at or
/// below it, so that a row of weight 2 is as two rows. Takes 8 bytes a row, 16 with weights.
RobustStatistics robust_statistics(const Table& table, int64_t column, std::span<const uint32_t> rows, bool as_float,
                                   std::span<const double> weights = {});

/// The rule for keeping a column as double: float32 can't hold some number at all (`largest_error` infinite), holds
/// some whole number inexactly (they are often names or times, where the last digit matters), or tells apart fewer than
/// 2^16 places over the column's range. `largest_error` is the largest |x - float32(x)|.
inline bool float_loses_digits(double largest_error, double minimum, double maximum, bool all_integers) noexcept {
  if (largest_error == std::numeric_limits<double>::infinity()) return true;
  if (!(maximum > minimum)) return false;
  return all_integers ? largest_error > 0.0 : largest_error > 0x1p-17 * (maximum - minimum);
}
/// The rule on all cells of a numeric column; false when the table keeps them as float already.
bool needs_double(const Table& table, int64_t column);

}  // namespace gradus
