#include "data/column_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <unordered_map>

#include "base/quote.h"
#include "data/cells.h"
#include "data/encoder.h"
#include "data/text_shapes.h"

namespace gradus {
namespace {

constexpr double kNearlyEvery = 0.95;
constexpr uint64_t kMissingHash = 0x9E3779B97F4A7C15;

/// What one pass over a column shows.
struct Survey {
  std::size_t missing = 0;
  bool constant = true;     // of the cells that are there
  double first = 0.0;       // number or code
  bool row_number = false;  // numbers: in step with the rows
  double step = 0.0;
  bool integers = false;  // numbers: whole
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
  std::size_t distinct = 0;  // texts
  uint64_t hash = 0;         // of all cells in order; equal columns have equal ones
};

uint64_t mixed(uint64_t hash, uint64_t cell) noexcept {
  hash ^= cell;
  hash *= 0xBF58476D1CE4E5B9;
  return hash ^ (hash >> 29);
}

Survey survey_numbers(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  Survey found;
  found.integers = found.row_number = true;
  NumberCells cells(table.data(), column);
  bool any = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double value = cells[rows[i]];
    if (std::isnan(value)) {
      ++found.missing;
      found.hash = mixed(found.hash, kMissingHash);
      continue;
    }
    if (!any) found.first = value;
    any = true;
    found.hash = mixed(found.hash, std::bit_cast<uint64_t>(value + 0.0));  // -0 is 0
    found.constant = found.constant && value == found.first;
    found.integers = found.integers && value == std::floor(value);
    found.minimum = std::min(found.minimum, value);
    found.maximum = std::max(found.maximum, value);
    if (i == 1) found.step = (value - found.first) / static_cast<double>(rows[1] - rows[0]);
    found.row_number =
        found.row_number && (i < 2 || value == found.first + found.step * static_cast<double>(rows[i] - rows[0]));
  }
  found.row_number = found.row_number && found.integers && found.missing == 0 && found.step != 0.0 &&
                     found.step == std::floor(found.step);
  return found;
}

const std::vector<std::string>& texts_of(const Table& table, int64_t column) {
  return table.data().columns[static_cast<std::size_t>(column)].dictionary;
}

Survey survey_texts(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  Survey found;
  const std::vector<std::string>& texts = texts_of(table, column);
  std::vector<uint64_t> hashes(texts.size());
  for (std::size_t code = 0; code < texts.size(); ++code) hashes[code] = std::hash<std::string>{}(texts[code]);
  std::vector<bool> seen(texts.size());
  CodeCells codes(table.data(), column);
  bool any = false;
  for (const uint32_t row : rows) {
    const uint32_t code = codes[row];
    if (code == kMissingCode) {
      ++found.missing;
      found.hash = mixed(found.hash, kMissingHash);
      continue;
    }
    if (!any) found.first = static_cast<double>(code);
    any = true;
    found.constant = found.constant && static_cast<double>(code) == found.first;
    found.hash = mixed(found.hash, hashes[code]);
    found.distinct += !seen[code];
    seen[code] = true;
  }
  return found;
}

/// Whether the numbers of `rows`, known to be whole and within `survey`'s range, all differ.
bool all_different(const Table& table, int64_t column, std::span<const uint32_t> rows, const Survey& survey) {
  std::vector<bool> seen(static_cast<std::size_t>(survey.maximum - survey.minimum) + 1);
  NumberCells cells(table.data(), column);
  for (const uint32_t row : rows) {
    const auto place = static_cast<std::size_t>(cells[row] - survey.minimum);
    if (seen[place]) return false;
    seen[place] = true;
  }
  return true;
}

/// Most of the texts are dates, judged by at most a thousand of them.
bool holds_dates(const std::vector<std::string>& texts) {
  const std::size_t stride = texts.size() / 1000 + 1;
  std::size_t looked_at = 0, dates = 0;
  for (std::size_t code = 0; code < texts.size(); code += stride) {
    ++looked_at;
    dates += looks_like_date(texts[code]);
  }
  return 2 * dates > looked_at;
}

bool same_numbers(const Table& table, int64_t a, int64_t b, std::span<const uint32_t> rows) {
  NumberCells left(table.data(), a), right(table.data(), b);
  return std::all_of(rows.begin(), rows.end(), [&](uint32_t row) {
    const double x = left[row], y = right[row];
    return x == y || (std::isnan(x) && std::isnan(y));
  });
}

bool same_texts(const Table& table, int64_t a, int64_t b, std::span<const uint32_t> rows) {
  const std::vector<std::string>&texts_a = texts_of(table, a), &texts_b = texts_of(table, b);
  std::vector<uint32_t> other(texts_a.size(), kMissingCode);  // of each code of a, the code of b that is its text
  CodeCells left(table.data(), a), right(table.data(), b);
  return std::all_of(rows.begin(), rows.end(), [&](uint32_t row) {
    const uint32_t x = left[row], y = right[row];
    if (x == kMissingCode || y == kMissingCode) return x == y;
    if (other[x] != kMissingCode) return other[x] == y;
    other[x] = y;
    return texts_a[x] == texts_b[y];
  });
}

class Search {
 public:
  Search(const Table& table, std::span<const uint32_t> rows) : table_(table), rows_(rows) {}

  std::optional<ColumnFault> fault(int64_t column) {
    const bool text = table_.kind(column) == ColumnKind::text;
    const Survey survey = text ? survey_texts(table_, column, rows_) : survey_numbers(table_, column, rows_);
    if (survey.missing == rows_.size())
      return ColumnFault{column, ColumnFaultKind::all_missing, -1, "holds no value in any row"};
    if (survey.constant && survey.missing == 0) {
      const std::string value =
          text ? texts_of(table_, column)[static_cast<std::size_t>(survey.first)] : number_text(survey.first);
      return ColumnFault{column, ColumnFaultKind::constant, -1, fmt::format("holds {} in every row", in_quotes(value))};
    }
    if (const int64_t original = earlier_copy(column, survey.hash); original >= 0)
      return ColumnFault{column, ColumnFaultKind::duplicate, original,
                         fmt::format("is {} again, cell for cell", in_quotes(table_.name(original)))};
    if (rows_.size() < kFewestRowsOfId) return std::nullopt;
    return text ? unique_text(column, survey) : row_number(column, survey);
  }

 private:
  int64_t earlier_copy(int64_t column, uint64_t hash) {
    std::vector<int64_t>& alike = by_hash_[hash];
    for (const int64_t earlier : alike) {
      if (table_.kind(earlier) != table_.kind(column)) continue;
      const bool text = table_.kind(column) == ColumnKind::text;
      if (text ? same_texts(table_, earlier, column, rows_) : same_numbers(table_, earlier, column, rows_))
        return earlier;
    }
    alike.push_back(column);
    return -1;
  }

  std::optional<ColumnFault> unique_text(int64_t column, const Survey& survey) const {
    if (static_cast<double>(survey.distinct) < kNearlyEvery * static_cast<double>(rows_.size())) return std::nullopt;
    if (holds_dates(texts_of(table_, column))) return std::nullopt;
    return ColumnFault{column, ColumnFaultKind::unique_text, -1,
                       fmt::format("holds {} different texts in {} rows", survey.distinct, rows_.size())};
  }

  std::optional<ColumnFault> row_number(int64_t column, const Survey& survey) const {
    if (survey.row_number)
      return ColumnFault{column, ColumnFaultKind::row_number, -1,
                         fmt::format("counts the rows: {}, {}, ... in steps of {}", number_text(survey.first),
                                     number_text(survey.first + survey.step), number_text(survey.step))};
    const bool dense =
        survey.integers && survey.missing == 0 && survey.maximum - survey.minimum < static_cast<double>(table_.rows());
    if (!dense || !all_different(table_, column, rows_, survey)) return std::nullopt;
    return ColumnFault{column, ColumnFaultKind::shuffled_row_number, -1,
                       fmt::format("holds each whole number from {} to {} at most once, as row numbers do",
                                   number_text(survey.minimum), number_text(survey.maximum))};
  }

  const Table& table_;
  std::span<const uint32_t> rows_;
  std::unordered_map<uint64_t, std::vector<int64_t>> by_hash_;  // columns seen, none a copy of another; looked up only
};

}  // namespace

std::string_view name(ColumnFaultKind kind) noexcept {
  switch (kind) {
    case ColumnFaultKind::constant:
      return "constant";
    case ColumnFaultKind::all_missing:
      return "all_missing";
    case ColumnFaultKind::duplicate:
      return "duplicate";
    case ColumnFaultKind::unique_text:
      return "unique_text";
    case ColumnFaultKind::row_number:
      return "row_number";
    case ColumnFaultKind::shuffled_row_number:
      return "shuffled_row_number";
  }
  return "";
}

std::vector<ColumnFault> column_faults(const Table& table, std::span<const int64_t> columns,
                                       std::span<const uint32_t> rows) {
  std::vector<ColumnFault> faults;
  if (rows.size() < 2) return faults;
  Search search(table, rows);
  for (const int64_t column : columns)
    if (auto fault = search.fault(column)) faults.push_back(std::move(*fault));
  return faults;
}

}  // namespace gradus
