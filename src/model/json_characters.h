// Characters on their way into the JSON parser, one at a time, so that nothing of a hostile text's size is kept beside
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "gradus/error.h"

namespace gradus {

/// What the inside of a JSON string stands for, its escapes resolved, without a copy of it. Default-constructed: the
/// end. Throws Error(bad_data) at `place` for an escape that is none. `place` must outlive it.
class UnescapedText {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  UnescapedText() = default;
  UnescapedText(std::string_view inside, const Place& place) : rest_(inside), place_(&place) { take(); }

  char operator*() const noexcept { return bytes_[at_]; }
  UnescapedText& operator++() {
    if (++at_ == size_) take();
    return *this;
  }
  bool operator==(const UnescapedText& other) const noexcept {
    if (size_ == 0 || other.size_ == 0) return size_ == other.size_;
    return rest_.data() == other.rest_.data() && at_ == other.at_;
  }

 private:
  void take();
  char32_t hexadecimal();
  void take_unicode();
  [[noreturn]] void fail() const;

  std::string_view rest_;
  const Place* place_ = nullptr;
  std::array<char, 4> bytes_ = {};  // of one character
  std::size_t size_ = 0;            // 0: the end
  std::size_t at_ = 0;
};

/// The parser keeps what it has read since the last string or number began, several times over; a text that makes that
/// long is none of ours.
template <typename Characters>
class BoundedTokens {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  BoundedTokens(Characters at, std::size_t most, const Place& place) : at_(at), most_(most), place_(&place) {}

  char operator*() const { return *at_; }
  BoundedTokens& operator++() {
    count(*at_);
    ++at_;
    return *this;
  }
  bool operator==(const BoundedTokens& other) const noexcept { return at_ == other.at_; }

 private:
  static bool of_number(char c) noexcept { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.'; }

  void count(char c) {
    const bool starts = !in_string_ && (c == '"' || (of_number(c) && !of_number(last_)));
    length_ = starts ? 1 : length_ + 1;
    if (length_ > most_)
      throw Error(ErrorCode::bad_data, *place_, "found a JSON token longer than any of a model, expected a model's");
    if (c == '"' && !escaped_) in_string_ = !in_string_;
    escaped_ = in_string_ && c == '\\' && !escaped_;
    last_ = c;
  }

  Characters at_;
  std::size_t most_;
  const Place* place_;
  std::size_t length_ = 0;
  char last_ = ' ';
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace gradus
