#include "data/dictionary.h"

#include <functional>

namespace gradus {

std::size_t Dictionary::slot_of(std::string_view text) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(text)&mask;
  while (slots_[slot] != kEmpty && values_[slots_[slot]] != text) slot = (slot + 1) & mask;
  return slot;
}

void Dictionary::grow() {
  slots_.assign(2 * slots_.size(), kEmpty);
  for (std::size_t i = 0; i < values_.size(); ++i) slots_[slot_of(values_[i])] = static_cast<uint32_t>(i);
}

uint32_t Dictionary::code(std::string_view text) {
  if (last_ != kEmpty && values_[last_] == text) return last_;
  std::size_t slot = slot_of(text);
  if (slots_[slot] == kEmpty) {
    // At most half full: probes stay short.
    if (2 * (values_.size() + 1) > slots_.size()) {
      grow();
      slot = slot_of(text);
    }
    slots_[slot] = static_cast<uint32_t>(values_.size());
    values_.emplace_back(text);
  }
  return last_ = slots_[slot];
}

}  // namespace gradus
