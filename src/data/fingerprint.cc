#include "data/fingerprint.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/sha256.h"
#include "data/table_data.h"

namespace gradus {
namespace {

static_assert(std::endian::native == std::endian::little, "values are hashed as little-endian bytes");

void add_size(Sha256& sum, uint64_t size) {
  sum.update(std::as_bytes(std::span(&size, 1)));
}

void add_text(Sha256& sum, std::string_view text) {
  add_size(sum, text.size());
  sum.update(text);
}

// One bit pattern for every NaN, and one zero.
template <typename T>
void add_numbers(Sha256& sum, std::span<const T> values, std::vector<T>& canonical) {
  canonical.resize(values.size());
  std::transform(values.begin(), values.end(), canonical.begin(), [](T value) {
    if (std::isnan(value)) return std::numeric_limits<T>::quiet_NaN();
    return value == T(0) ? T(0) : value;
  });
  sum.update(std::as_bytes(std::span(canonical)));
}

}  // namespace

std::string fingerprint(const Table& table) {
  const TableData& data = table.data();
  Sha256 sum;
  add_size(sum, data.columns.size());
  add_size(sum, static_cast<uint64_t>(data.rows));
  std::vector<float> floats;
  std::vector<double> doubles;
  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    const TableColumn& column = data.columns[i];
    const auto number = static_cast<int64_t>(i);
    add_text(sum, column.name);
    add_text(sum, column.kind == ColumnKind::text ? "text" : column.wide ? "float64" : "float32");
    // Codes count in order of first appearance, so they and the dictionary say what the cells do.
    add_size(sum, column.dictionary.size());
    for (const std::string& value : column.dictionary) add_text(sum, value);
    for (int64_t block = 0; block < data.block_count(); ++block) {
      if (column.kind == ColumnKind::text) {
        sum.update(std::as_bytes(data.codes(block, number)));
      } else if (column.wide) {
        add_numbers(sum, data.doubles(block, number), doubles);
      } else {
        add_numbers(sum, data.floats(block, number), floats);
      }
    }
  }
  return sum.hex();
}

}  // namespace gradus
