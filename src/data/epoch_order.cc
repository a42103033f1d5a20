#include "data/epoch_order.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gradus {
namespace {

int64_t parts_of(int64_t whole, int64_t part) noexcept {
  return (whole + part - 1) / part;
}

void shuffle_all(const RandomStream& draws, std::span<uint32_t> values) noexcept {
  for (std::size_t i = values.size(); i-- > 1;) std::swap(values[i], values[draws.below(i, i + 1)]);
}

}  // namespace

EpochOrder::EpochOrder(int64_t most_places, uint64_t seed)
    : most_places_(most_places),
      seed_(seed),
      blocks_(static_cast<std::size_t>(parts_of(most_places, kBlockRows))),
      order_(static_cast<std::size_t>(std::min(most_places, kWindowRows))) {}

// From the places in order, so that an epoch's order needs no earlier epoch.
void EpochOrder::start(int64_t places, uint32_t epoch, bool shuffled) noexcept {
  places_ = places;
  epoch_ = epoch;
  shuffled_ = shuffled;
  windows_ = parts_of(places, kWindowRows);
  window_ = 0;
  block_count_ = parts_of(places, kBlockRows);
  const auto blocks = std::span(blocks_).first(static_cast<std::size_t>(block_count_));
  std::iota(blocks.begin(), blocks.end(), 0u);
  if (shuffled_ && windows_ > 1) shuffle_all(RandomStream(seed_, Purpose::shuffle, epoch_), blocks);
}

std::span<const uint32_t> EpochOrder::blocks_of(int64_t window) const noexcept {
  const int64_t first = window * block_count_ / windows_;
  const int64_t last = (window + 1) * block_count_ / windows_;
  return std::span(blocks_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
}

std::span<uint32_t> EpochOrder::fill_from_blocks(int64_t window) noexcept {
  std::size_t count = 0;
  for (const uint32_t block : blocks_of(window)) {
    const int64_t first = block * kBlockRows;
    for (int64_t place = first; place < std::min(first + kBlockRows, places_); ++place)
      order_[count++] = static_cast<uint32_t>(place);
  }
  return std::span(order_).first(count);
}

std::span<const uint32_t> EpochOrder::next_window() noexcept {
  if (window_ == windows_) return {};
  const int64_t window = window_++;
  const std::span<uint32_t> places = fill_from_blocks(window);
  // Stream 0 is the blocks', or the only window's.
  const auto stream = static_cast<uint32_t>(windows_ > 1 ? window + 1 : 0);
  if (shuffled_) shuffle_all(RandomStream(seed_, Purpose::shuffle, epoch_, stream), places);
  return places;
}

}  // namespace gradus
