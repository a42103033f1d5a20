// A strict, streaming RFC 4180 reader: bytes in, one row of fields out. docs/csv.md has the dialect.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/error.h"

#include "data/byte_source.h"
#include "data/mask_bits.h"
#include "kernels/numbers.h"

namespace gradus {

inline constexpr std::size_t kMaxFieldBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxRowBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxColumns = 65536;
inline constexpr std::size_t kCsvBufferBytes = std::size_t{1} << 18;

/// Rows end with LF, CRLF or CR. Blank lines are skipped and counted. Knows nothing of headers: the first row is a row.
class CsvReader {
 public:
  /// `source` must outlive it. `buffer_bytes` is where the buffer starts; it grows to hold the longest row.
  CsvReader(ByteSource& source, char delimiter, std::size_t buffer_bytes = kCsvBufferBytes);

  /// Moves to the next row; false at the end. Throws Error(bad_data) at its place for what is not CSV in UTF-8.
  bool next();
  /// The row's fields, unquoted. The views are valid until the next call of `next`; 32 bytes behind each can be read.
  std::span<const std::string_view> fields() const noexcept { return {fields_.data(), count_}; }

  /// Moves on by as many rows, at most `most`, as stand ready in the buffer and are plain: `columns` fields without
  /// quotes. Often many at once; 0 says that `next` must read the next row. Instead of `fields` they have `cells`.
  std::size_t next_rows(std::size_t columns, std::size_t most);
  /// The rows of the last `next_rows`, valid as long as fields.
  const kernels::CellGrid& cells() const noexcept { return grid_; }
  /// A field of one of the rows of the last `next_rows`, or of row 0 after `next`.
  std::string_view cell(std::size_t row, std::size_t field) const noexcept {
    if (count_ > 0) return fields_[field];
    const uint32_t* mark = grid_.marks + row * grid_.stride + field;
    return {grid_.text + mark[-1] + 1, mark[0] - mark[-1] - 1};
  }

  /// The line on which the row starts, counted from 1; lines inside quotes count.
  int64_t line() const noexcept { return line_; }
  /// Line and byte column (both from 1) where field `field` of this row starts, its quote included. With `field` equal
  /// to the number of fields: where the row ends.
  Place place(std::size_t field) const;
  /// The same for a field of one of the rows of the last `next_rows`, or of row 0 after `next`.
  Place place(std::size_t row, std::size_t field) const;
  /// True when the field stands in quotes.
  bool quoted(std::size_t field) const;
  int64_t blank_lines() const noexcept { return blank_lines_; }

  /// Starts again from the first row.
  void rewind();

 private:
  enum class Scan { row, need_more };

  bool fill();
  void start_of_text();
  void validate();
  bool skip_line_feed();
  Scan scan_row();
  Scan scan_quoted_row();
  Scan scan_quoted_field(std::size_t start, MaskBits& marks);
  void push(std::size_t begin, std::size_t end);
  void more_fields(std::size_t position);
  void end_row(std::size_t mark);
  bool ends_field(char c) const noexcept;
  std::size_t marks_in_row(std::size_t stop, std::size_t columns) const noexcept;
  void check_unfinished(std::size_t start) const;
  void check_row() const;
  void unescape();
  std::size_t field_start(std::size_t field) const;
  Place place_at(std::size_t position) const;
  [[noreturn]] void fail(std::size_t position, const std::string& message) const;
  [[noreturn]] void fail_after_quote(std::size_t position) const;
  [[noreturn]] void fail_long_field(std::size_t start) const;
  [[noreturn]] void fail_text() const;

  ByteSource& source_;
  char delimiter_;

  // The buffer holds text from byte `offset_` of the stream on. The row begins at `begin_`, the next one at `end_`.
  std::vector<char> buffer_;
  std::vector<uint64_t> marks_;  // where delimiters, quotes and line ends are, a bit a byte
  std::vector<uint64_t> stops_;  // quotes and line ends only
  std::size_t size_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t validated_ = 0;  // text before is UTF-8
  std::size_t bad_byte_;       // the first byte that is not, or none
  int64_t offset_ = 0;
  bool started_ = false;
  bool at_end_ = false;
  bool after_carriage_return_ = false;

  kernels::CellGrid grid_;
  std::vector<uint32_t> places_;  // of marks: what grid_ points into
  std::size_t plain_ahead_ = 1;   // how many plain rows to expect

  std::vector<std::string_view> fields_;
  std::size_t count_ = 0;
  std::vector<std::size_t> escaped_;  // fields with doubled quotes
  std::string unescaped_;
  int64_t line_ = 0;
  int64_t lines_in_row_ = 1;
  int64_t blank_lines_ = 0;
};

}  // namespace gradus
