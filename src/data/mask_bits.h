// The bits set in a long mask, in order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace gradus {

/// No place in the text.
inline constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
inline constexpr std::size_t kWord = 64;

class MaskBits {
 public:
  /// The bits from `from` to `size`, those behind it being clear up to a whole word.
  MaskBits(const uint64_t* masks, std::size_t size, std::size_t from) noexcept
      : masks_(masks), words_((size + kWord - 1) / kWord), word_(from / kWord) {
    if (word_ < words_) bits_ = masks_[word_] & (~uint64_t{0} << (from % kWord));
  }
  /// The place of the next bit, or kNone.
  std::size_t next() noexcept {
    while (bits_ == 0) {
      if (++word_ >= words_) return kNone;
      bits_ = masks_[word_];
    }
    const std::size_t place = word_ * kWord + static_cast<std::size_t>(std::countr_zero(bits_));
    bits_ &= bits_ - 1;
    return place;
  }

 private:
  const uint64_t* masks_;
  std::size_t words_;
  std::size_t word_;
  uint64_t bits_ = 0;
};

}  // namespace gradus
