// Where trials' values come from, and which of them go on.
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/tune.h"

namespace gradus {

/// Throws Error(usage) for a range that holds nothing, and for two of one name.
void check_ranges(const std::vector<SearchRange>& ranges);

/// The values of trial `number`: a function of the ranges, the seed and the number alone.
Assignment draw_values(const std::vector<SearchRange>& ranges, uint64_t seed, int64_t number);

/// Whether `a` is the better: done before diverged before refused; more epochs allowed; the higher score, or the lower
/// one; the lower validation loss; the lower number.
bool ranks_before(const Trial& a, const Trial& b, bool higher_is_better) noexcept;

/// One round of successive halving (Jamieson and Talwalkar, 2016).
struct Rung {
  int64_t trials = 0;
  int64_t epochs = 0;
};
/// n trials, then the best n/factor (rounded up), and so on until one is left or the first would have less than one
/// epoch. The last rung has all `epochs`, the one before it 1/factor of them.
std::vector<Rung> halving_rungs(int64_t trials, int64_t epochs, int64_t factor);

}  // namespace gradus
