// The encoded table that training reads: one aligned matrix each for features and targets.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"
#include "gradus/table.h"

#include "data/encoder.h"
#include "data/lazy_array.h"

namespace gradus {

/// Row i stands for row `rows_with_target[i]` of the table it was encoded from.
template <typename T>
class Dataset {
 public:
  Dataset(int64_t rows, int64_t width, int64_t target_width, const Storage& storage = {});

  int64_t rows() const noexcept { return rows_; }
  /// (rows x width).
  MatrixView<const T> features() const noexcept { return {features_.data(), rows_, width_, stride_}; }
  MatrixView<T> features() noexcept { return {features_.data(), rows_, width_, stride_}; }
  /// (rows x target_width); where rows have weights they are the last column.
  MatrixView<const T> targets() const noexcept { return {targets_.data(), rows_, target_width_}; }
  MatrixView<T> targets() noexcept { return {targets_.data(), rows_, target_width_}; }

 private:
  int64_t rows_;
  int64_t width_;
  int64_t target_width_;
  int64_t stride_;
  LazyArray<T> features_;
  LazyArray<T> targets_;
};

/// Encodes the rows listed and frees each block of the table's cells once it is done with, provided that nobody else
/// holds the table: the peak is about the encoded size plus the cells still to come.
/// `feature_columns` stand where encoder.columns do. Targets: with `label_index` one column holding the class index
/// (softmax cross-entropy); otherwise classes become K columns of 0 and 1, multi-label values stay 0 and 1, and a
/// regression's y becomes (y - mean) * scale. Weighted targets have `objective_weights` as one more column. A label
/// that `targets` doesn't know throws Error(bad_data). `storage`: where the encoded rows go.
template <typename T>
Dataset<T> encode_dataset(Table table, const Encoder& encoder, const TargetEncoder& targets,
                          std::span<const int64_t> feature_columns, std::span<const int64_t> target_columns,
                          std::span<const uint32_t> rows_with_target, bool label_index, const Storage& storage = {});

extern template class Dataset<float>;
extern template class Dataset<double>;

}  // namespace gradus
