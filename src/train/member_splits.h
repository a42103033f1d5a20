// Which rows each member of an ensemble trains and is checked on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/row_order.h"
#include "train/split.h"

namespace gradus {

/// What the members' rows are drawn from: what a network by itself would train and validate on.
struct MemberRows {
  const Split& split;
  std::span<const int32_t> labels;  ///< one a row, or empty
  const RowOrder& order;
};

/// `members` splits of positions as `rows.split` has them. Where that has validation rows each member is checked on a
/// fold of its own, whole groups where there are some, so that every row trains all members but one or a few; in time,
/// or without validation rows, all have one split and only their draws differ.
std::vector<Split> member_splits(const MemberRows& rows, int64_t members, uint64_t seed);

/// Of all members together: what some member trains on, and what none does but some are checked on.
Split of_all_members(std::span<const Split> members);

/// The seed of member `index`'s own draws.
uint64_t member_seed(uint64_t seed, int64_t index) noexcept;

}  // namespace gradus
