#include "train/sharded_gradient.h"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/error.h"

#include "kernels/reductions.h"
#include "nn/pass.h"

namespace gradus {
namespace {

int64_t checked_shards(int64_t shards, const Communicator& group) {
  if (shards % group.ranks() != 0)
    throw Error(ErrorCode::usage, fmt::format("--shards: found {}, expected a multiple of the {} ranks, so that each "
                                              "has as many",
                                              shards, group.ranks()));
  return shards;
}

/// Masks are named by the row in the whole minibatch.
DropoutDraws from_row(const DropoutDraws& draws, int64_t first) noexcept {
  DropoutDraws moved = draws;
  moved.first_row += first;
  return moved;
}

}  // namespace

template <typename T>
ShardedGradient<T>::ShardedGradient(const Plan& plan, int64_t shards, int64_t max_batch, Communicator& group)
    : plan_(plan),
      shards_(checked_shards(shards, group)),
      group_(group),
      tree_(shards, plan.parameters, group),
      losses_(max_batch) {}

template <typename T>
void ShardedGradient<T>::run(std::span<const T> parameters, MatrixView<const T> x, MatrixView<const T> y,
                             const DropoutDraws* dropout, Workspace<T>& workspace, ThreadPool& pool,
                             std::span<T> gradients) noexcept {
  const Shards shards = shards_of(x.rows());
  const T scale = T(1) / static_cast<T>(x.rows());
  const auto one_shard = [&](int64_t shard, std::span<T> gradient) {
    const auto [first, count] = shards.range(shard);
    const MatrixView<const T> rows = x.rows(first, count);
    const DropoutDraws draws = from_row(dropout != nullptr ? *dropout : DropoutDraws{}, first);
    forward<T>(plan_, parameters, rows, dropout != nullptr ? &draws : nullptr, workspace, pool);
    backward<T>(plan_, parameters, rows, y.rows(first, count), scale, dropout != nullptr, workspace, gradient, pool);
    std::ranges::copy(workspace.losses(count), losses_.data() + first);
  };
  tree_.run(shards, one_shard, gradients);
  // Ranks have neighbouring rows: each sends its run of losses, and the mean is taken over all in their order.
  for (int rank = 0; rank < shards.ranks; ++rank) {
    const auto [first, count] = shards.range_of_rank(rank);
    if (count > 0) broadcast_values(group_, std::span(losses_.data() + first, static_cast<std::size_t>(count)), rank);
  }
}

template <typename T>
int64_t ShardedGradient<T>::bad_layer(std::span<const T> parameters, MatrixView<const T> x, const DropoutDraws* dropout,
                                      Workspace<T>& workspace, ThreadPool& pool) noexcept {
  const Shards shards = shards_of(x.rows());
  int64_t bad = 0;
  while (bad + 1 < shards_ &&
         kernels::all_finite<T>(losses(x.rows()).subspan(static_cast<std::size_t>(shards.range(bad).first),
                                                         static_cast<std::size_t>(shards.range(bad).count))))
    ++bad;
  const auto [first, count] = shards.range(bad);
  int64_t layer = 0;
  if (shards.owner(bad) == group_.rank()) {
    const DropoutDraws draws = from_row(dropout != nullptr ? *dropout : DropoutDraws{}, first);
    forward<T>(plan_, parameters, x.rows(first, count), dropout != nullptr ? &draws : nullptr, workspace, pool);
    layer = first_bad_value(plan_, workspace, count);
  }
  broadcast_values(group_, std::span(&layer, 1), shards.owner(bad));
  return layer;
}

template <typename T>
int64_t first_bad_value(const Plan& plan, Workspace<T>& workspace, int64_t rows) noexcept {
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const MatrixView<T> value = workspace.value(static_cast<int64_t>(i), rows);
    const std::span<const T> all(value.data(), static_cast<std::size_t>(rows * value.columns()));
    if (plan.ops[i].affine >= 0 && !kernels::all_finite<T>(all)) return plan.ops[i].affine + 1;
  }
  return static_cast<int64_t>(plan.affines.size());
}

template class ShardedGradient<float>;
template class ShardedGradient<double>;
template int64_t first_bad_value(const Plan&, Workspace<float>&, int64_t) noexcept;
template int64_t first_bad_value(const Plan&, Workspace<double>&, int64_t) noexcept;

}  // namespace gradus
