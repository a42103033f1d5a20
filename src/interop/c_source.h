// A C99 file in the making: text with places for the file's own prefix and types.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace gradus {

/// Texts are C source in which `@` stands for the prefix of the file's names with an underscore ("credit_"), `@@` for
/// the same in capitals, and `$token$` for the token's text.
class CSource {
 public:
  /// `single`: float32 arithmetic, else float64.
  CSource(std::string prefix, bool single);

  bool single() const noexcept { return single_; }
  const std::string& prefix() const noexcept { return prefix_; }
  const std::string& capitals() const noexcept { return capitals_; }
  const std::string& text() const noexcept { return out_; }

  void token(const std::string& name, std::string text) { tokens_[name] = std::move(text); }
  void add(std::string_view text);
  /// As it is.
  void add_verbatim(std::string_view text) { out_ += text; }

  /// static const TYPE @NAME[count] = {...};
  template <typename T>
  void array(std::string_view name, std::span<const T> values);
  void int8_array(std::string_view name, std::span<const int8_t> values);
  void string_array(std::string_view declaration, std::span<const std::string> values);

 private:
  std::string prefix_;
  std::string capitals_;
  bool single_;
  std::map<std::string, std::string, std::less<>> tokens_;
  std::string out_;
};

}  // namespace gradus
