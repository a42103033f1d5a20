#include "data/sampler.h"

#include <algorithm>

#include "base/check.h"

namespace gradus {

namespace {

// Whole cache lines, so that every gathered row starts aligned.
template <typename T>
int64_t padded(int64_t width) {
  const int64_t line = 64 / static_cast<int64_t>(sizeof(T));
  return (width + line - 1) / line * line;
}

int64_t clamp_batch(int64_t batch_size, int64_t rows) {
  return batch_size <= 0 ? rows : std::min(batch_size, rows);
}

}  // namespace

template <typename T>
MinibatchSampler<T>::MinibatchSampler(int64_t max_rows, int64_t width, int64_t target_width, int64_t batch_size,
                                      bool shuffle, uint64_t seed, const Storage& storage)
    : max_batch_(clamp_batch(batch_size, max_rows)),
      batch_option_(batch_size),
      shuffle_(shuffle),
      storage_(storage),
      order_(max_rows, seed),
      resident_(storage.is_file() ? ResidentWindow<T>(max_rows, width, target_width) : ResidentWindow<T>()),
      stride_(padded<T>(width)),
      target_width_(target_width),
      x_(max_batch_ * stride_, max_batch_ > EpochOrder::kWindowRows ? storage : Storage()),
      y_(max_batch_ * target_width) {}

template <typename T>
MinibatchSampler<T>::MinibatchSampler(MatrixView<const T> features, MatrixView<const T> targets,
                                      std::span<const uint32_t> rows, int64_t batch_size, bool shuffle, uint64_t seed,
                                      const Storage& storage)
    : MinibatchSampler(static_cast<int64_t>(rows.size()), features.columns(), targets.columns(), batch_size, shuffle,
                       seed, storage) {
  bind(features, targets, rows);
}

template <typename T>
void MinibatchSampler<T>::bind(MatrixView<const T> features, MatrixView<const T> targets,
                               std::span<const uint32_t> rows) noexcept {
  GRADUS_DCHECK(static_cast<int64_t>(rows.size()) <= order_.most_places());
  GRADUS_DCHECK(features.columns() <= stride_ && targets.columns() == target_width_);
  features_ = features;
  targets_ = targets;
  rows_ = rows;
  every_row_ = false;
  count_ = static_cast<int64_t>(rows.size());
  gathered_all_ = false;
  window_is_all_ = false;
  position_ = count_;
}

template <typename T>
void MinibatchSampler<T>::bind(MatrixView<const T> features, MatrixView<const T> targets) noexcept {
  GRADUS_DCHECK(features.rows() <= order_.most_places());
  bind(features, targets, {});
  every_row_ = true;
  count_ = features.rows();
  position_ = count_;
}

template <typename T>
int64_t MinibatchSampler<T>::listed(uint32_t place) const noexcept {
  return every_row_ ? place : rows_[place];
}

template <typename T>
int64_t MinibatchSampler<T>::batch_size() const noexcept {
  return clamp_batch(batch_option_, count_);
}

template <typename T>
int64_t MinibatchSampler<T>::steps_per_epoch() const noexcept {
  return count_ == 0 ? 0 : (count_ + batch_size() - 1) / batch_size();
}

// A batch of all rows stays in the order listed: its gradient is the same sum.
template <typename T>
void MinibatchSampler<T>::start_epoch(uint32_t epoch) noexcept {
  position_ = 0;
  window_ = {};
  order_.start(count_, epoch, shuffle_ && batch_size() < count_);
}

template <typename T>
const T* MinibatchSampler<T>::features_of(uint32_t place) const noexcept {
  return storage_.is_file() ? resident_.features(place) : features_.row(listed(place)).data();
}

template <typename T>
const T* MinibatchSampler<T>::targets_of(uint32_t place) const noexcept {
  return storage_.is_file() ? resident_.targets(place) : targets_.row(listed(place)).data();
}

template <typename T>
void MinibatchSampler<T>::open_window() noexcept {
  window_ = order_.next_window();
  if (!storage_.is_file()) return;
  // A data set of one window is fetched once, not once an epoch.
  if (!window_is_all_) {
    const auto row_of = [this](int64_t place) { return listed(static_cast<uint32_t>(place)); };
    resident_.load(order_.blocks(), count_, row_of, features_, targets_, storage_);
  }
  window_is_all_ = std::ssize(window_) == count_;
  fetch_ahead();
}

/// What the next window holds, while this one is worked through.
template <typename T>
void MinibatchSampler<T>::fetch_ahead() const noexcept {
  for (const uint32_t block : order_.blocks_ahead()) {
    const int64_t first = listed(static_cast<uint32_t>(block * EpochOrder::kBlockRows));
    const int64_t last = listed(static_cast<uint32_t>(std::min((block + 1) * EpochOrder::kBlockRows, count_) - 1));
    const T* begin = features_.row(first).data();
    storage_.will_need(
        begin, static_cast<std::size_t>(last - first + 1) * static_cast<std::size_t>(features_.stride()) * sizeof(T));
  }
}

template <typename T>
void MinibatchSampler<T>::gather(std::span<const uint32_t> places, int64_t first) noexcept {
  // Rows of a shuffled minibatch lie anywhere in memory: asking for them a few rows ahead hides most of the wait.
  constexpr std::size_t kAhead = 8;
  const int64_t width = features_.columns();
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i + kAhead < places.size()) {
      const T* ahead = features_of(places[i + kAhead]);
      __builtin_prefetch(ahead);
      __builtin_prefetch(ahead + 64 / sizeof(T));
    }
    const int64_t row = first + static_cast<int64_t>(i);
    std::copy_n(features_of(places[i]), width, x_.data() + row * stride_);
    std::copy_n(targets_of(places[i]), target_width_, y_.data() + row * target_width_);
  }
}

template <typename T>
bool MinibatchSampler<T>::next(MatrixView<const T>& x, MatrixView<const T>& y) noexcept {
  if (position_ >= count_) return false;
  const int64_t rows = std::min(batch_size(), count_ - position_);
  position_ += rows;
  if (rows == count_ && every_row_) {
    x = features_;
    y = targets_;
    return true;
  }
  if (rows < count_ || !gathered_all_) {
    for (int64_t filled = 0; filled < rows;) {
      if (window_.empty()) open_window();
      const auto places = window_.first(std::min(window_.size(), static_cast<std::size_t>(rows - filled)));
      gather(places, filled);
      window_ = window_.subspan(places.size());
      filled += std::ssize(places);
    }
  }
  gathered_all_ = rows == count_;
  x = {x_.data(), rows, features_.columns(), stride_};
  y = {y_.data(), rows, target_width_};
  return true;
}

template class MinibatchSampler<float>;
template class MinibatchSampler<double>;

}  // namespace gradus
