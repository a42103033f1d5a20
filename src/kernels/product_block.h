// One thread's part of a matrix product, in BLAS letters.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gradus::kernels {

/// How an operand lies in memory.
enum class Operand { plain, transposed };

/// Called with each part of c (rows i .. i + rows - 1, columns j .. j + columns - 1) once it is final and still in
/// cache.
struct ProductEpilogue {
  using Call = void (*)(const void* context, int64_t i, int64_t rows, int64_t j, int64_t columns);
  Call call = nullptr;
  const void* context = nullptr;
};

/// c (m x n) = bias + a b. `a` is (m x k), transposed (k x m); `b` is (k x n), transposed (n x k).
template <typename T>
struct ProductBlock {
  int64_t m, n, k;
  const T* a;
  int64_t a_stride;
  Operand a_form;
  const T* b;
  int64_t b_stride;
  Operand b_form;
  const T* bias;  // null for zero
  T* c;
  int64_t c_stride;
  ProductEpilogue epilogue;
  int64_t first_row = 0;  // where this part of c starts in the whole, for the epilogue
  int64_t first_column = 0;
};

// A thread's scratch (ThreadPool::scratch) holds a packed panel of b and behind it a packed block of a, in bytes.
inline constexpr int64_t kPackedPanel = 256 * 2 * 64;
inline constexpr int64_t kPackedBlock = 384 * 4 * (256 + 16);

}  // namespace gradus::kernels
