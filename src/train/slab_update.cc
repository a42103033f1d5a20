#include "train/slab_update.h"

#include <algorithm>

#include "kernels/products.h"
#include "kernels/updates.h"

namespace gradus {
namespace {

// Half a megabyte of gradient in float32: it stays in a second-level cache, and delta is packed again for every slab.
constexpr int64_t kSlab = int64_t{1} << 17;
constexpr int64_t kGrain = 24;  // rows: whole tiles of the products on every target
// Waking a second thread costs a few microseconds, as much as this many multiply-adds.
constexpr int64_t kWorthThreads = int64_t{1} << 20;

template <typename T>
std::span<T> part(std::span<T> flat, int64_t first, int64_t count) noexcept {
  return flat.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

}  // namespace

template <typename T>
void update_by_slabs(const SlabUpdate<T>& update, std::span<T> parameters, std::span<T> gradients,
                     Optimizer<T>& optimizer, ThreadPool& pool) noexcept {
  const auto& [inputs, outputs, weight_offset, bias_offset] = update.layout;
  const int64_t work = update.a.rows() * inputs * outputs;
  const int64_t grains = (inputs + kGrain - 1) / kGrain;
  const int64_t parts = work >= kWorthThreads ? std::min<int64_t>(pool.threads(), grains) : 1;
  const int64_t slab_rows = std::max(kGrain, kSlab / outputs / kGrain * kGrain);
  pool.run(parts, [&, inputs = inputs, outputs = outputs, weight_offset = weight_offset](int64_t thread) {
    const int64_t begin = grains * thread / parts * kGrain;
    const int64_t end = std::min(inputs, grains * (thread + 1) / parts * kGrain);
    for (int64_t row = begin; row < end; row += slab_rows) {
      const int64_t rows = std::min(slab_rows, end - row);
      const int64_t first = weight_offset + row * outputs;
      // Every slab of this thread in the place of its first: one that stays in cache.
      const std::span<T> gradient = part(gradients, weight_offset + begin * outputs, rows * outputs);
      const std::span<T> theta = part(parameters, first, rows * outputs);
      kernels::product_tn<T>(update.a.columns(row, rows), update.delta, MatrixView<T>(gradient.data(), rows, outputs),
                             pool.scratch(thread));
      if (update.lambda_over_m != T(0)) kernels::add_l2<T>(theta, update.lambda_over_m, gradient);
      apply<T>(optimizer, first, theta, gradient);
    }
  });
  const std::span<T> bias_gradient = part(gradients, bias_offset, outputs);
  kernels::column_sums<T>(update.delta, bias_gradient.data());
  apply<T>(optimizer, bias_offset, part(parameters, bias_offset, outputs), bias_gradient);
}

template void update_by_slabs(const SlabUpdate<float>&, std::span<float>, std::span<float>, Optimizer<float>&,
                              ThreadPool&) noexcept;
template void update_by_slabs(const SlabUpdate<double>&, std::span<double>, std::span<double>, Optimizer<double>&,
                              ThreadPool&) noexcept;

}  // namespace gradus
