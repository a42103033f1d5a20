// A view of a row-major matrix that someone else owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace gradus {

/// A (rows x columns) row-major matrix at `data`; row i starts at `data + i * stride`, and stride >= columns.
template <typename T>
class MatrixView {
 public:
  constexpr MatrixView() noexcept = default;
  constexpr MatrixView(T* data, int64_t rows, int64_t columns, int64_t stride) noexcept
      : data_(data), rows_(rows), columns_(columns), stride_(stride) {}
  constexpr MatrixView(T* data, int64_t rows, int64_t columns) noexcept : MatrixView(data, rows, columns, columns) {}

  /// A mutable view serves wherever a constant one is asked for.
  constexpr operator MatrixView<const T>() const noexcept  // NOLINT: implicit by intent
      requires(!std::is_const_v<T>) {
    return {data_, rows_, columns_, stride_};
  }

  constexpr T* data() const noexcept { return data_; }
  constexpr int64_t rows() const noexcept { return rows_; }
  constexpr int64_t columns() const noexcept { return columns_; }
  constexpr int64_t stride() const noexcept { return stride_; }

  constexpr T& operator()(int64_t row, int64_t column) const noexcept { return data_[row * stride_ + column]; }
  constexpr std::span<T> row(int64_t row) const noexcept {
    return {data_ + row * stride_, static_cast<std::size_t>(columns_)};
  }
  /// Rows first .. first + count - 1.
  constexpr MatrixView rows(int64_t first, int64_t count) const noexcept {
    return {data_ + first * stride_, count, columns_, stride_};
  }
  /// Columns first .. first + count - 1.
  constexpr MatrixView columns(int64_t first, int64_t count) const noexcept {
    return {data_ + first, rows_, count, stride_};
  }

 private:
  T* data_ = nullptr;
  int64_t rows_ = 0;
  int64_t columns_ = 0;
  int64_t stride_ = 0;
};

}  // namespace gradus
