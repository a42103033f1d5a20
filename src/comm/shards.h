// How a minibatch is cut: shards of rows, and the rank that computes each.
#pragma once

#include <cstdint>

namespace gradus {

/// What `--shards` may say.
inline constexpr int64_t kMostShards = 65536;

/// A run of rows.
struct RowRange {
  int64_t first = 0;
  int64_t count = 0;
};

/// `rows` rows in `shards` parts (contract point 4): shard s has rows floor(s rows / shards) to
/// floor((s + 1) rows / shards), none where there are fewer rows than shards. Each of `ranks` ranks, which divide
/// `shards`, computes as many neighbouring shards.
struct Shards {
  int64_t shards = 1;
  int64_t rows = 0;
  int ranks = 1;

  /// The rows of shards first .. last - 1, which are neighbours too.
  RowRange range(int64_t first, int64_t last) const noexcept {
    const int64_t begin = first * rows / shards;
    return {begin, last * rows / shards - begin};
  }
  RowRange range(int64_t shard) const noexcept { return range(shard, shard + 1); }
  bool empty(int64_t first, int64_t last) const noexcept { return range(first, last).count == 0; }
  /// The rank that computes the shard.
  int owner(int64_t shard) const noexcept { return static_cast<int>(shard / (shards / ranks)); }
  /// The rows that rank `rank` computes.
  RowRange range_of_rank(int rank) const noexcept {
    const int64_t each = shards / ranks;
    return range(rank * each, (rank + 1) * each);
  }
  /// The first of shards first .. last - 1 that has rows, -1 when none has.
  int64_t first_with_rows(int64_t first, int64_t last) const noexcept {
    for (int64_t shard = first; shard < last; ++shard) {
      if (!empty(shard, shard + 1)) return shard;
    }
    return -1;
  }
};

/// Rows of the largest shard.
inline int64_t most_rows_in_shard(int64_t rows, int64_t shards) noexcept {
  return (rows + shards - 1) / shards;
}

}  // namespace gradus
