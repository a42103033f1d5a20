#include "model/json_characters.h"

namespace gradus {
namespace {

constexpr std::string_view kEscapes = "\"\\/bfnrt";
constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";

bool is_high_surrogate(char32_t unit) noexcept {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low_surrogate(char32_t unit) noexcept {
  return unit >= 0xDC00 && unit < 0xE000;
}

std::size_t encode_utf8(char32_t c, std::array<char, 4>& bytes) noexcept {
  if (c < 0x80) {
    bytes[0] = static_cast<char>(c);
    return 1;
  }
  const std::size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (std::size_t i = size - 1; i > 0; --i, c >>= 6) bytes[i] = static_cast<char>(0x80 | (c & 0x3F));
  bytes[0] = static_cast<char>((0xF00 >> size) | c);
  return size;
}

}  // namespace

void UnescapedText::fail() const {
  throw Error(ErrorCode::bad_data, *place_, "found a text that is not JSON, expected a JSON text");
}

/// Four digits.
char32_t UnescapedText::hexadecimal() {
  if (rest_.size() < 4) fail();
  char32_t value = 0;
  for (const char c : rest_.substr(0, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) fail();
    value = value * 16 + static_cast<char32_t>(digit);
  }
  rest_.remove_prefix(4);
  return value;
}

void UnescapedText::take_unicode() {
  char32_t c = hexadecimal();
  if (is_low_surrogate(c)) fail();
  if (is_high_surrogate(c)) {
    if (!rest_.starts_with("\\u")) fail();
    rest_.remove_prefix(2);
    const char32_t low = hexadecimal();
    if (!is_low_surrogate(low)) fail();
    c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
  }
  size_ = encode_utf8(c, bytes_);
}

void UnescapedText::take() {
  at_ = 0;
  size_ = 0;
  if (rest_.empty()) return;
  const char c = rest_.front();
  rest_.remove_prefix(1);
  if (static_cast<unsigned char>(c) < 0x20) fail();  // JSON strings hold control characters as escapes only
  if (c != '\\') {
    bytes_[0] = c;
    size_ = 1;
    return;
  }
  if (rest_.empty()) fail();
  const char escape = rest_.front();
  rest_.remove_prefix(1);
  if (escape == 'u') return take_unicode();
  const std::size_t which = kEscapes.find(escape);
  if (which == std::string_view::npos) fail();
  bytes_[0] = kMeanings[which];
  size_ = 1;
}

}  // namespace gradus
