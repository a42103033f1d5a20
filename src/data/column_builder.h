// One column of a CSV while it is being read: what its cells were so far, and which kind follows.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "gradus/error.h"
#include "gradus/table.h"

#include "data/cell.h"
#include "data/csv_reader.h"
#include "data/dictionary.h"
#include "kernels/scan.h"

namespace gradus {

/// What is known of a column before its cells are read.
struct ColumnPlan {
  std::string name;
  std::size_t field = 0;           ///< its place in the rows
  std::optional<ColumnKind> kind;  ///< set: required; unset: decided from all cells
  std::optional<bool> wide;        ///< set: required; unset: decided from all numbers
  bool as_text = false;            ///< cells are kept as text from the first on, the kind still being open
  bool mixed_as_text = false;      ///< as CsvOptions::mixed_as_text
};

/// Cells of one class, and the first of them.
struct CellCount {
  int64_t count = 0;
  Place place;
  std::string text;
  void add(const CsvReader& reader, std::size_t row, std::size_t field);
};

/// Counts and spread. The cells themselves are the TableBuilder's.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(ColumnPlan plan);

  const ColumnPlan& plan() const noexcept { return plan_; }
  bool text() const noexcept { return text_; }
  bool wide() const noexcept { return wide_; }

  /// A cell that the fast parsers left, in row `row` of the reader's, in a column of numbers. Returns the value to
  /// keep, NaN for most.
  double add_unusual(const CellParser& parser, const CsvReader& reader, std::size_t row, int64_t rows_before);
  /// True when a cell was no number although the column must be numeric: then refuse() is due.
  bool refuses() const noexcept { return plan_.kind && !text_ && other_.count + overflow_.count > 0; }
  /// Throws Error(bad_data) for that cell.
  [[noreturn]] void refuse() const;
  /// True when the column holds nothing but missing cells and must go on as text.
  bool turns_to_text() const noexcept { return turns_to_text_; }
  void turn_to_text() noexcept;
  /// A cell of a text column: its code.
  uint32_t add_text(const CellParser& parser, const CsvReader& reader, std::size_t row);

  /// Takes note of the next run of numbers. True when it needs double and all earlier ones are exact as float: the
  /// column goes on in double.
  bool add_stats(const kernels::NarrowStats& stats) noexcept;
  void widen() noexcept { wide_ = true; }
  void narrow() noexcept { wide_ = false; }
  /// By the spread of all numbers: float would lose digits that matter.
  bool needs_double() const noexcept;

  /// The plan under which the column must be read again from the start, if it must. `rows`: read so far.
  std::optional<ColumnPlan> another_plan(int64_t rows, bool at_end) const;
  /// After the last row. Throws Error(bad_data) for a numeric column with a cell that is not a number.
  void check_kind(int64_t rows) const;
  /// Says what was counted as missing or changed.
  std::vector<std::string> warnings() const;

  double minimum() const noexcept { return minimum_; }
  double maximum() const noexcept { return maximum_; }
  bool all_integers() const noexcept { return all_integers_; }
  std::vector<std::string> take_dictionary() noexcept { return dictionary_.take_values(); }

 private:
  [[noreturn]] void throw_not_a_number(const CellCount& found, int64_t rows) const;
  int64_t numbers(int64_t rows) const noexcept;
  /// At least 99 % of the cells that are not missing are numbers.
  bool mostly_numbers(int64_t rows) const noexcept;

  ColumnPlan plan_;
  bool text_ = false;
  bool wide_ = false;
  bool turns_to_text_ = false;

  int64_t missing_ = 0;
  CellCount not_finite_;
  CellCount underflow_;
  CellCount overflow_;
  CellCount other_;

  Dictionary dictionary_;
  std::vector<CellClass> classes_;  // of each code, as a number

  double minimum_ = std::numeric_limits<double>::infinity();
  double maximum_ = -std::numeric_limits<double>::infinity();
  double error_ = 0.0;
  bool all_integers_ = true;
  bool lossy_ = false;  // some cell was kept as float with an error
};

}  // namespace gradus
