#include "train/row_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "gradus/error.h"

#include "base/quote.h"
#include "data/cells.h"
#include "data/targets.h"

namespace gradus {
namespace {

Error bad_cell(const Table& table, int64_t column, uint32_t row, std::string_view what) {
  return {ErrorCode::bad_data, Place{table.source()},
          fmt::format("column {}, row {}: found {}", in_quotes(table.name(column)), row + 1, what)};
}

/// Calls body(i, cell) with the number or the dictionary code of each of `rows`.
template <typename Body>
void for_each_cell(const Table& table, int64_t column, std::span<const uint32_t> rows, const Body& body) {
  const bool text = table.kind(column) == ColumnKind::text;
  std::optional<NumberCells> numbers;
  CodeCells codes(table.data(), column);
  if (!text) numbers.emplace(table.data(), column);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double cell = text ? static_cast<double>(codes[rows[i]]) : (*numbers)[rows[i]];
    if (std::isnan(cell) || (text && cell == static_cast<double>(kMissingCode)))
      throw bad_cell(table, column, rows[i], "no value, expected one in every row");
    body(i, cell);
  }
}

/// "2020-01-31" as "0000-00-00"; empty where the text doesn't start with a year.
std::string shape_of_date(std::string_view text) {
  std::string shape(text);
  for (char& c : shape) c = c >= '0' && c <= '9' ? '0' : c;
  return shape.starts_with("0000") ? shape : "";
}

/// The rank of each dictionary code among the texts, by bytes.
std::vector<int32_t> ranks_of(const std::vector<std::string>& texts) {
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return texts[a] < texts[b]; });
  std::vector<int32_t> ranks(texts.size());
  for (std::size_t k = 0; k < order.size(); ++k) ranks[order[k]] = static_cast<int32_t>(k);
  return ranks;
}

void check_dates(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  const std::string shape = rows.empty() ? "" : shape_of_date(table.text(rows[0], column));
  for (const uint32_t row : rows) {
    const std::string_view text = table.text(row, column);
    if (!text.empty() && (shape.empty() || shape_of_date(text) != shape))
      throw bad_cell(
          table, column, row,
          fmt::format("{}, expected numbers or dates all written in one way, the year first", in_quotes(text)));
  }
}

}  // namespace

int64_t role_column(const Table& table, std::string_view name, std::string_view flag) {
  if (name.empty()) return -1;
  const std::vector<int64_t> columns = resolve_columns(table, name);
  if (columns.size() > 1)
    throw Error(ErrorCode::usage, fmt::format("{}: found {} columns, expected one", flag, columns.size()));
  return columns[0];
}

std::vector<int32_t> row_groups(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  std::vector<int32_t> groups(rows.size());
  std::map<double, int32_t> known;
  for_each_cell(table, column, rows, [&](std::size_t i, double cell) {
    groups[i] = known.emplace(cell, static_cast<int32_t>(known.size())).first->second;
  });
  return groups;
}

std::vector<int32_t> row_times(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  const bool text = table.kind(column) == ColumnKind::text;
  std::vector<int32_t> ranks;
  if (text) ranks = ranks_of(table.data().columns[static_cast<std::size_t>(column)].dictionary);
  std::vector<double> cells(rows.size());
  for_each_cell(table, column, rows, [&](std::size_t i, double cell) {
    cells[i] = text ? static_cast<double>(ranks[static_cast<std::size_t>(cell)]) : cell;
  });
  if (text) check_dates(table, column, rows);
  std::vector<double> distinct = cells;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<int32_t> times(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    times[i] = static_cast<int32_t>(std::lower_bound(distinct.begin(), distinct.end(), cells[i]) - distinct.begin());
  return times;
}

RowOrder row_order(const Table& table, const TrainOptions& options, std::span<const uint32_t> rows) {
  if (!options.group.empty() && (!options.time.empty() || options.in_order))
    throw Error(ErrorCode::usage, fmt::format("--group: found {} as well, expected one of them",
                                              options.in_order ? "--in-order" : "--time"));
  if (!options.time.empty() && options.in_order)
    throw Error(ErrorCode::usage, "--time: found --in-order as well, expected one of them");
  RowOrder order;
  if (!options.group.empty()) order.groups = row_groups(table, role_column(table, options.group, "--group"), rows);
  if (!options.time.empty()) order.times = row_times(table, role_column(table, options.time, "--time"), rows);
  if (options.in_order) {
    order.times.resize(rows.size());
    std::iota(order.times.begin(), order.times.end(), 0);
  }
  return order;
}

}  // namespace gradus
