#include "gradus/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "gradus/error.h"

#include "base/pages.h"
#include "data/dictionary.h"
#include "data/table_data.h"

namespace gradus {
namespace {

std::size_t index(int64_t value) {
  return static_cast<std::size_t>(value);
}

// One allocation for the whole column, cut into blocks that share it.
template <typename T>
void append_column(TableData& data, TableColumn column, Cells::Type type, int64_t rows, std::shared_ptr<Pages> pages) {
  if (data.columns.empty()) {
    data.rows = rows;
    data.blocks.clear();
    for (int64_t first = 0; first < rows; first += data.block_rows) {
      auto block = std::make_shared<TableBlock>();
      block->rows = std::min(data.block_rows, rows - first);
      data.blocks.push_back(std::move(block));
    }
  }
  auto* values = reinterpret_cast<T*>(pages->data());
  for (int64_t i = 0; i < data.block_count(); ++i) {
    // A new block beside the old one: copies of the table keep theirs.
    auto block = std::make_shared<TableBlock>(*data.blocks[index(i)]);
    block->columns.push_back(Cells{type, values + i * data.block_rows, pages});
    data.blocks[index(i)] = std::move(block);
  }
  data.columns.push_back(std::move(column));
}

void require_addable(const Table& table, const std::string& name, std::size_t rows) {
  if (table.find(name)) throw Error(ErrorCode::usage, fmt::format("found a second column \"{}\"", name));
  if (table.columns() > 0 && static_cast<int64_t>(rows) != table.rows()) {
    throw Error(ErrorCode::usage, fmt::format("column \"{}\": found {} values, expected {} as in the columns before",
                                              name, rows, table.rows()));
  }
}

void require_kind(const TableColumn& column, ColumnKind kind) {
  if (column.kind != kind) {
    throw Error(ErrorCode::usage,
                fmt::format("column \"{}\": found {}, expected {}", column.name, name(column.kind), name(kind)));
  }
}

}  // namespace

std::string_view name(ColumnKind kind) noexcept {
  return kind == ColumnKind::numeric ? "numeric" : "text";
}

Table::Table() : data_(std::make_shared<TableData>()) {}

Table::Table(std::shared_ptr<TableData> data) : data_(std::move(data)) {}

void Table::add_column(std::string name, std::span<const double> values) {
  require_addable(*this, name, values.size());
  auto pages = std::make_shared<Pages>(values.size_bytes());
  std::copy(values.begin(), values.end(), reinterpret_cast<double*>(pages->data()));
  auto data = std::make_shared<TableData>(*data_);
  append_column<double>(*data, TableColumn{std::move(name), ColumnKind::numeric, true, {}}, Cells::Type::float64,
                        static_cast<int64_t>(values.size()), std::move(pages));
  data_ = std::move(data);
}

void Table::add_column(std::string name, std::span<const std::string> values) {
  require_addable(*this, name, values.size());
  auto pages = std::make_shared<Pages>(values.size() * sizeof(uint32_t));
  auto* codes = reinterpret_cast<uint32_t*>(pages->data());
  Dictionary dictionary;
  for (const std::string& value : values) *codes++ = value.empty() ? kMissingCode : dictionary.code(value);
  auto data = std::make_shared<TableData>(*data_);
  append_column<uint32_t>(*data, TableColumn{std::move(name), ColumnKind::text, false, dictionary.take_values()},
                          Cells::Type::code, static_cast<int64_t>(values.size()), std::move(pages));
  data_ = std::move(data);
}

int64_t Table::rows() const noexcept {
  return data_->rows;
}

int64_t Table::columns() const noexcept {
  return static_cast<int64_t>(data_->columns.size());
}

const std::string& Table::name(int64_t column) const {
  return data_->columns.at(index(column)).name;
}

ColumnKind Table::kind(int64_t column) const {
  return data_->columns.at(index(column)).kind;
}

std::optional<int64_t> Table::find(std::string_view name) const {
  for (std::size_t i = 0; i < data_->columns.size(); ++i) {
    if (data_->columns[i].name == name) return static_cast<int64_t>(i);
  }
  return std::nullopt;
}

bool Table::missing(int64_t row, int64_t column) const {
  if (kind(column) == ColumnKind::numeric) return std::isnan(number(row, column));
  return data_->codes(row / data_->block_rows, column)[index(row % data_->block_rows)] == kMissingCode;
}

double Table::number(int64_t row, int64_t column) const {
  const TableColumn& header = data_->columns.at(index(column));
  require_kind(header, ColumnKind::numeric);
  const int64_t block = row / data_->block_rows;
  const std::size_t place = index(row % data_->block_rows);
  if (header.wide) return data_->doubles(block, column)[place];
  return static_cast<double>(data_->floats(block, column)[place]);
}

std::string_view Table::text(int64_t row, int64_t column) const {
  const TableColumn& header = data_->columns.at(index(column));
  require_kind(header, ColumnKind::text);
  const uint32_t code = data_->codes(row / data_->block_rows, column)[index(row % data_->block_rows)];
  return code == kMissingCode ? std::string_view() : std::string_view(header.dictionary[code]);
}

const std::string& Table::source() const noexcept {
  return data_->source;
}

}  // namespace gradus
