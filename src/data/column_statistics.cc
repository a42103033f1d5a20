#include "data/column_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/error.h"

#include "base/quote.h"
#include "data/cells.h"
#include "data/encoder.h"
#include "kernels/reductions.h"

namespace gradus {

namespace {

constexpr double kLargest = 1e150;

void require_square_fits(const Table& table, int64_t column, double value) {
  if (std::abs(value) <= kLargest) return;
  throw Error(ErrorCode::bad_data, Place{table.source()},
              fmt::format("column {}: found {}, expected numbers between -1e150 and 1e150",
                          in_quotes(table.name(column)), number_text(value)));
}

}  // namespace

ColumnStatistics column_statistics(const Table& table, int64_t column, std::span<const uint32_t> rows, bool as_float) {
  ColumnStatistics found;
  NumberCells cells(table.data(), column);
  const auto cell = [&](uint32_t row) {
    const double value = cells[row];
    return as_float ? static_cast<double>(static_cast<float>(value)) : value;
  };
  found.minimum = std::numeric_limits<double>::infinity();
  found.maximum = -found.minimum;
  kernels::BlockedSum sum;
  for (const uint32_t row : rows) {
    const double value = cell(row);
    if (std::isnan(value)) continue;
    sum.add(value);
    found.minimum = std::min(found.minimum, value);
    found.maximum = std::max(found.maximum, value);
  }
  found.count = sum.count();
  found.missing = static_cast<int64_t>(rows.size()) - found.count;
  if (found.count == 0) return {.missing = found.missing};
  require_square_fits(table, column, found.minimum);
  require_square_fits(table, column, found.maximum);
  found.mean = sum.total() / static_cast<double>(found.count);
  if (found.minimum == found.maximum) {
    found.mean = found.minimum;  // the sum's rounding must not leave a constant column off its own mean
    return found;
  }

  kernels::BlockedSum squares;
  for (const uint32_t row : rows) {
    const double value = cell(row);
    if (std::isnan(value)) continue;
    const double deviation = value - found.mean;
    squares.add(deviation * deviation);
  }
  const double variance = squares.total() / static_cast<double>(found.count);
  const double scale = 1.0 / std::sqrt(variance);
  found.scale = std::isfinite(scale) ? scale : 0.0;  // deviations so small that their squares vanish
  return found;
}

bool needs_double(const Table& table, int64_t column) {
  const TableData& data = table.data();
  if (!data.columns[static_cast<std::size_t>(column)].wide) return false;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -minimum;
  double largest_error = 0.0;
  for (int64_t block = 0; block < data.block_count(); ++block) {
    for (const double value : data.doubles(block, column)) {
      if (std::isnan(value)) continue;
      minimum = std::min(minimum, value);
      maximum = std::max(maximum, value);
      const bool fits = std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max());
      const double error = fits ? std::abs(value - static_cast<double>(static_cast<float>(value)))
                                : std::numeric_limits<double>::infinity();
      largest_error = std::max(largest_error, error);
    }
  }
  return float_loses_digits(largest_error, minimum, maximum);
}

}  // namespace gradus
