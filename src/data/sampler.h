// Minibatches: an order per epoch, and the rows it names gathered into one buffer.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "base/storage.h"
#include "data/epoch_order.h"
#include "data/lazy_array.h"
#include "data/resident_window.h"

namespace gradus {

/// After construction nothing allocates. The order of an epoch is a function of (seed, epoch) and the row list alone.
template <typename T>
class MinibatchSampler {
 public:
  /// `max_rows` bounds the row lists given to `bind`. `batch_size` 0 means all rows; a larger one than there are rows
  /// is clamped. Without `shuffle` rows come in the order listed. `storage`: where the data live.
  MinibatchSampler(int64_t max_rows, int64_t width, int64_t target_width, int64_t batch_size, bool shuffle,
                   uint64_t seed, const Storage& storage = {});
  /// The same, bound to its data.
  MinibatchSampler(MatrixView<const T> features, MatrixView<const T> targets, std::span<const uint32_t> rows,
                   int64_t batch_size, bool shuffle, uint64_t seed, const Storage& storage = {});

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
  int64_t listed(uint32_t place) const noexcept;
  const T* features_of(uint32_t place) const noexcept;
  const T* targets_of(uint32_t place) const noexcept;
  void open_window() noexcept;
  void fetch_ahead() const noexcept;
  void gather(std::span<const uint32_t> places, int64_t first) noexcept;

  int64_t max_batch_;
  int64_t batch_option_;
  bool shuffle_;
  Storage storage_;
  EpochOrder order_;
  ResidentWindow<T> resident_;  // in a file
  MatrixView<const T> features_;
  MatrixView<const T> targets_;
  std::span<const uint32_t> rows_;
  bool every_row_ = false;
  int64_t count_ = 0;
  int64_t position_ = 0;
  bool window_is_all_ = false;        // resident_ holds every row listed
  bool gathered_all_ = false;         // a batch of all rows is gathered once, not once an epoch
  std::span<const uint32_t> window_;  // what is left of it
  int64_t stride_;
  int64_t target_width_;
  LazyArray<T> x_;
  LazyArray<T> y_;
};

extern template class MinibatchSampler<float>;
extern template class MinibatchSampler<double>;

}  // namespace gradus
