#include "data/table_builder.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/pages.h"
#include "kernels/numbers.h"
#include "kernels/plain_number.h"
#include "kernels/scan.h"

namespace gradus {
namespace {

constexpr int64_t kChunkRows = 256;
constexpr int64_t kFewestChunkRows = 16;
constexpr int64_t kFewestBlockRows = 64;
constexpr int64_t kBlockCells = int64_t{1} << 20;
constexpr int64_t kChunkCells = int64_t{1} << 17;
// A stride off the powers of two: columns would share a few cache sets.
constexpr int64_t kChunkPadding = 8;

/// Fewer rows for more columns, so that one block of a wide file is not gigabytes.
int64_t rows_for(int64_t cells, int64_t columns, int64_t fewest, int64_t most) {
  const auto rows = static_cast<uint64_t>(cells / std::max<int64_t>(columns, 1));
  return std::clamp(static_cast<int64_t>(std::bit_floor(rows)), fewest, most);
}

std::size_t width_of(const ColumnBuilder& column) {
  return column.wide() ? sizeof(double) : sizeof(float);
}

Cells::Type type_of(const ColumnBuilder& column) {
  if (column.text()) return Cells::Type::code;
  return column.wide() ? Cells::Type::float64 : Cells::Type::float32;
}

std::size_t index(int64_t value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

TableBuilder::TableBuilder(const std::vector<ColumnPlan>& plans, const CellParser& parser, const Storage& storage)
    : parser_(parser),
      storage_(storage),
      memory_(storage),
      plain_(!parser.numbers_may_be_missing()),
      chunk_rows_(rows_for(kChunkCells, static_cast<int64_t>(plans.size()), kFewestChunkRows, kChunkRows)),
      block_rows_(rows_for(kBlockCells, static_cast<int64_t>(plans.size()), kFewestBlockRows, kBlockRows)),
      scratch_(index(chunk_rows_)),
      left_((index(chunk_rows_) + kWord - 1) / kWord) {
  const std::size_t stride = index(chunk_rows_ + kChunkPadding);
  chunk_.resize(stride * plans.size());
  for (const ColumnPlan& plan : plans) {
    columns_.emplace_back(plan);
    places_.push_back({plan.field, columns_.back().text(), chunk_.data() + stride * places_.size(), nullptr});
  }
}

void TableBuilder::start_block() {
  std::size_t bytes = 0;
  for (const ColumnBuilder& column : columns_) bytes += width_of(column) * index(block_rows_);
  storage_.used(bytes);  // the block before is full
  auto block = std::make_shared<TableBlock>();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    CellMemory::Run cells = memory_.take(width_of(columns_[i]) * index(block_rows_));
    places_[i].codes = reinterpret_cast<uint32_t*>(cells.data);
    block->columns.push_back(Cells{type_of(columns_[i]), cells.data, std::move(cells.owner)});
  }
  blocks_.push_back(std::move(block));
}

void TableBuilder::append(const CsvReader& reader) {
  if (rows_ % block_rows_ == 0) start_block();
  const std::size_t row_in_chunk = index(rows_ - flushed_);
  const auto fields = reader.fields();
  const char point = parser_.point();
  for (std::size_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    if (place.text) {
      add_texts(i, reader, 0, 1);
      continue;
    }
    const char* cell = fields[place.field].data();
    const char* end = cell + fields[place.field].size();
    if (plain_ && kernels::parse_plain_number(cell, end, point, place.chunk[row_in_chunk])) continue;
    add_unusual(i, reader, 0);
    if (columns_[i].refuses()) columns_[i].refuse();
  }
  ++rows_;
  if (rows_ - flushed_ == chunk_rows_) flush_chunk();
}

void TableBuilder::append_rows(const CsvReader& reader, std::size_t count) {
  if (rows_ % block_rows_ == 0) start_block();
  // Column by column, yet the first fault of the file is the one to tell: later columns are looked at above it only.
  std::size_t looked_at = count;
  std::size_t refusing = columns_.size();
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].text) {
      add_texts(i, reader, 0, looked_at);
      continue;
    }
    looked_at = add_numbers(i, reader, count, looked_at);
    if (columns_[i].refuses()) refusing = i;
  }
  if (refusing < columns_.size()) columns_[refusing].refuse();
  rows_ += static_cast<int64_t>(count);
  if (rows_ - flushed_ == chunk_rows_) flush_chunk();
}

/// Returns how many of the rows, of which `looked_at` count, stand above the first one that the column refuses.
std::size_t TableBuilder::add_numbers(std::size_t column, const CsvReader& reader, std::size_t count,
                                      std::size_t looked_at) {
  const Place& place = places_[column];
  if (plain_) {
    kernels::parse_numbers(reader.cells(), place.field, count, parser_.point(), place.chunk + (rows_ - flushed_),
                           left_.data());
  } else {
    std::fill(left_.begin(), left_.end(), ~uint64_t{0});
  }
  MaskBits left(left_.data(), looked_at, 0);
  for (std::size_t row = left.next(); row < looked_at; row = left.next()) {
    add_unusual(column, reader, row);
    if (columns_[column].refuses()) return row;
    if (!places_[column].text) continue;
    add_texts(column, reader, row + 1, looked_at - row - 1);
    break;
  }
  return looked_at;
}

void TableBuilder::add_texts(std::size_t column, const CsvReader& reader, std::size_t first, std::size_t count) {
  uint32_t* codes = places_[column].codes + rows_ % block_rows_;
  for (std::size_t row = first; row < first + count; ++row) {
    codes[row] = columns_[column].add_text(parser_, reader, row);
  }
}

void TableBuilder::add_unusual(std::size_t column, const CsvReader& reader, std::size_t row) {
  const int64_t row_of_all = rows_ + static_cast<int64_t>(row);
  const double value = columns_[column].add_unusual(parser_, reader, row, row_of_all);
  if (columns_[column].turns_to_text()) {
    turn_to_text(column);
    add_texts(column, reader, row, 1);
  } else {
    places_[column].chunk[row_of_all - flushed_] = value;
  }
}

/// All its cells so far are missing.
void TableBuilder::turn_to_text(std::size_t column) {
  columns_[column].turn_to_text();
  places_[column].text = true;
  for (const auto& block : blocks_) {
    Cells& cells = block->columns[column];
    cells.type = Cells::Type::code;
    std::fill_n(static_cast<uint32_t*>(cells.data), block_rows_, kMissingCode);
    storage_.used(index(block_rows_) * sizeof(uint32_t));
  }
}

void TableBuilder::flush_chunk() {
  const std::size_t count = index(rows_ - flushed_);
  const std::size_t first = index(flushed_ % block_rows_);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (places_[i].text) continue;
    const std::span<const double> values(places_[i].chunk, count);
    ColumnBuilder& column = columns_[i];
    Cells& cells = blocks_.back()->columns[i];
    const bool wide = column.wide();
    float* narrowed = wide ? scratch_.data() : static_cast<float*>(cells.data) + first;
    if (column.add_stats(kernels::narrow(values, {narrowed, count}))) widen(i);
    if (column.wide()) std::copy(values.begin(), values.end(), static_cast<double*>(cells.data) + first);
  }
  flushed_ = rows_;
}

void TableBuilder::widen(std::size_t column) {
  columns_[column].widen();
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    Cells& cells = blocks_[i]->columns[column];
    const int64_t rows = std::min(flushed_ - static_cast<int64_t>(i) * block_rows_, block_rows_);
    auto pages = std::make_shared<Pages>(storage_.pages(index(block_rows_) * sizeof(double)));
    storage_.used(2 * pages->size());
    auto* wide = reinterpret_cast<double*>(pages->data());
    std::copy_n(static_cast<const float*>(cells.data), rows, wide);
    cells = Cells{Cells::Type::float64, wide, std::move(pages)};
  }
}

void TableBuilder::narrow(std::size_t column) {
  columns_[column].narrow();
  for (const auto& block : blocks_) {
    Cells& cells = block->columns[column];
    auto pages = std::make_shared<Pages>(storage_.pages(index(block->rows) * sizeof(float)));
    storage_.used(3 * pages->size());
    auto* narrowed = reinterpret_cast<float*>(pages->data());
    kernels::narrow({static_cast<const double*>(cells.data), index(block->rows)}, {narrowed, index(block->rows)});
    cells = Cells{Cells::Type::float32, narrowed, std::move(pages)};
  }
}

std::vector<ColumnPlan> TableBuilder::another_pass(bool at_end) {
  flush_chunk();
  std::vector<ColumnPlan> plans;
  bool any = false;
  for (const ColumnBuilder& column : columns_) {
    const std::optional<ColumnPlan> plan = column.another_plan(rows_, at_end);
    any = any || plan.has_value();
    plans.push_back(plan.value_or(column.plan()));
  }
  if (!any) plans.clear();
  return plans;
}

Table TableBuilder::finish(std::string source) {
  flush_chunk();
  auto data = std::make_shared<TableData>();
  data->source = std::move(source);
  data->storage = storage_;
  data->rows = rows_;
  data->block_rows = block_rows_;
  for (const auto& block : blocks_) block->rows = block_rows_;
  if (rows_ % block_rows_ != 0) blocks_.back()->rows = rows_ % block_rows_;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnBuilder& column = columns_[i];
    column.check_kind(rows_);
    if (column.wide() && !column.plan().wide && !column.needs_double()) narrow(i);
    const ColumnKind kind = column.text() ? ColumnKind::text : ColumnKind::numeric;
    data->columns.push_back({column.plan().name, kind, column.wide(), column.take_dictionary()});
  }
  data->blocks.assign(blocks_.begin(), blocks_.end());
  return Table(std::move(data));
}

}  // namespace gradus
