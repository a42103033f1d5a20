// A table in memory: named columns of numbers or text, and the strict CSV reader that makes one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

enum class ColumnKind { numeric, text };
std::string_view name(ColumnKind kind) noexcept;

struct TableData;  // src/data/table_data.h

/// Copies are cheap: copies share cells, which never change once added.
class Table {
 public:
  Table();
  explicit Table(std::shared_ptr<TableData> data);

  /// Adds a column. NaN means missing. Throws Error(usage) when the length differs from the columns
  /// before or the name is taken.
  void add_column(std::string name, std::span<const double> values);
  /// Adds a column. The empty string means missing.
  void add_column(std::string name, std::span<const std::string> values);

  int64_t rows() const noexcept;
  int64_t columns() const noexcept;
  const std::string& name(int64_t column) const;
  ColumnKind kind(int64_t column) const;
  std::optional<int64_t> find(std::string_view name) const;

  bool missing(int64_t row, int64_t column) const;
  /// NaN when missing. Numeric columns only.
  double number(int64_t row, int64_t column) const;
  /// "" when missing. Text columns only.
  std::string_view text(int64_t row, int64_t column) const;

  /// The file it was read from, for messages; "" when it was built in memory.
  const std::string& source() const noexcept;

  const TableData& data() const noexcept { return *data_; }
  TableData& data() noexcept { return *data_; }

 private:
  std::shared_ptr<TableData> data_;
};

struct CsvOptions {
  char delimiter = '\0';  ///< '\0': a tab for .tsv files, else a comma
  bool header = true;     ///< without one, columns are named column1, column2, ...
  bool decimal_comma = false;
  std::vector<std::string> missing = {"NA", "N/A", "NaN", "nan", "null", "None", "?"};  ///< besides empty cells
  /// Columns by name, or by number counted from 1. Throws Error(usage) with the nearest name for one that isn't there.
  std::vector<std::string> ignore = {};
  std::vector<std::string> categorical = {};  ///< text, whatever it looks like
  std::vector<std::string> numeric = {};      ///< numbers; the first cell that isn't is an error
  /// A column of numbers with a few cells that are none becomes text; otherwise it is an error.
  bool mixed_as_text = false;
  bool float64 = false;           ///< keep numbers as double; otherwise float where that loses nothing that matters
  double max_expansion = 1000.0;  ///< a compressed input may grow to this multiple of its size, or 64 GiB
  /// Cells are kept in a temporary file instead of in memory, and so are the encoded rows when a model is trained on
  /// the table: data may be larger than memory. The file has no name and goes with the table.
  bool stream = false;
  /// Where that file goes, and a copy of an input that is a pipe: "" for /var/tmp, or else /tmp.
  std::string temporary_folder = {};
  std::function<void(const std::string&)> on_warning = {};
  /// Bytes of input consumed so far and in all (0 when unknown, as from a pipe). Called every megabyte or so;
  /// returning false stops the reading with Error(usage, "interrupted").
  std::function<bool(int64_t done, int64_t total)> on_progress = {};
};

/// Reads a whole CSV or TSV file (RFC 4180; gzip and zstd by content; "-" is standard input).
/// A column is numeric when at least 99 % of its cells that are not missing parse as numbers.
/// Throws Error(bad_data) at file:line:column for malformed content, Error(cannot_read) when it can't be opened.
Table read_csv(const std::string& path, const CsvOptions& options = {});

}  // namespace gradus
