// Any bytes as a CSV: an Error or a table, the same for any size of the reads, the rows of a naive reader of the same
// grammar, and the same content again when the table's cells are what they say.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gradus/error.h"
#include "gradus/table.h"

#include "data/byte_source.h"
#include "data/csv_reader.h"
#include "data/fingerprint.h"
#include "data/naive_csv.h"
#include "data/read_table.h"

namespace {

// Every row with its line, or the error that ended the reading.
std::string rows_of(std::string_view text, char delimiter, std::size_t step, std::size_t buffer) {
  std::string all;
  try {
    const auto source = gradus::memory_source(text, step);
    gradus::CsvReader reader(*source, delimiter, buffer);
    while (reader.next()) {
      all += std::to_string(reader.line());
      for (std::size_t i = 0; i < reader.fields().size(); ++i) {
        all += '|' + std::to_string(reader.place(i).line) + ':' + std::to_string(reader.place(i).column) + ' ';
        all += reader.fields()[i];
      }
      all += '\n';
    }
  } catch (const gradus::Error& error) {
    all += error.what();
  }
  return all;
}

std::string table_of(std::string_view text, char delimiter, std::size_t step, const gradus::CsvOptions& options) {
  try {
    const auto source = gradus::memory_source(text, step);
    const gradus::Table table = gradus::read_csv(*source, delimiter, options);
    for (int64_t column = 0; column < table.columns(); ++column) {
      const int64_t last = table.rows() - 1;
      if (table.kind(column) == gradus::ColumnKind::numeric) {
        if ((table.number(last, column) != table.number(last, column)) != table.missing(last, column)) std::abort();
      } else if (table.text(last, column).empty() != table.missing(last, column)) {
        std::abort();
      }
    }
    return gradus::fingerprint(table);
  } catch (const gradus::Error& error) {
    return error.what();
  }
}

/// What the reader takes, the naive reader takes as the same rows; what it refuses for a quote, that one refuses.
void compare_with_naive(std::string_view text, char delimiter) {
  std::vector<std::vector<std::string>> rows, expected;
  bool taken = true, valid = true;
  try {
    const auto source = gradus::memory_source(text, 7);
    gradus::CsvReader reader(*source, delimiter, 16);
    while (reader.next()) rows.emplace_back(reader.fields().begin(), reader.fields().end());
  } catch (const gradus::Error& error) {
    taken = false;
    if (std::string_view(error.what()).find("quote") == std::string_view::npos) return;  // UTF-8, NUL: not its matter
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  try {
    expected = gradus::naive_rows(text, delimiter);
  } catch (const std::runtime_error&) {
    valid = false;
  }
  if (taken != valid || (taken && rows != expected)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte chooses how to read the rest.
  const unsigned choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const char delimiter = (choice & 1) != 0 ? ';' : ',';
  const std::size_t step = 1 + (choice >> 4);
  gradus::CsvOptions options;
  options.decimal_comma = (choice & 2) != 0;
  options.header = (choice & 4) == 0;
  options.float64 = (choice & 8) != 0;
  compare_with_naive(text, delimiter);
  if (rows_of(text, delimiter, size, 1 << 18) != rows_of(text, delimiter, step, 16)) std::abort();
  if (table_of(text, delimiter, size, options) != table_of(text, delimiter, step, options)) std::abort();
  return 0;
}
