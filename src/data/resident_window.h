// The rows of one window of an epoch, copied into memory from the pages of a file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "gradus/matrix_view.h"

#include "base/storage.h"
#include "data/epoch_order.h"
#include "data/lazy_array.h"

namespace gradus {

/// Rows are fetched in the order of the file's blocks, so that pages come in runs and can be let go of at once; the
/// shuffled reading is of memory. Holds EpochOrder::kWindowRows rows at most.
template <typename T>
class ResidentWindow {
 public:
  ResidentWindow() noexcept = default;
  /// Room for windows of data sets with at most `most_places` places. The only time that it allocates.
  ResidentWindow(int64_t most_places, int64_t width, int64_t target_width)
      : width_(width),
        target_width_(target_width),
        slots_(static_cast<std::size_t>(most_places / EpochOrder::kBlockRows + 1)),
        features_(std::min(most_places, EpochOrder::kWindowRows) * width),
        targets_(std::min(most_places, EpochOrder::kWindowRows) * target_width) {}

  /// Copies the rows of `blocks`: block b is the places b * kBlockRows and up, below `places`; place p is row row_of(p)
  /// of the matrices, whose pages are `storage`'s.
  template <typename RowOf>
  void load(std::span<const uint32_t> blocks, int64_t places, const RowOf& row_of, MatrixView<const T> features,
            MatrixView<const T> targets, const Storage& storage) noexcept {
    int64_t slot = 0;
    for (const uint32_t block : blocks) {
      slots_[block] = static_cast<uint32_t>(slot);
      const int64_t first = block * EpochOrder::kBlockRows;
      const int64_t last = std::min(first + EpochOrder::kBlockRows, places);
      for (int64_t place = first; place < last; ++place, ++slot) {
        const int64_t row = row_of(place);
        std::copy_n(features.row(row).data(), width_, features_.data() + slot * width_);
        std::copy_n(targets.row(row).data(), target_width_, targets_.data() + slot * target_width_);
      }
      const int64_t rows = row_of(last - 1) - row_of(first) + 1;
      storage.used(static_cast<std::size_t>(rows * (features.stride() + targets.stride())) * sizeof(T) + kAround);
    }
  }

  const T* features(uint32_t place) const noexcept { return features_.data() + slot_of(place) * width_; }
  const T* targets(uint32_t place) const noexcept { return targets_.data() + slot_of(place) * target_width_; }

 private:
  // A page that is asked for brings its neighbours into the process: 64 KB on an old Linux, on a new one whatever the
  // system's cache keeps in one piece, up to 2 MB.
  static constexpr std::size_t kAround = std::size_t{2} << 20;

  int64_t slot_of(uint32_t place) const noexcept {
    return slots_[place / EpochOrder::kBlockRows] + place % EpochOrder::kBlockRows;
  }

  int64_t width_ = 0;
  int64_t target_width_ = 0;
  std::vector<uint32_t> slots_;  // of a block of this window: where its first row stands
  LazyArray<T> features_;
  LazyArray<T> targets_;
};

}  // namespace gradus
