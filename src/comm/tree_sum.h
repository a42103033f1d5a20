// The sum of one array a shard in one fixed binary tree, wherever the shards were computed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "comm/communicator.h"
#include "comm/shards.h"

namespace gradus {

/// The tree: shards 2i and 2i + 1 are added, then neighbouring pairs, then pairs of those; an odd one out passes up. A
/// shard without rows is skipped: what it would be added to passes up unchanged. So the order of additions follows from
/// the numbers of shards and rows, not from ranks. After construction nothing allocates.
template <typename T>
class TreeSum {
 public:
  TreeSum(int64_t shards, int64_t size, Communicator& group) : group_(group) {
    while (int64_t{1} << levels_ < shards) ++levels_;
    for (int level = 0; level < levels_; ++level) waiting_.emplace_back(size);
  }

  /// Calls leaf(shard, array) for every shard of this rank that has rows, in order; it must fill the array. Leaves the
  /// sum over all ranks' shards in `sum`, on every rank.
  template <typename Leaf>
  void run(const Shards& shards, const Leaf& leaf, std::span<T> sum) noexcept {
    node(shards, levels_, 0, leaf, sum);
    const int64_t first = shards.first_with_rows(0, shards.shards);
    if (first >= 0) broadcast_values(group_, sum, shards.owner(first));
  }

 private:
  /// The sum of node `index` of `level`, over shards index * 2^level and up, into `into` where this rank owns it: a
  /// node belongs to the owner of its first shard with rows.
  template <typename Leaf>
  void node(const Shards& shards, int level, int64_t index, const Leaf& leaf, std::span<T> into) noexcept {
    const int64_t first = index << level;
    const int64_t last = std::min((index + 1) << level, shards.shards);
    if (first >= last || shards.empty(first, last)) return;
    if (level == 0) {
      if (shards.owner(first) == group_.rank()) leaf(first, into);
      return;
    }
    const int64_t middle = std::min(first + (int64_t{1} << (level - 1)), last);
    if (shards.empty(first, middle)) return node(shards, level - 1, 2 * index + 1, leaf, into);
    node(shards, level - 1, 2 * index, leaf, into);
    if (middle == last || shards.empty(middle, last)) return;
    const std::span<T> other = waiting_[static_cast<std::size_t>(level - 1)].span();
    node(shards, level - 1, 2 * index + 1, leaf, other);
    join(shards.owner(shards.first_with_rows(first, middle)), shards.owner(shards.first_with_rows(middle, last)), into,
         other);
  }

  void join(int left, int right, std::span<T> into, std::span<T> other) noexcept {
    const int rank = group_.rank();
    if (left != right && rank == right) group_.send(std::as_bytes(other), left);
    if (rank != left) return;
    if (left != right) group_.receive(std::as_writable_bytes(other), right);
    T* sum = into.data();
    const T* added = other.data();
    for (std::size_t i = 0; i < into.size(); ++i) sum[i] += added[i];
  }

  Communicator& group_;
  int levels_ = 0;
  std::vector<AlignedBuffer<T>> waiting_;  // of each level: the right child's sum until it is added to the left one's
};

}  // namespace gradus
