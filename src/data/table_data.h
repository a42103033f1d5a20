// The storage behind Table: blocks of rows, columnar within a block, shared by copies and freed one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gradus/table.h"

#include "base/check.h"
#include "base/storage.h"

namespace gradus {

/// Rows a block has at most, so that a block of 50 columns is 800 KB: large enough for page-wise freeing, small enough
/// that moving a table block by block into a matrix needs no second copy of it.
inline constexpr int64_t kBlockRows = 4096;

/// The code of a missing cell in a text column.
inline constexpr uint32_t kMissingCode = 0xFFFFFFFF;

/// One column's cells in one block. Copies share them.
struct Cells {
  enum class Type : uint8_t { float32, float64, code };
  Type type = Type::float32;
  void* data = nullptr;               ///< rows values of float, double or uint32_t
  std::shared_ptr<const void> owner;  ///< keeps `data` alive
};

struct TableBlock {
  int64_t rows = 0;
  std::vector<Cells> columns;
};

struct TableColumn {
  std::string name;
  ColumnKind kind = ColumnKind::numeric;
  bool wide = false;                    ///< numeric: cells are double in every block, else float
  std::vector<std::string> dictionary;  ///< text: the value of each code, in order of first appearance
};

/// Numeric cells: NaN is missing. Every block but the last has `block_rows` rows. In a file, asking for cells says that
/// they are used.
struct TableData {
  std::string source;
  std::vector<TableColumn> columns;
  int64_t rows = 0;
  int64_t block_rows = kBlockRows;
  std::vector<std::shared_ptr<const TableBlock>> blocks;
  Storage storage;  ///< where the cells are, and what is encoded from them should go

  int64_t block_count() const noexcept { return static_cast<int64_t>(blocks.size()); }
  /// Rows of block `block`; its first row is block * block_rows.
  int64_t rows_in_block(int64_t block) const noexcept { return blocks[static_cast<std::size_t>(block)]->rows; }

  /// Cells of a numeric column that is not wide.
  std::span<const float> floats(int64_t block, int64_t column) const noexcept {
    return cells<float>(block, column, Cells::Type::float32);
  }
  /// Cells of a wide column.
  std::span<const double> doubles(int64_t block, int64_t column) const noexcept {
    return cells<double>(block, column, Cells::Type::float64);
  }
  /// Cells of a text column: indices into its dictionary, or kMissingCode.
  std::span<const uint32_t> codes(int64_t block, int64_t column) const noexcept {
    return cells<uint32_t>(block, column, Cells::Type::code);
  }

  /// Lets go of one block; its cells can't be asked for any more. Memory is freed unless another table shares it.
  void release_block(int64_t block) noexcept { blocks[static_cast<std::size_t>(block)].reset(); }

 private:
  template <typename T>
  std::span<const T> cells(int64_t block, int64_t column, [[maybe_unused]] Cells::Type type) const noexcept {
    GRADUS_DCHECK(blocks[static_cast<std::size_t>(block)] != nullptr);
    const TableBlock& owner = *blocks[static_cast<std::size_t>(block)];
    const Cells& cells = owner.columns[static_cast<std::size_t>(column)];
    GRADUS_DCHECK(cells.type == type);
    storage.used(static_cast<std::size_t>(owner.rows) * sizeof(T));
    return {static_cast<const T*>(cells.data), static_cast<std::size_t>(owner.rows)};
  }
};

/// A table whose blocks may be released one by one without touching other copies. Move the table in, or its cells stay
/// alive elsewhere.
inline Table detached(Table table) {
  return Table(std::make_shared<TableData>(table.data()));
}

}  // namespace gradus
