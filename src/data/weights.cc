#include "data/weights.h"

#include <fmt/format.h>

#include <cmath>

#include "gradus/error.h"

#include "base/quote.h"
#include "data/cells.h"
#include "data/targets.h"
#include "kernels/reductions.h"

namespace gradus {

std::vector<double> row_weights(const Table& table, std::string_view name, std::span<const uint32_t> rows) {
  const auto column = table.find(name);
  if (!column)
    throw Error(ErrorCode::bad_data, Place{table.source()},
                fmt::format("found no column {}, expected the rows' weights", in_quotes(name)));
  if (table.kind(*column) == ColumnKind::text)
    throw Error(ErrorCode::bad_data, Place{table.source()},
                fmt::format("weights {}: found text, expected numbers", in_quotes(name)));
  NumberCells cells(table.data(), *column);
  std::vector<double> weights;
  weights.reserve(rows.size());
  for (const uint32_t row : rows) {
    const double weight = cells[row];
    if (!(weight >= 0.0))
      throw Error(ErrorCode::bad_data, Place{table.source()},
                  fmt::format("weights {}: found {} in row {}, expected a number of at least 0", in_quotes(name),
                              std::isnan(weight) ? "none" : number_text(weight), row + 1));
    weights.push_back(weight);
  }
  return weights;
}

std::vector<uint32_t> rows_with_weight(const Table& table, std::string_view name, std::vector<uint32_t> rows) {
  const std::vector<double> weights = row_weights(table, name, rows);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (weights[i] > 0.0) rows[kept++] = rows[i];
  rows.resize(kept);
  return rows;
}

bool is_weighted(const TargetEncoder& targets) noexcept {
  return !targets.weights.empty() || !targets.class_weights.empty();
}

std::vector<double> objective_weights(const Table& table, const TargetEncoder& targets,
                                      std::span<const uint32_t> rows) {
  std::vector<double> weights(rows.size(), 1.0);
  if (!targets.weights.empty()) weights = row_weights(table, targets.weights, rows);
  if (!targets.class_weights.empty()) {
    const std::vector<int32_t> labels = class_indices(table, *table.find(targets.columns[0].name), targets, rows);
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (labels[i] >= 0) weights[i] *= targets.class_weights[static_cast<std::size_t>(labels[i])];
  }
  for (double& weight : weights) weight /= targets.mean_weight;
  return weights;
}

double total_weight(std::span<const double> weights) noexcept {
  return kernels::blocked_sum(weights);
}

}  // namespace gradus
