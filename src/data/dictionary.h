// Texts numbered in order of first appearance.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// The codes are 0, 1, 2, ...; at most 2^32 - 2 of them.
class Dictionary {
 public:
  Dictionary() : slots_(kFirstSlots, kEmpty) {}

  /// The code of `text`, a new one when it has not been seen.
  uint32_t code(std::string_view text);

  const std::vector<std::string>& values() const noexcept { return values_; }
  /// Moves the values out; the dictionary is of no further use.
  std::vector<std::string> take_values() noexcept { return std::move(values_); }

 private:
  static constexpr std::size_t kFirstSlots = 64;  // a power of two, as every size after it
  static constexpr uint32_t kEmpty = 0xFFFFFFFF;

  std::size_t slot_of(std::string_view text) const noexcept;
  void grow();

  std::vector<std::string> values_;
  std::vector<uint32_t> slots_;  // open addressing, linear probing; codes
  uint32_t last_ = kEmpty;       // runs of one value are common in sorted files
};

}  // namespace gradus
