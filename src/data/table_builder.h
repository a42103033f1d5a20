// Rows of text into a table's blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gradus/table.h"

#include "base/storage.h"
#include "data/cell.h"
#include "data/cell_memory.h"
#include "data/column_builder.h"
#include "data/csv_reader.h"
#include "data/table_data.h"

namespace gradus {

/// One pass over a file. Numbers gather as double in a chunk of rows that stays in cache, and are narrowed to float
/// when it is full; text becomes codes at once.
class TableBuilder {
 public:
  /// `storage`: where the cells go.
  TableBuilder(const std::vector<ColumnPlan>& plans, const CellParser& parser, const Storage& storage = {});

  /// The reader's row after `next`.
  void append(const CsvReader& reader);
  /// The reader's rows after `next_rows`, at most rows_wanted().
  void append_rows(const CsvReader& reader, std::size_t count);
  std::size_t rows_wanted() const noexcept { return static_cast<std::size_t>(chunk_rows_ - (rows_ - flushed_)); }
  int64_t rows() const noexcept { return rows_; }

  /// The plans for another pass when what was read shows that some column was kept in the wrong form; else empty.
  /// `at_end`: all rows have been read.
  std::vector<ColumnPlan> another_pass(bool at_end);
  /// Ends the table. Throws Error(bad_data) for cells that don't fit their column.
  Table finish(std::string source);

  const std::vector<ColumnBuilder>& columns() const noexcept { return columns_; }

 private:
  // What `append` touches for every cell.
  struct Place {
    std::size_t field = 0;
    bool text = false;
    double* chunk = nullptr;    // the column's numbers in this chunk
    uint32_t* codes = nullptr;  // the column's codes in this block
  };

  void start_block();
  void flush_chunk();
  void add_texts(std::size_t column, const CsvReader& reader, std::size_t first, std::size_t count);
  void add_unusual(std::size_t column, const CsvReader& reader, std::size_t row);
  std::size_t add_numbers(std::size_t column, const CsvReader& reader, std::size_t count, std::size_t looked_at);
  void turn_to_text(std::size_t column);
  void widen(std::size_t column);
  void narrow(std::size_t column);

  const CellParser& parser_;
  Storage storage_;
  CellMemory memory_;
  bool plain_;  // a cell that looks like a number is one
  std::vector<ColumnBuilder> columns_;
  std::vector<Place> places_;
  int64_t chunk_rows_;
  int64_t block_rows_;
  std::vector<double> chunk_;  // columnar
  std::vector<float> scratch_;
  std::vector<uint64_t> left_;                       // cells of a run that the fast parser left, a bit a row
  std::vector<std::shared_ptr<TableBlock>> blocks_;  // the last one is being filled
  int64_t rows_ = 0;
  int64_t flushed_ = 0;  // rows whose numbers are in their block
};

}  // namespace gradus
