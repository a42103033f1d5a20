#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <type_traits>

#include "base/check.h"
#include "base/quote.h"
#include "data/cells.h"
#include "data/encode_cells.h"
#include "data/encoder.h"
#include "kernels/columns.h"

namespace gradus {

namespace {

template <typename T>
void encode_categories(const CategoryEncoding& encoding, CodeCells codes, const std::vector<int32_t>& code_to_category,
                       std::span<const uint32_t> rows, MatrixView<T> features, const ColumnEncoding& column,
                       int64_t& unknown) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const uint32_t code = codes[rows[i]];
    const bool missing = code == kMissingCode;
    const int64_t category = missing ? -1 : code_to_category[code];
    if (!missing && category < 0) ++unknown;
    T* out = &features(static_cast<int64_t>(i), column.first);
    write_category<T>(encoding, category, missing, {out, static_cast<std::size_t>(column.width)});
  }
}

std::vector<std::string> column_names(const Table& table) {
  std::vector<std::string> names;
  for (int64_t column = 0; column < table.columns(); ++column) names.push_back(table.name(column));
  return names;
}

// The first row whose cell is not missing, -1 when there is none.
int64_t first_present(const Table& table, int64_t column) {
  for (int64_t row = 0; row < table.rows(); ++row) {
    if (!table.missing(row, column)) return row;
  }
  return -1;
}

template <typename T>
void standardise_tile(const NumericEncoding& encoding, std::span<const double> cells, T fill, T* out) {
  for (std::size_t k = 0; k < cells.size(); ++k)
    out[k] = std::isnan(cells[k]) ? fill : standardise<T>(encoding, cells[k]);
}

void standardise_tile(const NumericEncoding& encoding, std::span<const float> cells, float fill, float* out) {
  if (encoding.smooth_clip) {
    for (std::size_t k = 0; k < cells.size(); ++k)
      out[k] = std::isnan(cells[k]) ? fill : standardise<float>(encoding, static_cast<double>(cells[k]));
    return;
  }
  kernels::standardise(cells, encoding.mean, encoding.scale, fill, {out, cells.size()});
}

/// `Cell` is float where the column is stored so and becomes float features, else double. `rows` ascend. Worked through
/// in tiles whose cells and features stay in the first cache.
template <typename T, typename Cell>
void encode_numbers(const NumericEncoding& encoding, const TableData& data, int64_t column,
                    std::span<const uint32_t> rows, MatrixView<T> features, int64_t first) {
  constexpr std::size_t kTile = 64;
  const T fill = fill_feature<T>(encoding);
  Cell cells[kTile];
  T standardised[kTile];
  T* out = features.data() + first;
  for_each_block(data, rows, [&](int64_t block, std::span<const uint32_t> in_block) {
    for (std::size_t i = 0; i < in_block.size(); i += kTile) {
      const std::size_t count = std::min(kTile, in_block.size() - i);
      load_numbers(data, block, column, in_block.subspan(i, count), cells);
      standardise_tile(encoding, std::span(cells, count), fill, standardised);
      for (std::size_t k = 0; k < count; ++k) {
        out[0] = standardised[k];
        if (encoding.indicator) out[1] = cells[k] != cells[k] ? T{1} : T{0};
        out += features.stride();
      }
    }
  });
}

template <typename T>
void encode_missing(const ColumnEncoding& column, std::span<T> features) {
  if (column.kind() == ColumnKind::numeric) {
    encode_number(column, 0.0, true, features);
  } else {
    encode_category(column, {}, true, features);
  }
}

// A column that the model knows under its own name is no misspelling of another.
std::vector<std::string> unknown_names(const Encoder& encoder, const std::vector<std::string>& present) {
  std::set<std::string_view> known;
  for (const ColumnEncoding& column : encoder.columns) known.insert(column.name);
  std::vector<std::string> unknown;
  std::copy_if(present.begin(), present.end(), std::back_inserter(unknown),
               [&known](const std::string& name) { return known.count(name) == 0; });
  return unknown;
}

}  // namespace

std::vector<int64_t> match_columns(const Encoder& encoder, const std::vector<std::string>& present,
                                   const Place& place) {
  std::map<std::string_view, int64_t> places;
  for (std::size_t i = 0; i < present.size(); ++i) places.emplace(present[i], static_cast<int64_t>(i));
  std::vector<int64_t> matched;
  for (const ColumnEncoding& column : encoder.columns) {
    const auto found = places.find(column.name);
    if (found == places.end()) {
      const std::string near = nearest_name(column.name, unknown_names(encoder, present));
      throw Error(
          ErrorCode::bad_data, place,
          fmt::format("found no column {}{}, expected the columns the model was trained on", in_quotes(column.name),
                      near.empty() ? "" : fmt::format(" (the nearest is {})", in_quotes(near))));
    }
    matched.push_back(found->second);
  }
  return matched;
}

TableEncoder::TableEncoder(const Encoder& encoder, const Table& table, bool strict)
    : TableEncoder(encoder, table, match_columns(encoder, column_names(table), Place{table.source()}), strict) {}

TableEncoder::TableEncoder(const Encoder& encoder, const Table& table, std::vector<int64_t> columns, bool strict)
    : encoder_(encoder),
      table_(table),
      column_in_table_(std::move(columns)),
      code_to_category_(encoder.columns.size()),
      unknown_(encoder.columns.size()) {
  for (std::size_t c = 0; c < encoder_.columns.size(); ++c) {
    check_kind(c);
    if (column_in_table_[c] < 0 || encoder_.columns[c].kind() == ColumnKind::numeric) continue;
    translate_codes(c);
    if (strict) require_known(c);
  }
}

void TableEncoder::check_kind(std::size_t column) {
  int64_t& index = column_in_table_[column];
  const ColumnKind expected = encoder_.columns[column].kind();
  if (table_.kind(index) == expected) return;
  const int64_t row = first_present(table_, index);
  if (row < 0) {
    index = -1;
    return;
  }
  const std::string found = expected == ColumnKind::numeric ? in_quotes(table_.text(row, index))
                                                            : "the number " + number_text(table_.number(row, index));
  throw Error(ErrorCode::bad_data, Place{table_.source()},
              fmt::format("column {}: found {} in row {}, expected {}, as in training", in_quotes(table_.name(index)),
                          found, row + 1, expected == ColumnKind::numeric ? "numbers" : "text"));
}

void TableEncoder::translate_codes(std::size_t column) {
  const auto& encoding = std::get<CategoryEncoding>(encoder_.columns[column].encoding);
  const auto index = static_cast<std::size_t>(column_in_table_[column]);
  for (const std::string& text : table_.data().columns[index].dictionary) {
    code_to_category_[column].push_back(static_cast<int32_t>(find_category(encoding, text)));
  }
}

void TableEncoder::require_known(std::size_t column) const {
  const int64_t index = column_in_table_[column];
  CodeCells codes(table_.data(), index);
  for (int64_t row = 0; row < table_.rows(); ++row) {
    const uint32_t code = codes[row];
    if (code == kMissingCode || code_to_category_[column][code] >= 0) continue;
    throw Error(ErrorCode::bad_data, Place{table_.source()},
                fmt::format("column {}: found {} in row {}, expected a category seen in training",
                            in_quotes(table_.name(index)), in_quotes(table_.text(row, index)), row + 1));
  }
}

template <typename T>
void TableEncoder::encode(int64_t row, std::span<T> features) {
  const auto listed = static_cast<uint32_t>(row);
  encode(std::span<const uint32_t>(&listed, 1), MatrixView<T>(features.data(), 1, encoder_.width));
}

template <typename T>
void TableEncoder::encode(std::span<const uint32_t> rows, MatrixView<T> features) {
  GRADUS_DCHECK(static_cast<int64_t>(rows.size()) == features.rows() && features.columns() == encoder_.width);
  for (std::size_t c = 0; c < encoder_.columns.size(); ++c) {
    const ColumnEncoding& column = encoder_.columns[c];
    const int64_t index = column_in_table_[c];
    if (index < 0) {
      for (int64_t i = 0; i < features.rows(); ++i) {
        encode_missing(column, features.row(i).subspan(static_cast<std::size_t>(column.first),
                                                       static_cast<std::size_t>(column.width)));
      }
    } else if (const auto* numeric = std::get_if<NumericEncoding>(&column.encoding)) {
      const bool wide = table_.data().columns[static_cast<std::size_t>(index)].wide;
      if (std::is_same_v<T, float> && !wide) {
        encode_numbers<T, T>(*numeric, table_.data(), index, rows, features, column.first);
      } else {
        encode_numbers<T, double>(*numeric, table_.data(), index, rows, features, column.first);
      }
    } else {
      encode_categories(std::get<CategoryEncoding>(column.encoding), CodeCells(table_.data(), index),
                        code_to_category_[c], rows, features, column, unknown_[c]);
    }
  }
}

template <typename T>
void encode_number(const ColumnEncoding& column, double value, bool missing, std::span<T> features) {
  const auto& encoding = std::get<NumericEncoding>(column.encoding);
  features[0] = missing ? fill_feature<T>(encoding) : standardise<T>(encoding, value);
  if (encoding.indicator) features[1] = missing ? T{1} : T{0};
}

template <typename T>
bool encode_category(const ColumnEncoding& column, std::string_view text, bool missing, std::span<T> features) {
  const auto& encoding = std::get<CategoryEncoding>(column.encoding);
  const int64_t category = missing ? -1 : find_category(encoding, text);
  write_category<T>(encoding, category, missing, features);
  return missing || category >= 0;
}

template void TableEncoder::encode(int64_t, std::span<float>);
template void TableEncoder::encode(int64_t, std::span<double>);
template void TableEncoder::encode(std::span<const uint32_t>, MatrixView<float>);
template void TableEncoder::encode(std::span<const uint32_t>, MatrixView<double>);
template void encode_number(const ColumnEncoding&, double, bool, std::span<float>);
template void encode_number(const ColumnEncoding&, double, bool, std::span<double>);
template bool encode_category(const ColumnEncoding&, std::string_view, bool, std::span<float>);
template bool encode_category(const ColumnEncoding&, std::string_view, bool, std::span<double>);

}  // namespace gradus
