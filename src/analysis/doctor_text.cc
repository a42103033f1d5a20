// How findings say numbers and flags.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/doctor_checks.h"

namespace gradus::doctoring {
namespace {

bool plain_word(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == ',' || c >= 0x80;
  });
}

/// One word of a POSIX shell.
std::string shell_word(std::string_view text) {
  if (plain_word(text)) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace

std::string percent(double part, double whole) {
  const double share = whole > 0.0 ? 100.0 * part / whole : 0.0;
  if (share > 0.0 && share < 0.1) return "under 0.1 %";
  if (share < 100.0 && share > 99.9) return "over 99.9 %";
  return fmt::format("{:.1f} %", share);
}

std::string counted(std::size_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

std::string flag_for(std::string_view flag, const DoctorColumn& column) {
  const bool comma = column.name.find(',') != std::string::npos;
  return fmt::format("{} {}", flag, comma ? std::to_string(column.index + 1) : shell_word(column.name));
}

std::string missing_flag(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : CsvOptions{}.missing) list += (list.empty() ? "" : ",") + text;
  for (const std::string& text : texts) list += "," + text;
  return "--missing " + shell_word(list);
}

}  // namespace gradus::doctoring
