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

/// Whole groups (one number a row from 0) into validation, in an order drawn by `seed`, each that brings its size
/// nearer to fraction * rows; at least one group and never all.
Split split_groups(std::span<const int32_t> groups, double fraction, uint64_t seed);

/// The last round(fraction * rows) in time into validation. Rows of one time stay together, with the later ones unless
/// nothing is left to train on; of a single time all train.
Split split_in_time(std::span<const int32_t> times, double fraction);

/// What a permutation is drawn for: no two share a draw.
enum class SplitDraws : uint32_t { validation = 0, calibration = 1, folds = 2, groups = 3 };
/// The positions 0 .. rows - 1 in random order.
std::vector<uint32_t> permutation(int64_t rows, uint64_t seed, SplitDraws draws);
/// The positions in the order of their times, those of one time in their own.
std::vector<uint32_t> in_time(std::span<const int32_t> times);

/// rows[positions[0]], rows[positions[1]], ...
std::vector<uint32_t> pick_rows(std::span<const uint32_t> rows, std::span<const uint32_t> positions);

}  // namespace gradus
