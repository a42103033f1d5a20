#include "data/utf8.h"

namespace gradus {
namespace {

using Byte = unsigned char;

// The range of the second byte depends on the first (Unicode, table 3-7).
struct Lead {
  std::size_t length = 0;  // 0: not a lead byte
  Byte low = 0x80;
  Byte high = 0xBF;
};

constexpr Lead lead_of(Byte byte) noexcept {
  if (byte >= 0x01 && byte <= 0x7F) return {1};
  if (byte >= 0xC2 && byte <= 0xDF) return {2};
  if (byte == 0xE0) return {3, 0xA0};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3};
  if (byte == 0xF0) return {4, 0x90};
  if (byte >= 0xF1 && byte <= 0xF3) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

}  // namespace

TextCheck check_text(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const Lead lead = lead_of(static_cast<Byte>(text[i]));
    if (lead.length == 0) return {i, false};
    for (std::size_t k = 1; k < lead.length; ++k) {
      if (i + k == text.size()) return {i, true};
      const Byte byte = static_cast<Byte>(text[i + k]);
      if (byte < (k == 1 ? lead.low : 0x80) || byte > (k == 1 ? lead.high : 0xBF)) return {i, false};
    }
    i += lead.length;
  }
  return {i, false};
}

}  // namespace gradus
