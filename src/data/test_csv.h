// For tests of the CSV room: rows from text, and a source that hands out a few bytes at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/test_files.h"
#include "data/byte_source.h"
#include "data/csv_reader.h"
#include "data/read_table.h"

namespace gradus {

using Rows = std::vector<std::vector<std::string>>;

/// `step` bytes a read, into a buffer that starts with `buffer` bytes.
inline Rows rows_of(std::string_view text, std::size_t step = 1 << 20, std::size_t buffer = kCsvBufferBytes,
                    char delimiter = ',') {
  const auto source = memory_source(text, step, "test.csv");
  CsvReader reader(*source, delimiter, buffer);
  Rows rows;
  while (reader.next()) rows.emplace_back(reader.fields().begin(), reader.fields().end());
  return rows;
}

inline std::string reading_error(std::string_view text, std::size_t step = 1 << 20) {
  return error_of([&] { rows_of(text, step, 16); }).what();
}

inline Table table_of(std::string_view text, const CsvOptions& options = {}, std::size_t step = 1 << 20) {
  const auto source = memory_source(text, step, "test.csv");
  return read_csv(*source, ',', options);
}

inline std::string table_error(std::string_view text, const CsvOptions& options = {}) {
  return error_of([&] { table_of(text, options); }).what();
}

inline std::vector<std::string> warnings_of(std::string_view text, CsvOptions options = {}) {
  std::vector<std::string> warnings;
  options.on_warning = [&](const std::string& warning) { warnings.push_back(warning); };
  table_of(text, options);
  return warnings;
}

}  // namespace gradus
