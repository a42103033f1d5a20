#include "data/table_builder.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/pages.h"
#include "data/plain_number.h"
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
      plain_(!parser.numbers_may_be_missing()),
      chunk_rows_(rows_for(kChunkCells, static_cast<int64_t>(plans.size()), kFewestChunkRows, kChunkRows)),
      block_rows_(rows_for(kBlockCells, static_cast<int64_t>(plans.size()), kFewestBlockRows, kBlockRows)),
      scratch_(index(chunk_rows_)) {
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
  auto pages = std::make_shared<Pages>(storage_.pages(bytes));
  auto block = std::make_shared<TableBlock>();
  std::byte* cells = pages->data();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    block->columns.push_back(Cells{type_of(columns_[i]), cells, pages});
    places_[i].codes = reinterpret_cast<uint32_t*>(cells);
    cells += width_of(columns_[i]) * index(block_rows_);
  }
  blocks_.push_back(std::move(block));
}

void TableBuilder::append(const CsvReader& reader) {
  const int64_t block_mask = block_rows_ - 1;  // a power of two
  const std::size_t row_in_block = index(rows_ & block_mask);
  const std::size_t row_in_chunk = index(rows_ - flushed_);
  if (row_in_block == 0) start_block();
  const auto fields = reader.fields();
  const char point = parser_.point();
  for (std::size_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    if (place.text) {
      place.codes[row_in_block] = columns_[i].add_text(parser_, reader);
      continue;
    }
    const std::string_view cell = fields[place.field];
    if (!plain_ || !parse_plain_number(cell.data(), cell.data() + cell.size(), point, place.chunk[row_in_chunk])) {
      add_unusual(i, reader);
    }
  }
  ++rows_;
  if (rows_ - flushed_ == chunk_rows_) flush_chunk();
}

void TableBuilder::add_unusual(std::size_t column, const CsvReader& reader) {
  const double value = columns_[column].add_unusual(parser_, reader, rows_);
  if (columns_[column].turns_to_text()) {
    turn_to_text(column);
    places_[column].codes[rows_ % block_rows_] = columns_[column].add_text(parser_, reader);
  } else {
    places_[column].chunk[rows_ - flushed_] = value;
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
