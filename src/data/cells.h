// Cells by row number, with the block they stand in looked up once per run of rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "data/table_data.h"

namespace gradus {

/// Numbers of one column as double, NaN when missing. `data` must outlive it. Fast when rows ascend.
class NumberCells {
 public:
  NumberCells(const TableData& data, int64_t column) noexcept
      : data_(data), column_(column), wide_(data.columns[static_cast<std::size_t>(column)].wide) {}

  double operator[](int64_t row) noexcept {
    if (row < first_ || row >= end_) seek(row);
    const auto place = static_cast<std::size_t>(row - first_);
    return wide_ ? doubles_[place] : static_cast<double>(floats_[place]);
  }

 private:
  void seek(int64_t row) noexcept {
    const int64_t block = row / data_.block_rows;
    first_ = block * data_.block_rows;
    end_ = first_ + data_.rows_in_block(block);
    if (wide_) {
      doubles_ = data_.doubles(block, column_);
    } else {
      floats_ = data_.floats(block, column_);
    }
  }

  const TableData& data_;
  int64_t column_;
  bool wide_;
  int64_t first_ = 0;
  int64_t end_ = 0;
  std::span<const float> floats_;
  std::span<const double> doubles_;
};

/// The numbers of `rows` (ascending, all in block `block`) of one column into `out`, NaN when missing. `T` is double,
/// or float where the column is not wide.
template <typename T>
void load_numbers(const TableData& data, int64_t block, int64_t column, std::span<const uint32_t> rows,
                  T* out) noexcept {
  const auto base = static_cast<uint32_t>(block * data.block_rows);
  const auto copy = [&](auto cells) {
    if (rows.back() - rows.front() + 1 == rows.size()) {  // no row left out: one run of cells
      const auto* from = cells.data() + (rows.front() - base);
      for (std::size_t i = 0; i < rows.size(); ++i) out[i] = static_cast<T>(from[i]);
    } else {
      for (std::size_t i = 0; i < rows.size(); ++i) out[i] = static_cast<T>(cells[rows[i] - base]);
    }
  };
  if (rows.empty()) return;
  if (data.columns[static_cast<std::size_t>(column)].wide) {
    copy(data.doubles(block, column));
  } else {
    copy(data.floats(block, column));
  }
}

/// Calls body(block, the part of `rows` in that block) for every block that holds one of `rows` (ascending).
template <typename Body>
void for_each_block(const TableData& data, std::span<const uint32_t> rows, const Body& body) {
  while (!rows.empty()) {
    const int64_t block = rows.front() / data.block_rows;
    const int64_t end = block * data.block_rows + data.rows_in_block(block);
    const auto past = rows.back() < end ? rows.end() : std::lower_bound(rows.begin(), rows.end(), end);
    const auto count = static_cast<std::size_t>(past - rows.begin());
    body(block, rows.first(count));
    rows = rows.subspan(count);
  }
}

/// Dictionary codes of one text column, kMissingCode when missing.
class CodeCells {
 public:
  CodeCells(const TableData& data, int64_t column) noexcept : data_(data), column_(column) {}

  uint32_t operator[](int64_t row) noexcept {
    if (row < first_ || row >= end_) seek(row);
    return codes_[static_cast<std::size_t>(row - first_)];
  }

 private:
  void seek(int64_t row) noexcept {
    const int64_t block = row / data_.block_rows;
    first_ = block * data_.block_rows;
    end_ = first_ + data_.rows_in_block(block);
    codes_ = data_.codes(block, column_);
  }

  const TableData& data_;
  int64_t column_;
  int64_t first_ = 0;
  int64_t end_ = 0;
  std::span<const uint32_t> codes_;
};

}  // namespace gradus
