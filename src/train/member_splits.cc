#include "train/member_splits.h"

#include <algorithm>
#include <iterator>

#include "base/random.h"
#include "train/folds.h"

namespace gradus {
namespace {

/// values[positions[i]], or none where there are no values.
std::vector<int32_t> picked(std::span<const int32_t> values, std::span<const uint32_t> positions) {
  std::vector<int32_t> out;
  if (values.empty()) return out;
  for (const uint32_t position : positions) out.push_back(values[position]);
  return out;
}

}  // namespace

std::vector<Split> member_splits(const MemberRows& rows, int64_t members, uint64_t seed) {
  const Split& split = rows.split;
  std::vector<Split> alike(static_cast<std::size_t>(members), split);
  if (split.validation.empty() || !rows.order.times.empty()) return alike;
  std::vector<uint32_t> pool;
  std::ranges::merge(split.training, split.validation, std::back_inserter(pool));
  const int64_t folds = std::min(members, std::ssize(pool));
  if (folds < 2) return alike;
  const std::vector<int32_t> labels = picked(rows.labels, pool), groups = picked(rows.order.groups, pool);
  std::vector<Split> dealt =
      groups.empty() ? deal_folds(std::ssize(pool), labels, folds, seed) : deal_groups(groups, labels, folds, seed);
  if (dealt.empty()) return alike;  // fewer groups than members
  std::vector<Split> all;
  for (int64_t m = 0; m < members; ++m) {
    const Split& fold = dealt[static_cast<std::size_t>(m % std::ssize(dealt))];
    all.push_back({pick_rows(pool, fold.training), pick_rows(pool, fold.validation)});
  }
  return all;
}

Split of_all_members(std::span<const Split> members) {
  uint32_t rows = 0;
  for (const Split& split : members)
    for (const auto* part : {&split.training, &split.validation})
      if (!part->empty()) rows = std::max(rows, part->back() + 1);
  std::vector<bool> trains(rows), checks(rows);
  for (const Split& split : members) {
    for (const uint32_t row : split.training) trains[row] = true;
    for (const uint32_t row : split.validation) checks[row] = true;
  }
  Split all;
  for (uint32_t row = 0; row < rows; ++row) {
    if (trains[row]) all.training.push_back(row);
    if (checks[row] && !trains[row]) all.validation.push_back(row);
  }
  return all;
}

uint64_t member_seed(uint64_t seed, int64_t index) noexcept {
  const auto words = RandomStream(seed, Purpose::member, static_cast<uint32_t>(index)).words(0);
  return static_cast<uint64_t>(words[0]) << 32 | words[1];
}

}  // namespace gradus
