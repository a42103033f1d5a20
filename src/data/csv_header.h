// The first row of a CSV: delimiter, names, and the mistakes that show there.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/table.h"

#include "data/csv_reader.h"

namespace gradus {

/// What separates fields: the option's, or a tab for .tsv (also .tsv.gz and .tsv.zst), else a comma. Throws
/// Error(usage) for one that can't work.
char csv_delimiter(const std::string& path, const CsvOptions& options);

struct CsvHeader {
  std::vector<std::string> names;
  bool row_is_data = false;  ///< without a header: the reader stands on the first row, which is data
};

/// Reads the first row. `matters(name, number)` says whether a column (number from 1) will be used: of the others, the
/// names may be blank or double. Throws Error(bad_data) for an empty file, and for a first row that can't be names.
CsvHeader read_header(CsvReader& reader, const std::string& source, char delimiter, const CsvOptions& options,
                      const std::function<bool(std::string_view name, std::size_t number)>& matters);

/// Throws Error(bad_data) when the reader's row has not `columns` fields.
void check_width(const CsvReader& reader, std::size_t columns);

/// The index of the column that `text` means: a name, else a number from 1. Throws Error(usage) naming `option` and the
/// nearest name.
std::size_t find_column(const std::vector<std::string>& names, const std::string& text, std::string_view option);

}  // namespace gradus
