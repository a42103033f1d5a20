// The rows cut into folds, each held out once. Pure functions of what is known of the rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/split.h"

namespace gradus {

/// `folds` splits of the positions 0 .. rows - 1: every position validates once. Dealt at random by `seed`, with
/// `classes` (one number a row from 0, or empty) in proportion to them: neither the folds' sizes nor their shares of a
/// class differ by more than one. `folds` is from 2 to `rows`.
std::vector<Split> deal_folds(int64_t rows, std::span<const int32_t> classes, int64_t folds, uint64_t seed);

/// The same with all rows of a group in one fold: the largest groups first, each where the folds have least of the
/// classes that it brings, of equal ones where there are fewest rows. `seed` settles the order of equally large groups.
/// Empty when there are fewer groups than folds.
std::vector<Split> deal_groups(std::span<const int32_t> groups, std::span<const int32_t> classes, int64_t folds,
                               uint64_t seed);

/// Split k trains on all rows before a time and validates on the next rows / (folds + 1); the first training rows take
/// what doesn't divide. Rows of one time stay together, with the earlier ones. Empty when a part would be.
std::vector<Split> expanding_windows(std::span<const int32_t> times, int64_t folds);

}  // namespace gradus
