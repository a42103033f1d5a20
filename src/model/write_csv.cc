#include "model/write_csv.h"

#include "data/csv_header.h"
#include "model/csv_writer.h"

namespace gradus {

void write_csv(const Table& table, const std::string& path) {
  OutputFile file(path);
  CsvWriter writer(file, csv_delimiter(path, CsvOptions{}));
  for (int64_t column = 0; column < table.columns(); ++column) writer.field(table.name(column));
  writer.end_row();
  for (int64_t row = 0; row < table.rows(); ++row) {
    for (int64_t column = 0; column < table.columns(); ++column) {
      if (table.missing(row, column)) {
        writer.field("");
      } else if (table.kind(column) == ColumnKind::text) {
        writer.field(table.text(row, column));
      } else if (const double value = table.number(row, column);
                 static_cast<double>(static_cast<float>(value)) == value) {
        writer.number(static_cast<float>(value));
      } else {
        writer.number(value);
      }
    }
    writer.end_row();
  }
  file.commit();
}

}  // namespace gradus
