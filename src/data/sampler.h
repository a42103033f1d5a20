// Minibatches: a permutation per epoch, and the rows it names gathered into one buffer.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gradus/matrix_view.h"

#include "data/lazy_array.h"

namespace gradus {

/// After construction nothing allocates. The order of an epoch is a function of (seed, epoch) and the row list alone.
template <typename T>
class MinibatchSampler {
 public:
  /// `max_rows` bounds the row lists given to `bind`. `batch_size` 0 means all rows; a larger one than there are rows
  /// is clamped. Without `shuffle` rows come in the order listed.
  MinibatchSampler(int64_t max_rows, int64_t width, int64_t target_width, int64_t batch_size, bool shuffle,
                   uint64_t seed);
  /// The same, bound to its data.
  MinibatchSampler(MatrixView<const T> features, MatrixView<const T> targets, std::span<const uint32_t> rows,
                   int64_t batch_size, bool shuffle, uint64_t seed);

  /// The data of the epochs to come, not owned: rows `rows` of (features, targets). Call start_epoch next.
  void bind(MatrixView<const T> features, MatrixView<const T> targets, std::span<const uint32_t> rows) noexcept;
  /// All rows of (features, targets).
  void bind(MatrixView<const T> features, MatrixView<const T> targets) noexcept;

  void start_epoch(uint32_t epoch) noexcept;
  /// The next minibatch, valid until the next call; false at the end of the epoch. The last may be smaller.
  bool next(MatrixView<const T>& x, MatrixView<const T>& y) noexcept;

  int64_t rows() const noexcept { return count_; }
  int64_t batch_size() const noexcept;
  int64_t steps_per_epoch() const noexcept;

 private:
  uint32_t listed(int64_t index) const noexcept;
  void gather(int64_t first, int64_t rows) noexcept;

  int64_t max_batch_;
  int64_t batch_option_;
  bool shuffle_;
  uint64_t seed_;
  MatrixView<const T> features_;
  MatrixView<const T> targets_;
  std::span<const uint32_t> rows_;
  bool every_row_ = false;
  int64_t count_ = 0;
  int64_t position_ = 0;
  bool gathered_all_ = false;  // a batch of all rows is gathered once, not once an epoch
  std::vector<uint32_t> order_;
  int64_t stride_;
  int64_t target_width_;
  LazyArray<T> x_;
  LazyArray<T> y_;
};

extern template class MinibatchSampler<float>;
extern template class MinibatchSampler<double>;

}  // namespace gradus
