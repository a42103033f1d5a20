// Pieces of C99 source: numbers, strings, names and comments that no text from a model can break out of.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace gradus {

/// A literal that reads back as the same number: "0.1f", "1.0", "-2e-30f". `value` is finite.
std::string c_number(float value);
std::string c_number(double value);
/// The same, or NAN.
std::string c_number_or_nan(double value);

/// An initialiser of a `const char *`: a string literal, in octal whatever is not plain; beyond the 4,095 characters
/// that C99 grants a literal, an array.
std::string c_string(std::string_view text);

/// `text` in quotes, fit to stand in a comment on one line.
std::string c_comment(std::string_view text);

/// Names for C and C++ in one scope: letters, digits and underscores, no keyword, none twice.
class CNames {
 public:
  std::string make(std::string_view text);

 private:
  std::set<std::string> taken_;
};

/// Whether `text` may be the prefix of a file's names: a letter, then letters, digits and underscores, at most 40.
bool is_c_name(std::string_view text) noexcept;
/// What comes nearest to that: of a path, its last part without what follows the last dot.
std::string c_name_from_path(std::string_view path);

}  // namespace gradus
