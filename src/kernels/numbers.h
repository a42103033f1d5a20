// Numbers written in decimal, a column of cells at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gradus::kernels {

/// Cells in a text, by the places of the marks that end them: cell (row, column) goes from behind mark
/// row * stride + column - 1 up to mark row * stride + column; `marks[-1]` exists.
struct CellGrid {
  const char* text = nullptr;
  const uint32_t* marks = nullptr;
  std::size_t stride = 0;
};

/// Bytes that must be readable before the end of a cell, whatever its length, and behind it.
inline constexpr std::size_t kBytesBeforeEnd = 24;
inline constexpr std::size_t kBytesBehindEnd = 32;
/// `values` and `left` of parse_numbers are written up to a multiple of these.
inline constexpr std::size_t kNumbersAtOnce = 8;
inline constexpr std::size_t kCellsInWord = 64;

/// values[i] = the number in cell (i, column), the nearest double, for the cells that are plain numbers: perhaps a
/// minus, digits with perhaps a `point` before, among or behind them, and nothing else. Bit i % 64 of left[i / 64] is
/// set where the cell is something else, or was not decided: its value then means nothing.
void parse_numbers(const CellGrid& grid, std::size_t column, std::size_t rows, char point, double* values,
                   uint64_t* left) noexcept;

}  // namespace gradus::kernels
