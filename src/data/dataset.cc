#include "data/dataset.h"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/error.h"

#include "base/float_mode.h"
#include "base/quote.h"
#include "data/cells.h"
#include "data/encode_cells.h"
#include "data/targets.h"
#include "data/weights.h"

namespace gradus {

namespace {

// Rows start on 16 bytes where that costs at most a twentieth, and off multiples of 4 KiB, where a column of rows would
// fall into one cache set.
template <typename T>
int64_t feature_stride(int64_t width) {
  const int64_t page = 4096 / static_cast<int64_t>(sizeof(T));
  if (width > 0 && width % page == 0) return width + 16;
  const int64_t padded = (width + 3) / 4 * 4;
  return padded * 20 <= width * 21 ? padded : width;
}

int64_t target_columns_of(const TargetEncoder& targets, bool label_index) {
  if (targets.task != Task::classification) return static_cast<int64_t>(targets.columns.size());
  return label_index ? 1 : static_cast<int64_t>(targets.classes.size());
}

// The class of each row, all known.
std::vector<int32_t> known_classes(const Table& table, int64_t column, const TargetEncoder& targets,
                                   std::span<const uint32_t> rows) {
  std::vector<int32_t> classes = class_indices(table, column, targets, rows);
  const auto unknown = std::find(classes.begin(), classes.end(), -1);
  if (unknown != classes.end()) {
    throw Error(ErrorCode::bad_data, Place{table.source()},
                fmt::format("target {}: found a class in row {} that is not among the {} of the model",
                            in_quotes(table.name(column)),
                            rows[static_cast<std::size_t>(unknown - classes.begin())] + 1, targets.classes.size()));
  }
  return classes;
}

template <typename T>
void encode_classes(std::span<const int32_t> classes, bool label_index, MatrixView<T> out) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::span<T> row = out.row(static_cast<int64_t>(i));
    if (label_index) {
      row[0] = static_cast<T>(classes[i]);
    } else {
      row[static_cast<std::size_t>(classes[i])] = T{1};
    }
  }
}

template <typename T>
void encode_numbers(const Table& table, std::span<const int64_t> columns, const TargetEncoder& targets,
                    std::span<const uint32_t> rows, MatrixView<T> out) {
  for (std::size_t k = 0; k < columns.size(); ++k) {
    NumberCells cells(table.data(), columns[k]);
    const TargetColumn& target = targets.columns[k];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      out(static_cast<int64_t>(i), static_cast<int64_t>(k)) =
          to_feature<T>((cells[rows[i]] - target.mean) * target.scale);
    }
  }
}

template <typename T>
void encode_weights(const Table& table, const TargetEncoder& targets, std::span<const uint32_t> rows,
                    MatrixView<T> out) {
  const std::vector<double> weights = objective_weights(table, targets, rows);
  for (std::size_t i = 0; i < weights.size(); ++i)
    out(static_cast<int64_t>(i), out.columns() - 1) = to_feature<T>(weights[i]);
}

}  // namespace

template <typename T>
Dataset<T>::Dataset(int64_t rows, int64_t width, int64_t target_width, const Storage& storage)
    : rows_(rows),
      width_(width),
      target_width_(target_width),
      stride_(feature_stride<T>(width)),
      features_(rows * stride_, storage),
      targets_(rows * target_width, storage) {}

template <typename T>
Dataset<T> encode_dataset(Table table, const Encoder& encoder, const TargetEncoder& targets,
                          std::span<const int64_t> feature_columns, std::span<const int64_t> target_columns,
                          std::span<const uint32_t> rows, bool label_index, const Storage& storage) {
  const FloatMode float_mode;
  const int64_t target_width = target_columns_of(targets, label_index) + (is_weighted(targets) ? 1 : 0);
  Dataset<T> dataset(static_cast<int64_t>(rows.size()), encoder.width, target_width, storage);
  if (targets.task == Task::classification) {
    encode_classes<T>(known_classes(table, target_columns[0], targets, rows), label_index, dataset.targets());
  } else {
    encode_numbers(table, target_columns, targets, rows, dataset.targets());
  }
  if (is_weighted(targets)) encode_weights(table, targets, rows, dataset.targets());
  Table own = detached(std::move(table));
  TableEncoder table_encoder(encoder, own, {feature_columns.begin(), feature_columns.end()});
  // So few rows that their features stay in the cache while their columns are written one after the other.
  constexpr int64_t kTileBytes = 32 << 10;
  const int64_t row_bytes = std::max<int64_t>(encoder.width, 1) * static_cast<int64_t>(sizeof(T));
  const auto tile_rows = static_cast<std::size_t>(std::clamp<int64_t>(kTileBytes / row_bytes, 16, 1024));
  std::size_t first = 0;
  for (int64_t block = 0; block < own.data().block_count(); ++block) {
    const int64_t block_end = block * own.data().block_rows + own.data().rows_in_block(block);
    while (first < rows.size() && rows[first] < block_end) {
      std::size_t count = 0;
      while (count < tile_rows && first + count < rows.size() && rows[first + count] < block_end) ++count;
      const auto tile = rows.subspan(first, count);
      table_encoder.encode(tile, dataset.features().rows(static_cast<int64_t>(first), static_cast<int64_t>(count)));
      storage.used(count * static_cast<std::size_t>(row_bytes));
      first += count;
    }
    own.data().release_block(block);
  }
  return dataset;
}

template class Dataset<float>;
template class Dataset<double>;
template Dataset<float> encode_dataset(Table, const Encoder&, const TargetEncoder&, std::span<const int64_t>,
                                       std::span<const int64_t>, std::span<const uint32_t>, bool, const Storage&);
template Dataset<double> encode_dataset(Table, const Encoder&, const TargetEncoder&, std::span<const int64_t>,
                                        std::span<const int64_t>, std::span<const uint32_t>, bool, const Storage&);

}  // namespace gradus
