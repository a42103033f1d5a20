#include "data/column_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/quote.h"
#include "data/column_statistics.h"
#include "data/table_data.h"

namespace gradus {
namespace {

std::string cells(int64_t count) {
  return count == 1 ? "1 cell" : fmt::format("{} cells", count);
}

}  // namespace

void CellCount::add(const CsvReader& reader, std::size_t row, std::size_t field) {
  if (count++ > 0) return;
  place = reader.place(row, field);
  text = reader.cell(row, field);
}

ColumnBuilder::ColumnBuilder(ColumnPlan plan)
    : plan_(std::move(plan)),
      text_(plan_.as_text || plan_.kind == ColumnKind::text),
      wide_(plan_.wide.value_or(false)) {}

double ColumnBuilder::add_unusual(const CellParser& parser, const CsvReader& reader, std::size_t row,
                                  int64_t rows_before) {
  const NumericCell cell = parser.parse(reader.cell(row, plan_.field));
  switch (cell.what) {
    case CellClass::number:
      break;
    case CellClass::underflow:
      underflow_.add(reader, row, plan_.field);
      break;
    case CellClass::missing:
      ++missing_;
      break;
    case CellClass::not_finite:
      not_finite_.add(reader, row, plan_.field);
      break;
    case CellClass::overflow:
      overflow_.add(reader, row, plan_.field);
      break;
    case CellClass::other:
      turns_to_text_ = !plan_.kind && missing_ == rows_before;
      if (turns_to_text_) break;
      other_.add(reader, row, plan_.field);
      break;
  }
  return cell.value;
}

void ColumnBuilder::refuse() const {
  throw_not_a_number(other_.count > 0 ? other_ : overflow_, 0);
}

void ColumnBuilder::turn_to_text() noexcept {
  text_ = true;
  wide_ = false;
  turns_to_text_ = false;
}

uint32_t ColumnBuilder::add_text(const CellParser& parser, const CsvReader& reader, std::size_t row) {
  const std::string_view text = reader.cell(row, plan_.field);
  if (parser.is_missing(text)) {
    ++missing_;
    return kMissingCode;
  }
  const uint32_t code = dictionary_.code(text);
  if (plan_.kind) return code;
  if (code == classes_.size()) classes_.push_back(parser.parse(text).what);
  if (classes_[code] == CellClass::not_finite) not_finite_.add(reader, row, plan_.field);
  if (classes_[code] == CellClass::overflow) overflow_.add(reader, row, plan_.field);
  if (classes_[code] == CellClass::other) other_.add(reader, row, plan_.field);
  return code;
}

bool ColumnBuilder::add_stats(const kernels::NarrowStats& stats) noexcept {
  minimum_ = std::min(minimum_, stats.minimum);
  maximum_ = std::max(maximum_, stats.maximum);
  error_ = std::max(error_, stats.error);
  all_integers_ = all_integers_ && stats.all_integers;
  if (wide_) return false;
  if (!plan_.wide && !lossy_ && needs_double()) return true;
  lossy_ = lossy_ || stats.error > 0.0;
  return false;
}

bool ColumnBuilder::needs_double() const noexcept {
  return float_loses_digits(error_, minimum_, maximum_, all_integers_);
}

int64_t ColumnBuilder::numbers(int64_t rows) const noexcept {
  return rows - missing_ - not_finite_.count - other_.count;
}

bool ColumnBuilder::mostly_numbers(int64_t rows) const noexcept {
  return 100 * numbers(rows) >= 99 * (numbers(rows) + other_.count);
}

std::optional<ColumnPlan> ColumnBuilder::another_plan(int64_t rows, bool at_end) const {
  if (text_) return std::nullopt;
  ColumnPlan plan = plan_;
  const bool mixed = plan_.mixed_as_text && !plan_.kind && other_.count + overflow_.count > 0;
  if (!mostly_numbers(rows) || (mixed && at_end)) {
    plan.as_text = true;
    return plan;
  }
  // The width is a matter of all numbers: a few rows must not settle it.
  if (!at_end || wide_ || plan_.wide || !needs_double()) return std::nullopt;
  plan.wide = true;
  return plan;
}

void ColumnBuilder::check_kind(int64_t rows) const {
  if (plan_.kind || plan_.mixed_as_text || !mostly_numbers(rows)) return;
  if (other_.count > 0) throw_not_a_number(other_, rows);
  if (overflow_.count > 0) throw_not_a_number(overflow_, rows);
}

void ColumnBuilder::throw_not_a_number(const CellCount& found, int64_t rows) const {
  std::string message =
      fmt::format("column {}: found {}, expected a number", in_quotes(plan_.name), in_quotes(found.text));
  if (found.place.line == overflow_.place.line && overflow_.count > 0) {
    message += " that float64 can hold";
  }
  if (rows > 0) message += fmt::format(" as in {} of {} rows", numbers(rows), rows);
  const bool comma = found.text.find(',') != std::string::npos;
  message += fmt::format(
      " (--categorical {0} to read the column as text, --missing {1} to read such cells as missing{2})",
      in_quotes(plan_.name), in_quotes(found.text), comma ? ", --decimal-comma for numbers such as 1,5" : "");
  throw Error(ErrorCode::bad_data, found.place, message);
}

std::vector<std::string> ColumnBuilder::warnings() const {
  std::vector<std::string> texts;
  if (text_) return texts;
  const std::string column = fmt::format("column {}: ", in_quotes(plan_.name));
  if (not_finite_.count > 0) {
    texts.push_back(fmt::format("{}{} not finite (the first is {} in line {}), read as missing", column,
                                cells(not_finite_.count), in_quotes(not_finite_.text), not_finite_.place.line));
  }
  if (underflow_.count > 0) {
    texts.push_back(fmt::format("{}{} too small for float64 (the first is {} in line {}), read as 0", column,
                                cells(underflow_.count), in_quotes(underflow_.text), underflow_.place.line));
  }
  return texts;
}

}  // namespace gradus
