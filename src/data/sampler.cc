#include "data/sampler.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/random.h"

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
                                      bool shuffle, uint64_t seed)
    : max_batch_(clamp_batch(batch_size, max_rows)),
      batch_option_(batch_size),
      shuffle_(shuffle),
      seed_(seed),
      order_(static_cast<std::size_t>(max_rows)),
      stride_(padded<T>(width)),
      target_width_(target_width),
      x_(max_batch_ * stride_),
      y_(max_batch_ * target_width) {}

template <typename T>
MinibatchSampler<T>::MinibatchSampler(MatrixView<const T> features, MatrixView<const T> targets,
                                      std::span<const uint32_t> rows, int64_t batch_size, bool shuffle, uint64_t seed)
    : MinibatchSampler(static_cast<int64_t>(rows.size()), features.columns(), targets.columns(), batch_size, shuffle,
                       seed) {
  bind(features, targets, rows);
}

template <typename T>
void MinibatchSampler<T>::bind(MatrixView<const T> features, MatrixView<const T> targets,
                               std::span<const uint32_t> rows) noexcept {
  GRADUS_DCHECK(rows.size() <= order_.size());
  GRADUS_DCHECK(features.columns() <= stride_ && targets.columns() == target_width_);
  features_ = features;
  targets_ = targets;
  rows_ = rows;
  every_row_ = false;
  count_ = static_cast<int64_t>(rows.size());
  gathered_all_ = false;
  position_ = count_;
}

template <typename T>
void MinibatchSampler<T>::bind(MatrixView<const T> features, MatrixView<const T> targets) noexcept {
  GRADUS_DCHECK(features.rows() <= static_cast<int64_t>(order_.size()));
  bind(features, targets, {});
  every_row_ = true;
  count_ = features.rows();
  position_ = count_;
}

template <typename T>
uint32_t MinibatchSampler<T>::listed(int64_t index) const noexcept {
  return every_row_ ? static_cast<uint32_t>(index) : rows_[static_cast<std::size_t>(index)];
}

template <typename T>
int64_t MinibatchSampler<T>::batch_size() const noexcept {
  return clamp_batch(batch_option_, count_);
}

template <typename T>
int64_t MinibatchSampler<T>::steps_per_epoch() const noexcept {
  return count_ == 0 ? 0 : (count_ + batch_size() - 1) / batch_size();
}

// Fisher-Yates from the list as given, so that an epoch's order needs no earlier epoch. A batch of all rows stays in
// the order listed: its gradient is the same sum.
template <typename T>
void MinibatchSampler<T>::start_epoch(uint32_t epoch) noexcept {
  position_ = 0;
  if (batch_size() == count_ && gathered_all_) return;
  for (int64_t i = 0; i < count_; ++i) order_[static_cast<std::size_t>(i)] = listed(i);
  if (!shuffle_ || batch_size() == count_) return;
  const RandomStream draws(seed_, Purpose::shuffle, epoch);
  for (int64_t i = count_ - 1; i > 0; --i) {
    const uint64_t j = draws.below(static_cast<uint64_t>(i), static_cast<uint64_t>(i) + 1);
    std::swap(order_[static_cast<std::size_t>(i)], order_[static_cast<std::size_t>(j)]);
  }
}

template <typename T>
void MinibatchSampler<T>::gather(int64_t first, int64_t rows) noexcept {
  // Rows of a shuffled minibatch lie anywhere in memory: asking for them a few rows ahead hides most of the wait.
  constexpr int64_t kAhead = 8;
  const int64_t width = features_.columns();
  for (int64_t i = 0; i < rows; ++i) {
    if (i + kAhead < rows) {
      const T* ahead = features_.row(order_[static_cast<std::size_t>(first + i + kAhead)]).data();
      __builtin_prefetch(ahead);
      __builtin_prefetch(ahead + 64 / sizeof(T));
    }
    const int64_t source = order_[static_cast<std::size_t>(first + i)];
    std::copy_n(features_.row(source).data(), width, x_.data() + i * stride_);
    std::copy_n(targets_.row(source).data(), target_width_, y_.data() + i * target_width_);
  }
}

template <typename T>
bool MinibatchSampler<T>::next(MatrixView<const T>& x, MatrixView<const T>& y) noexcept {
  if (position_ >= count_) return false;
  const int64_t rows = std::min(batch_size(), count_ - position_);
  if (rows == count_ && every_row_) {
    position_ = count_;
    x = features_;
    y = targets_;
    return true;
  }
  if (rows < count_ || !gathered_all_) gather(position_, rows);
  gathered_all_ = rows == count_;
  position_ += rows;
  x = {x_.data(), rows, features_.columns(), stride_};
  y = {y_.data(), rows, target_width_};
  return true;
}

template class MinibatchSampler<float>;
template class MinibatchSampler<double>;

}  // namespace gradus
