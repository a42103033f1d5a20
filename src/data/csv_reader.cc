#include "data/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/quote.h"
#include "data/utf8.h"
#include "kernels/scan.h"

namespace gradus {
namespace {

constexpr std::size_t kSmallestBuffer = 16;  // room for a byte-order mark

}  // namespace

CsvReader::CsvReader(ByteSource& source, char delimiter, std::size_t buffer_bytes)
    : source_(source), delimiter_(delimiter), bad_byte_(kNone), fields_(kWord) {
  buffer_.resize(std::max(buffer_bytes, kSmallestBuffer) + kWord);
}

void CsvReader::rewind() {
  source_.rewind();
  size_ = begin_ = end_ = validated_ = count_ = 0;
  bad_byte_ = kNone;
  offset_ = line_ = blank_lines_ = 0;
  lines_in_row_ = 1;
  started_ = at_end_ = after_carriage_return_ = false;
}

bool CsvReader::next() {
  if (!started_) start_of_text();
  for (;;) {
    begin_ = end_;
    line_ += lines_in_row_;
    lines_in_row_ = 0;
    count_ = 0;
    if (!skip_line_feed()) return false;
    while (scan_row() == Scan::need_more) {
      if (bad_byte_ != kNone) fail_text();
      if (size_ - begin_ > kMaxRowBytes) fail(begin_, "found a row over 64 MiB, expected a shorter one");
      fill();
    }
    check_row();
    if (count_ != 1 || !fields_[0].empty() || quoted(0)) break;
    ++blank_lines_;
  }
  if (!escaped_.empty()) unescape();
  return true;
}

/// Reads more behind what is left of the buffer; sets at_end_ when there is no more.
bool CsvReader::fill() {
  const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
  std::copy(begin, buffer_.begin() + static_cast<std::ptrdiff_t>(size_), buffer_.begin());
  offset_ += static_cast<int64_t>(begin_);
  size_ -= begin_;
  validated_ -= begin_;
  begin_ = end_ = 0;
  if (size_ + kWord == buffer_.size()) buffer_.resize(2 * size_ + kWord);
  const std::size_t count = source_.read({buffer_.data() + size_, buffer_.size() - kWord - size_});
  size_ += count;
  at_end_ = count == 0;
  marks_.resize((buffer_.size() + kWord - 1) / kWord);
  stops_.resize(marks_.size());
  const bool unusual = kernels::find_csv_marks(buffer_.data(), size_, delimiter_, marks_.data(), stops_.data());
  if (unusual || validated_ + count != size_) {
    validate();
  } else {
    validated_ = size_;
  }
  return !at_end_;
}

/// A byte-order mark is skipped; UTF-16 is refused by name.
void CsvReader::start_of_text() {
  started_ = true;
  lines_in_row_ = 1;
  while (size_ < 3 && fill()) {
  }
  const std::string_view text(buffer_.data(), size_);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    throw Error(ErrorCode::bad_data, Place{.file = source_.name(), .line = 1, .column = 1},
                "found UTF-16, expected UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)");
  }
  if (text.starts_with("\xEF\xBB\xBF")) begin_ = end_ = 3;
}

void CsvReader::validate() {
  if (bad_byte_ != kNone) return;
  const TextCheck check = check_text({buffer_.data() + validated_, size_ - validated_});
  validated_ += check.valid;
  if (validated_ < size_ && (!check.incomplete || at_end_)) bad_byte_ = validated_;
}

/// The second half of a CRLF may arrive later than the first. False when no row follows.
bool CsvReader::skip_line_feed() {
  while (end_ == size_ && !at_end_) fill();
  if (after_carriage_return_ && end_ < size_ && buffer_[end_] == '\n') {
    begin_ = ++end_;
    after_carriage_return_ = false;
    while (end_ == size_ && !at_end_) fill();
  }
  after_carriage_return_ = false;
  return end_ < size_;
}

inline void CsvReader::push(std::size_t begin, std::size_t end) {
  if (count_ == fields_.size()) more_fields(begin);
  fields_[count_++] = {buffer_.data() + begin, end - begin};
}

void CsvReader::more_fields(std::size_t position) {
  if (count_ == kMaxColumns) fail(position, fmt::format("found more than {} columns, expected fewer", kMaxColumns));
  fields_.resize(2 * count_);
}

void CsvReader::end_row(std::size_t mark) {
  end_ = mark;
  ++lines_in_row_;
  if (mark == size_) return;  // the end of the text ends a row too
  ++end_;
  if (buffer_[mark] == '\n') return;
  if (end_ == size_) {
    after_carriage_return_ = true;
  } else if (buffer_[end_] == '\n') {
    ++end_;
  }
}

CsvReader::Scan CsvReader::scan_row() {
  count_ = 0;
  lines_in_row_ = 0;
  escaped_.clear();
  std::size_t start = begin_;
  MaskBits marks(marks_.data(), size_, start);
  for (;;) {
    std::size_t mark = marks.next();
    if (mark == kNone) {
      check_unfinished(start);
      if (!at_end_) return Scan::need_more;
      mark = size_;
    } else if (buffer_[mark] == delimiter_) {
      push(start, mark);
      start = mark + 1;
      continue;
    } else if (buffer_[mark] == '"') {
      return scan_quoted_row();
    }
    push(start, mark);
    end_row(mark);
    return Scan::row;
  }
}

/// As scan_row, for rows in which a quote occurs.
CsvReader::Scan CsvReader::scan_quoted_row() {
  count_ = 0;
  std::size_t start = begin_;
  MaskBits marks(marks_.data(), size_, start);
  for (;;) {
    const bool in_quotes = start < size_ && buffer_[start] == '"';
    if (in_quotes && scan_quoted_field(start, marks) == Scan::need_more) return Scan::need_more;
    std::size_t mark = marks.next();
    if (mark == kNone) {
      if (!in_quotes) check_unfinished(start);
      if (!at_end_) return Scan::need_more;
      mark = size_;
    }
    if (!in_quotes) {
      if (mark < size_ && buffer_[mark] == '"') {
        fail(mark,
             "found a quote inside a field without quotes, expected the whole field in quotes and its own quotes "
             "written twice");
      }
      push(start, mark);
    }
    if (mark < size_ && buffer_[mark] == delimiter_) {
      start = mark + 1;
      continue;
    }
    end_row(mark);
    return Scan::row;
  }
}

/// Pushes the text between the quotes, doubled ones still in it. `marks` stands before the opening quote and is left
/// behind the closing one.
CsvReader::Scan CsvReader::scan_quoted_field(std::size_t start, MaskBits& marks) {
  marks.next();
  bool escaped = false;
  for (;;) {
    const std::size_t mark = marks.next();
    if (mark == kNone) {
      check_unfinished(start);
      if (at_end_) fail(start, "found no closing quote for this one, expected it before the end of the file");
      return Scan::need_more;
    }
    const bool last = mark + 1 == size_;
    if (buffer_[mark] == '\n') {
      ++lines_in_row_;
    } else if (buffer_[mark] == '\r') {
      lines_in_row_ += !last && buffer_[mark + 1] != '\n' ? 1 : 0;
    } else if (buffer_[mark] == '"') {
      if (last && !at_end_) return Scan::need_more;
      if (last || buffer_[mark + 1] != '"') {
        if (!last && !ends_field(buffer_[mark + 1])) {
          const bool whole_character = validated_ > mark + 1 || bad_byte_ != kNone;
          if (!whole_character) return Scan::need_more;
          fail_after_quote(mark + 1);
        }
        push(start + 1, mark);
        if (escaped) escaped_.push_back(count_ - 1);
        return Scan::row;
      }
      marks.next();
      escaped = true;
    }
  }
}

bool CsvReader::ends_field(char c) const noexcept {
  return c == delimiter_ || c == '\n' || c == '\r';
}

/// The text ends here, for now, inside the field that starts at `start`.
void CsvReader::check_unfinished(std::size_t start) const {
  if (bad_byte_ != kNone) fail_text();
  const bool in_quotes = start < size_ && buffer_[start] == '"';
  if (size_ - start <= kMaxFieldBytes + (in_quotes ? 1 : 0)) return;
  if (in_quotes) fail(start, "found a field over 1 MiB opened by this quote, expected its closing quote before");
  fail_long_field(start);
}

void CsvReader::check_row() const {
  if (bad_byte_ < end_) fail_text();
  if (end_ - begin_ <= kMaxFieldBytes) return;
  for (std::size_t i = 0; i < count_; ++i) {
    if (fields_[i].size() > kMaxFieldBytes) fail_long_field(field_start(i));
  }
}

/// Beside the buffer, which stays as it came: `place` reads it.
void CsvReader::unescape() {
  unescaped_.clear();
  unescaped_.reserve(end_ - begin_ + kWord);  // so that it never moves under the views, with their slack behind
  for (const std::size_t i : escaped_) {
    const std::size_t first = unescaped_.size();
    for (std::size_t k = 0; k < fields_[i].size(); ++k) {
      if (fields_[i][k] == '"') ++k;
      unescaped_ += fields_[i][k];
    }
    fields_[i] = {unescaped_.data() + first, unescaped_.size() - first};
  }
}

/// Walks the raw bytes of the row: errors alone ask for it.
std::size_t CsvReader::field_start(std::size_t field) const {
  bool in_quotes = false;
  std::size_t i = begin_;
  for (; field > 0 && i < end_; ++i) {
    if (buffer_[i] == '"') in_quotes = !in_quotes;
    if (!in_quotes && buffer_[i] == delimiter_) --field;
  }
  if (field == 0) return i;
  std::size_t last = end_;
  while (last > begin_ && (buffer_[last - 1] == '\n' || buffer_[last - 1] == '\r')) --last;
  return last;
}

bool CsvReader::quoted(std::size_t field) const {
  const std::size_t start = field_start(field);
  return start < end_ && buffer_[start] == '"';
}

Place CsvReader::place(std::size_t field) const {
  return place_at(field_start(field));
}

Place CsvReader::place(std::size_t row, std::size_t field) const {
  if (count_ > 0) return place(field);
  const uint32_t* mark = grid_.marks + row * grid_.stride + field;
  return place_at(mark[-1] + 1);
}

Place CsvReader::place_at(std::size_t position) const {
  int64_t line = line_;
  std::size_t line_start = begin_;
  for (std::size_t i = begin_; i < position; ++i) {
    const bool line_end = buffer_[i] == '\n' || (buffer_[i] == '\r' && (i + 1 == size_ || buffer_[i + 1] != '\n'));
    if (!line_end) continue;
    ++line;
    line_start = i + 1;
  }
  return Place{.file = source_.name(), .line = line, .column = static_cast<int64_t>(position - line_start) + 1};
}

void CsvReader::fail(std::size_t position, const std::string& message) const {
  if (bad_byte_ <= position) fail_text();
  throw Error(ErrorCode::bad_data, place_at(position), message);
}

void CsvReader::fail_after_quote(std::size_t position) const {
  const std::string_view rest(buffer_.data() + position, size_ - position);
  const std::string_view character = rest.substr(0, std::max<std::size_t>(utf8_length(rest), 1));
  fail(position,
       fmt::format("found {} after a closing quote, expected a delimiter or the end of the line (a quote inside "
                   "quotes is written twice)",
                   in_quotes(character)));
}

void CsvReader::fail_long_field(std::size_t start) const {
  fail(start, "found a field over 1 MiB, expected a shorter one");
}

void CsvReader::fail_text() const {
  const int64_t offset = offset_ + static_cast<int64_t>(bad_byte_);
  const unsigned byte = static_cast<unsigned char>(buffer_[bad_byte_]);
  if (byte == 0) {
    throw Error(
        ErrorCode::bad_data, place_at(bad_byte_),
        fmt::format("found a NUL byte at byte offset {}, expected text in UTF-8 (UTF-16 must be converted first)",
                    offset));
  }
  throw Error(
      ErrorCode::bad_data, place_at(bad_byte_),
      fmt::format("found byte 0x{:02X} at byte offset {}, which is not UTF-8, expected text in UTF-8", byte, offset));
}

}  // namespace gradus
