// How much each row counts: a column of weights, and the weights of the classes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gradus/table.h"

#include "data/encoder.h"

namespace gradus {

/// The weights of `rows`, from the column called `name`. Throws Error(bad_data) when there is none or it holds text,
/// and for a weight that is missing or negative, naming its row.
std::vector<double> row_weights(const Table& table, std::string_view name, std::span<const uint32_t> rows);

/// `rows` without those of weight 0, which count as if they weren't there. Throws as above.
std::vector<uint32_t> rows_with_weight(const Table& table, std::string_view name, std::vector<uint32_t> rows);

/// Whether the rows of the data sets that `targets` encodes have weights, in one more column after the targets.
bool is_weighted(const TargetEncoder& targets) noexcept;

/// What each of `rows` counts in the objective: its weight times its class's, over `targets.mean_weight`.
std::vector<double> objective_weights(const Table& table, const TargetEncoder& targets, std::span<const uint32_t> rows);

/// The sum by the bit contract: blocks of 256, then a fixed tree.
double total_weight(std::span<const double> weights) noexcept;

}  // namespace gradus
