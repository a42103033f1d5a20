// The CSV grammar read one character at a time: the oracle of the reader, for tests and fuzzing.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// Throws std::runtime_error where quotes are wrong. Of UTF-8, NUL, byte-order marks and limits it knows nothing.
inline std::vector<std::vector<std::string>> naive_rows(std::string_view text, char delimiter = ',') {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::size_t i = 0;
  while (i < text.size()) {
    std::string field;
    const bool quoted = text[i] == '"';
    if (quoted) {
      for (++i;; ++i) {
        if (i == text.size()) throw std::runtime_error("no closing quote");
        if (text[i] != '"') {
          field += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '"') {
          field += text[i++];
        } else {
          break;
        }
      }
      ++i;
    }
    while (i < text.size() && text[i] != delimiter && text[i] != '\n' && text[i] != '\r') {
      if (quoted || text[i] == '"') throw std::runtime_error("stray quote");
      field += text[i++];
    }
    row.push_back(field);
    if (i < text.size() && text[i] == delimiter) {
      if (++i < text.size()) continue;
      row.emplace_back();
    }
    if (i < text.size()) i += text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n' ? 2 : 1;
    const bool blank = row.size() == 1 && row[0].empty() && !quoted;
    if (!blank) rows.push_back(row);
    row.clear();
  }
  return rows;
}

}  // namespace gradus
