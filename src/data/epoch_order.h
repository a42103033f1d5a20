// The order in which an epoch visits rows: shuffled in windows of blocks, so that a data set on the disk is read in
// runs of rows and a few at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace gradus {

/// A permutation of the places 0 .. n - 1, a function of (seed, epoch, n).
///
/// Up to kWindowRows places are one window, shuffled whole (Fisher and Yates, by Durstenfeld). More are cut into blocks
/// of kBlockRows neighbours; the blocks are shuffled, dealt out in that order to windows of at most kWindowRows, and
/// the places of each window are shuffled whole.
///
/// How well that mixes: a window holds some 2,000 blocks from everywhere. In the worst case, a file sorted so that each
/// block is of one class, the share p of a class varies from window to window with variance p (1 - p) / 2048, where a
/// minibatch of B rows itself varies with p (1 - p) / B: at B = 256 an eighth more variance, at 32 a sixty-fourth. A
/// block of 50 features is 6 KB, a page or two of a disk; a window of them 13 MB.
class EpochOrder {
 public:
  static constexpr int64_t kBlockRows = 32;
  static constexpr int64_t kWindowRows = 65536;

  /// `most_places` bounds n.
  EpochOrder(int64_t most_places, uint64_t seed);

  /// Not `shuffled`: the places come as they are.
  int64_t most_places() const noexcept { return most_places_; }
  void start(int64_t places, uint32_t epoch, bool shuffled) noexcept;
  /// The next places, kWindowRows or fewer, valid until the next call; none at the end. Allocates nothing.
  std::span<const uint32_t> next_window() noexcept;
  /// The blocks of the window that next_window gave last: block b is the places b * kBlockRows and up.
  std::span<const uint32_t> blocks() const noexcept { return blocks_of(window_ - 1); }
  /// Those of the window after it; none after the last.
  std::span<const uint32_t> blocks_ahead() const noexcept {
    return window_ < windows_ ? blocks_of(window_) : std::span<const uint32_t>();
  }

 private:
  std::span<const uint32_t> blocks_of(int64_t window) const noexcept;
  std::span<uint32_t> fill_from_blocks(int64_t window) noexcept;

  int64_t most_places_;
  uint64_t seed_;
  uint32_t epoch_ = 0;
  bool shuffled_ = false;
  int64_t places_ = 0;
  int64_t windows_ = 0;
  int64_t window_ = 0;  // the next one
  int64_t block_count_ = 0;
  std::vector<uint32_t> blocks_;
  std::vector<uint32_t> order_;
};

}  // namespace gradus
