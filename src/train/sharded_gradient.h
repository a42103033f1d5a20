// The gradient of a minibatch as the sum of its shards' gradients, each computed on its own rows.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "comm/communicator.h"
#include "comm/shards.h"
#include "comm/tree_sum.h"
#include "nn/dropout.h"
#include "nn/plan.h"
#include "nn/workspace.h"

namespace gradus {

/// After construction nothing allocates.
template <typename T>
class ShardedGradient {
 public:
  /// `max_batch`: rows of the largest minibatch. Throws Error(usage) when the ranks of `group` don't divide `shards`.
  ShardedGradient(const Plan& plan, int64_t shards, int64_t max_batch, Communicator& group);

  /// The gradient of the mean loss over `x` (rows x inputs) into `gradients`, and every row's loss, on every rank.
  /// `dropout` null: none. `workspace` has room for the largest shard; `pool` is this rank's.
  void run(std::span<const T> parameters, MatrixView<const T> x, MatrixView<const T> y, const DropoutDraws* dropout,
           Workspace<T>& workspace, ThreadPool& pool, std::span<T> gradients) noexcept;
  /// The losses that `run` left, (rows).
  std::span<const T> losses(int64_t rows) const noexcept {
    return losses_.span().first(static_cast<std::size_t>(rows));
  }

  /// After a `run` whose losses are not finite: the first affine op, counted from 1, with a value that is not finite in
  /// the first shard with such a loss, on every rank.
  int64_t bad_layer(std::span<const T> parameters, MatrixView<const T> x, const DropoutDraws* dropout,
                    Workspace<T>& workspace, ThreadPool& pool) noexcept;

 private:
  Shards shards_of(int64_t rows) const noexcept { return {shards_, rows, group_.ranks()}; }

  const Plan& plan_;
  int64_t shards_;
  Communicator& group_;
  TreeSum<T> tree_;
  AlignedBuffer<T> losses_;
};

/// The first affine op, counted from 1, of which `workspace` holds a value that is not finite for the first `rows`
/// rows; the last affine when all are finite.
template <typename T>
int64_t first_bad_value(const Plan& plan, Workspace<T>& workspace, int64_t rows) noexcept;

}  // namespace gradus
