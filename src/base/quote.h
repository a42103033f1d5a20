// Text from a file in a message: it may hold anything, and a terminal obeys some of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gradus {

/// `text` in double quotes, with control characters, quotes, backslashes and bytes that are not UTF-8 as escapes
/// (`\n`, `\x1b`), cut to about `limit` bytes with "..." after them.
std::string in_quotes(std::string_view text, std::size_t limit = 80);

/// The length of the UTF-8 sequence that `text` starts with; 0 when it starts with none. No overlong forms, surrogates
/// or values above U+10FFFF.
std::size_t utf8_length(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;

}  // namespace gradus
