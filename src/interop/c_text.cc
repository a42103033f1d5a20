#include "interop/c_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/quote.h"

namespace gradus {
namespace {

constexpr std::size_t kLongestLiteral = 4000;
constexpr std::size_t kLongestName = 60;    // C99 tells 63 characters apart; room for a number behind
constexpr std::size_t kLongestPrefix = 40;  // room for what stands behind it

// Keywords of C and C++, and macros that the exported file's headers or compilers define in lower case or as bare
// words.
constexpr std::array kReserved = {
    "alignas",  "alignof",   "and",       "and_eq",   "asm",      "auto",     "bitand",   "bitor",   "bool",
    "break",    "case",      "catch",     "char",     "class",    "compl",    "concept",  "const",   "constexpr",
    "continue", "co_await",  "co_return", "co_yield", "decltype", "default",  "delete",   "do",      "double",
    "else",     "enum",      "explicit",  "export",   "extern",   "false",    "far",      "float",   "for",
    "friend",   "goto",      "huge",      "if",       "inline",   "int",      "long",     "mutable", "namespace",
    "near",     "new",       "noexcept",  "not",      "not_eq",   "nullptr",  "operator", "or",      "or_eq",
    "private",  "protected", "public",    "register", "requires", "restrict", "return",   "short",   "signed",
    "sizeof",   "static",    "struct",    "switch",   "template", "this",     "throw",    "true",    "try",
    "typedef",  "typeid",    "typename",  "union",    "unsigned", "using",    "virtual",  "void",    "volatile",
    "wchar_t",  "while",     "xor",       "xor_eq",   "unix",     "linux",    "i386",     "NAN",     "INFINITY",
    "HUGE_VAL", "HUGE_VALF", "HUGE_VALL", "NULL",     "EOF",      "BUFSIZ",   "stdin",    "stdout",  "stderr",
    "errno",    "assert",    "signal"};

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

template <typename T>
std::string literal(T value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

/// One character between quotes. A question mark is escaped because of trigraphs.
std::string escaped(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\'' || c == '\\' || c == '?') return fmt::format("\\{}", c);
  if (byte >= 0x20 && byte < 0x7F) return std::string(1, c);
  return fmt::format("\\{:03o}", byte);
}

}  // namespace

std::string c_number(float value) {
  return literal(value) + "f";
}
std::string c_number(double value) {
  return literal(value);
}
std::string c_number_or_nan(double value) {
  return std::isnan(value) ? "NAN" : c_number(value);
}

std::string c_string(std::string_view text) {
  std::string out;
  if (text.size() <= kLongestLiteral) {
    for (const char c : text) out += escaped(c);
    return "\"" + out + "\"";
  }
  for (const char c : text) out += fmt::format("'{}',{}", escaped(c), out.size() % 100 > 93 ? "\n" : "");
  return "(const char[]){" + out + "0}";
}

std::string c_comment(std::string_view text) {
  const std::string quoted = in_quotes(text);
  std::string out;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    const char c = quoted[i];
    const char before = out.empty() ? '\0' : out.back();
    // No end or start of a comment, no trigraph, and none of the marks that turn the direction of text (U+2000 ff.).
    if ((c == '/' && (before == '*' || before == '?')) || (c == '*' && before == '/') || (c == '?' && before == '?'))
      out += ' ';
    if (c != '\xE2') {
      out += c;
      continue;
    }
    for (const char byte : quoted.substr(i, 3)) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    i += 2;
  }
  return out;
}

std::string CNames::make(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, kLongestName)) {
    const bool plain = is_letter(c) || is_digit(c);
    if (plain || name.empty() || name.back() != '_') name += plain ? c : '_';
  }
  if (name.empty() || !is_letter(name[0])) name = "column" + (name.empty() || name[0] == '_' ? name : "_" + name);
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) name += '_';
  std::string unique = name;
  for (int copy = 2; !taken_.insert(unique).second; ++copy) unique = fmt::format("{}_{}", name, copy);
  return unique;
}

bool is_c_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kLongestPrefix && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

std::string c_name_from_path(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  if (const std::size_t dot = path.rfind('.'); dot != std::string_view::npos && dot > 0) path = path.substr(0, dot);
  std::string name;
  for (const char c : path) name += is_letter(c) || is_digit(c) ? c : '_';
  if (name.find_first_not_of('_') == std::string::npos) return "model";
  return (is_letter(name[0]) ? name : "model_" + name).substr(0, kLongestPrefix);
}

}  // namespace gradus
