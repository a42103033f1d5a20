#include "model/csv_row_encoder.h"

#include <fmt/format.h>

#include "base/quote.h"

namespace gradus {

CsvRowEncoder::CsvRowEncoder(const Encoder& encoder, const std::vector<std::string>& names, const Place& place,
                             const CellParser& parser, bool strict)
    : encoder_(encoder),
      fields_(match_columns(encoder, names, place)),
      parser_(parser),
      strict_(strict),
      unknown_(encoder.columns.size()),
      not_finite_(encoder.columns.size()) {}

template <typename T>
void CsvRowEncoder::encode_numeric(const CsvReader& reader, std::size_t column, std::span<T> features) {
  const auto field = static_cast<std::size_t>(fields_[column]);
  const std::string_view text = reader.fields()[field];
  const NumericCell cell = parser_.parse(text);
  if (cell.what == CellClass::other || cell.what == CellClass::overflow) {
    throw Error(ErrorCode::bad_data, reader.place(field),
                fmt::format("column {}: found {}, expected a number{} (--missing {} to read such cells as missing)",
                            in_quotes(encoder_.columns[column].name), in_quotes(text),
                            cell.what == CellClass::overflow ? " that float64 can hold" : "", in_quotes(text)));
  }
  if (cell.what == CellClass::not_finite) ++not_finite_[column];
  const bool missing = cell.what == CellClass::missing || cell.what == CellClass::not_finite;
  encode_number(encoder_.columns[column], cell.value, missing, features);
}

template <typename T>
void CsvRowEncoder::encode(const CsvReader& reader, std::span<T> features) {
  for (std::size_t c = 0; c < fields_.size(); ++c) {
    const ColumnEncoding& column = encoder_.columns[c];
    const std::span<T> out =
        features.subspan(static_cast<std::size_t>(column.first), static_cast<std::size_t>(column.width));
    if (column.kind() == ColumnKind::numeric) {
      encode_numeric(reader, c, out);
      continue;
    }
    const auto field = static_cast<std::size_t>(fields_[c]);
    const std::string_view text = reader.fields()[field];
    if (encode_category(column, text, parser_.is_missing(text), out)) continue;
    if (strict_) {
      throw Error(ErrorCode::bad_data, reader.place(field),
                  fmt::format("column {}: found {}, expected a category seen in training", in_quotes(column.name),
                              in_quotes(text)));
    }
    ++unknown_[c];
  }
}

template void CsvRowEncoder::encode(const CsvReader&, std::span<float>);
template void CsvRowEncoder::encode(const CsvReader&, std::span<double>);

}  // namespace gradus
