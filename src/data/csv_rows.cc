// Runs of plain rows: no quotes, the expected number of fields, one kind of line end. Their cells are known by the
// marks between them alone.
#include <algorithm>

#include "data/csv_reader.h"
#include "data/mask_bits.h"
#include "kernels/scan.h"

namespace gradus {
namespace {

// Marks are listed ahead for so many rows at first, and for twice as many as were plain before: where few rows are,
// little is listed in vain.
constexpr std::size_t kFewestRows = 4;

}  // namespace

/// The marks of one row: its fields', and a second one for the line feed of a CRLF. 0: not to be told here.
std::size_t CsvReader::marks_in_row(std::size_t stop, std::size_t columns) const noexcept {
  if (stop == kNone || stop >= bad_byte_ || buffer_[stop] == '"') return 0;
  if (buffer_[stop] == '\n') return columns;
  if (stop + 1 == size_) return 0;  // half of a CRLF, perhaps
  return buffer_[stop + 1] == '\n' ? columns + 1 : columns;
}

std::size_t CsvReader::next_rows(std::size_t columns, std::size_t most) {
  if (after_carriage_return_ || end_ >= size_) return 0;
  MaskBits stops(stops_.data(), size_, end_);
  std::size_t stop = stops.next();
  const std::size_t stride = marks_in_row(stop, columns);
  if (stride == 0) return 0;
  const std::size_t wanted = std::min(most, plain_ahead_);
  places_.resize(std::max(places_.size(), wanted * stride + kernels::kPlacesAtOnce + 1));
  uint32_t* const marks = places_.data() + 1;
  marks[-1] = static_cast<uint32_t>(end_) - 1;
  const std::size_t listed =
      kernels::list_marks(marks_.data(), end_ / kWord, (size_ + kWord - 1) / kWord, end_, wanted * stride, marks);
  if (listed == 0 || marks[0] < kernels::kBytesBeforeEnd) return 0;
  std::size_t rows = 0;
  std::size_t first = 0;  // the row's first mark
  std::size_t start = end_;
  while (rows < wanted && first + columns <= listed && marks_in_row(stop, columns) == stride) {
    if (marks[first + columns - 1] != stop || stop == start || stop - start > kMaxFieldBytes) break;
    if (stride > columns) stop = stops.next();
    first += stride;
    start = stop + 1;
    ++rows;
    stop = stops.next();
  }
  plain_ahead_ = rows == wanted ? std::max(plain_ahead_, std::min(2 * wanted, most)) : std::max(2 * rows, kFewestRows);
  if (rows == 0) return 0;
  line_ += lines_in_row_;
  lines_in_row_ = static_cast<int64_t>(rows);
  count_ = 0;
  begin_ = end_;
  end_ = start;
  grid_ = {buffer_.data(), marks, stride};
  return rows;
}

}  // namespace gradus
