// One row of a CSV into features.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gradus/matrix_view.h"

#include "data/cell.h"
#include "data/csv_reader.h"
#include "data/encoder.h"

namespace gradus {

/// Encodes the row a reader stands on, with the bits that TableEncoder gives the same row.
class CsvRowEncoder {
 public:
  /// `names`: the file's columns. Throws Error(bad_data) at `place` for a column that is absent.
  CsvRowEncoder(const Encoder& encoder, const std::vector<std::string>& names, const Place& place,
                const CellParser& parser, bool strict);

  /// Throws Error(bad_data) at its place for a cell that is not a number where numbers are needed, and with `strict`
  /// for an unseen category. `features`: encoder.width values.
  template <typename T>
  void encode(const CsvReader& reader, std::span<T> features);

  /// Unseen categories so far, by encoder column.
  std::span<const int64_t> unknown() const noexcept { return unknown_; }
  /// Infinities and the like so far, taken as missing, by encoder column.
  std::span<const int64_t> not_finite() const noexcept { return not_finite_; }

 private:
  template <typename T>
  void encode_numeric(const CsvReader& reader, std::size_t column, std::span<T> features);

  const Encoder& encoder_;
  std::vector<int64_t> fields_;
  const CellParser& parser_;
  bool strict_;
  std::vector<int64_t> unknown_;
  std::vector<int64_t> not_finite_;
};

}  // namespace gradus
