// CSV files into tables, by kinds found in the data or given.
#pragma once

#include <span>
#include <string>

#include "gradus/table.h"

#include "data/byte_source.h"

namespace gradus {

/// A column that a model asks for.
struct WantedColumn {
  std::string name;
  ColumnKind kind = ColumnKind::numeric;
  bool wide = false;     ///< numeric: kept as double
  bool required = true;  ///< its absence is an error
};

/// Reads the wanted columns only, in the order of the file. Throws Error(bad_data) naming every required column that is
/// absent, and at line:column for text in a numeric one.
Table read_csv(const std::string& path, const CsvOptions& options, std::span<const WantedColumn> wanted);

/// As the public read_csv, from any source.
Table read_csv(ByteSource& source, char delimiter, const CsvOptions& options);

/// The columns of `wanted` that are required and not among `names`, as an Error(bad_data) message; "" when all are
/// there.
std::string absent_columns(std::span<const WantedColumn> wanted, std::span<const std::string> names);

}  // namespace gradus
