// UTF-8 as the Unicode standard defines it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace gradus {

/// How far `text` is valid UTF-8 without NUL.
struct TextCheck {
  std::size_t valid = 0;    ///< bytes that are; text.size() when all are
  bool incomplete = false;  ///< the rest is the start of a character that goes on beyond `text`
};
TextCheck check_text(std::string_view text) noexcept;

}  // namespace gradus
