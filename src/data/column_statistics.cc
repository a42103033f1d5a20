#include "data/column_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "gradus/error.h"

#include "base/quote.h"
#include "data/cells.h"
#include "data/encoder.h"
#include "kernels/columns.h"
#include "kernels/reductions.h"
#include "kernels/scan.h"

namespace gradus {

namespace {

constexpr double kLargest = 1e150;

void require_square_fits(const Table& table, int64_t column, double value) {
  if (std::abs(value) <= kLargest) return;
  throw Error(ErrorCode::bad_data, Place{table.source()},
              fmt::format("column {}: found {}, expected numbers between -1e150 and 1e150",
                          in_quotes(table.name(column)), number_text(value)));
}

/// The cells of a column in the listed rows that are not missing, a run at a time.
class TrainingCells {
 public:
  TrainingCells(const TableData& data, int64_t column, std::span<const uint32_t> rows, bool as_float)
      : data_(data), column_(column), rows_(rows), as_float_(as_float) {}

  /// Calls body(run, its range) for the runs in order; a run is the body's to change.
  template <typename Body>
  void for_each_run(const Body& body) const {
    std::vector<double> cells(static_cast<std::size_t>(std::min(data_.rows, data_.block_rows)));
    for_each_block(data_, rows_, [&](int64_t block, std::span<const uint32_t> rows) {
      load_numbers(data_, block, column_, rows, cells.data());
      const std::span<double> run(cells.data(), rows.size());
      if (as_float_ && data_.columns[static_cast<std::size_t>(column_)].wide)
        for (double& value : run) value = static_cast<double>(static_cast<float>(value));
      const kernels::CellRange range = kernels::cell_range(run);
      if (range.missing > 0) drop_missing(run);
      body(run.first(run.size() - static_cast<std::size_t>(range.missing)), range);
    });
  }

 private:
  static void drop_missing(std::span<double> cells) {
    std::remove_if(cells.begin(), cells.end(), [](double value) { return std::isnan(value); });
  }

  const TableData& data_;
  int64_t column_;
  std::span<const uint32_t> rows_;
  bool as_float_;
};

double value_of(NumberCells& cells, uint32_t row, bool as_float) {
  const double value = cells[row];
  return as_float ? static_cast<double>(static_cast<float>(value)) : value;
}

/// `found` with its counts and range: mean and scale under weights.
void weigh(const Table& table, int64_t column, std::span<const uint32_t> rows, bool as_float,
           std::span<const double> weights, ColumnStatistics& found) {
  NumberCells cells(table.data(), column);
  kernels::BlockedSum total, sum, squares;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double value = value_of(cells, rows[i], as_float);
    if (std::isnan(value)) continue;
    total.add(weights[i]);
    sum.add(weights[i] * value);
  }
  found.mean = sum.total() / total.total();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double deviation = value_of(cells, rows[i], as_float) - found.mean;
    if (!std::isnan(deviation)) squares.add(weights[i] * deviation * deviation);
  }
  const double scale = 1.0 / std::sqrt(squares.total() / total.total());
  found.scale = std::isfinite(scale) ? scale : 0.0;
}

struct OrderStatistics {
  double low_quartile, median, high_quartile;
  double least, most;
};

OrderStatistics order_statistics(const Table& table, int64_t column, std::span<const uint32_t> rows, bool as_float) {
  NumberCells cells(table.data(), column);
  std::vector<double> values;
  for (const uint32_t row : rows)
    if (const double value = value_of(cells, row, as_float); !std::isnan(value)) values.push_back(value);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  OrderStatistics found{0.0, 0.0, 0.0, *least, *most};
  const auto quantile = [&values](double share) {
    const double below = std::ceil(share * static_cast<double>(values.size()));
    const auto place = values.begin() + std::max<int64_t>(static_cast<int64_t>(below), 1) - 1;
    std::nth_element(values.begin(), place, values.end());
    return *place;
  };
  found.low_quartile = quantile(0.25);
  found.median = quantile(0.5);
  found.high_quartile = quantile(0.75);
  return found;
}

OrderStatistics weighted_order_statistics(const Table& table, int64_t column, std::span<const uint32_t> rows,
                                          bool as_float, std::span<const double> weights) {
  NumberCells cells(table.data(), column);
  std::vector<std::pair<double, double>> weighed;  // value, weight
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (const double value = value_of(cells, rows[i], as_float); !std::isnan(value))
      weighed.emplace_back(value, weights[i]);
  std::sort(weighed.begin(), weighed.end());
  kernels::BlockedSum total;
  for (const auto& [value, weight] : weighed) total.add(weight);
  std::size_t place = 0;
  double up_to = weighed[0].second;  // the weight of all values up to `place`
  const auto quantile = [&](double share) {
    while (place + 1 < weighed.size() && up_to < share * total.total()) up_to += weighed[++place].second;
    return weighed[place].first;
  };
  OrderStatistics found{0.0, 0.0, 0.0, weighed.front().first, weighed.back().first};
  found.low_quartile = quantile(0.25);
  found.median = quantile(0.5);
  found.high_quartile = quantile(0.75);
  return found;
}

}  // namespace

ColumnStatistics column_statistics(const Table& table, int64_t column, std::span<const uint32_t> rows, bool as_float,
                                   std::span<const double> weights) {
  const TrainingCells cells(table.data(), column, rows, as_float);
  ColumnStatistics found;
  found.minimum = std::numeric_limits<double>::infinity();
  found.maximum = -found.minimum;
  kernels::BlockedSum sum;
  cells.for_each_run([&](std::span<double> run, const kernels::CellRange& range) {
    sum.add(run);
    found.minimum = std::min(found.minimum, range.minimum);
    found.maximum = std::max(found.maximum, range.maximum);
  });
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
  if (!weights.empty()) {
    weigh(table, column, rows, as_float, weights, found);
    return found;
  }

  kernels::BlockedSum squares;
  cells.for_each_run([&](std::span<double> run, const kernels::CellRange&) {
    kernels::square_deviations(run, found.mean);
    squares.add(run);
  });
  const double variance = squares.total() / static_cast<double>(found.count);
  const double scale = 1.0 / std::sqrt(variance);
  found.scale = std::isfinite(scale) ? scale : 0.0;  // deviations so small that their squares vanish
  return found;
}

RobustStatistics robust_statistics(const Table& table, int64_t column, std::span<const uint32_t> rows, bool as_float,
                                   std::span<const double> weights) {
  const auto [low, median, high, least, most] = weights.empty()
                                                    ? order_statistics(table, column, rows, as_float)
                                                    : weighted_order_statistics(table, column, rows, as_float, weights);
  return {median, high > low ? 1.0 / (high - low) : 2.0 / (most - least)};
}

bool needs_double(const Table& table, int64_t column) {
  const TableData& data = table.data();
  if (!data.columns[static_cast<std::size_t>(column)].wide) return false;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -minimum;
  double largest_error = 0.0;
  bool all_integers = true;
  std::vector<float> narrowed(static_cast<std::size_t>(data.block_rows));
  for (int64_t block = 0; block < data.block_count(); ++block) {
    const std::span<const double> values = data.doubles(block, column);
    const kernels::NarrowStats stats = kernels::narrow(values, std::span<float>(narrowed).first(values.size()));
    minimum = std::min(minimum, stats.minimum);
    maximum = std::max(maximum, stats.maximum);
    largest_error = std::max(largest_error, stats.error);
    all_integers = all_integers && stats.all_integers;
  }
  return float_loses_digits(largest_error, minimum, maximum, all_integers);
}

}  // namespace gradus
