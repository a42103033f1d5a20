#include "kernels/products.h"

#include <algorithm>

#include "kernels/dispatch-inl.h"
#include "kernels/product_block.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/products.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/product_blocks-inl.h"

#if HWY_ONCE
namespace gradus::kernels {
namespace {

template <typename T>
void dispatch_block(const ProductBlock<T>& block, std::byte* scratch) noexcept {
  GRADUS_DISPATCH(product_block<T>(block, scratch))
}

// Waking a second thread costs a few microseconds, as much as this many multiply-adds.
constexpr int64_t kWorthThreads = int64_t{1} << 20;

int64_t parts_for(int64_t m, int64_t n, int64_t k, const ThreadPool& pool) noexcept {
  return pool.threads() > 1 && m * n * k >= kWorthThreads ? pool.threads() : 1;
}

/// Part `part` of `parts` of 0 .. size - 1, cut at multiples of `grain`.
struct Range {
  int64_t first, count;
};
Range range_of(int64_t part, int64_t parts, int64_t size, int64_t grain) noexcept {
  const int64_t grains = (size + grain - 1) / grain;
  const int64_t first = std::min(size, grains * part / parts * grain);
  const int64_t last = std::min(size, grains * (part + 1) / parts * grain);
  return {first, last - first};
}

template <typename T>
ProductBlock<T> rows_of(ProductBlock<T> p, Range range) noexcept {
  p.m = range.count;
  p.first_row = range.first;
  p.a += range.first * (p.a_form == Operand::transposed ? 1 : p.a_stride);
  p.c += range.first * p.c_stride;
  return p;
}

template <typename T>
ProductBlock<T> columns_of(ProductBlock<T> p, Range range) noexcept {
  p.n = range.count;
  p.first_column = range.first;
  p.b += range.first * (p.b_form == Operand::transposed ? p.b_stride : 1);
  p.bias = p.bias == nullptr ? nullptr : p.bias + range.first;
  p.c += range.first;
  return p;
}

/// Splits the longer side of c over the threads.
template <typename T>
void run_product(const ProductBlock<T>& p, ThreadPool& pool) noexcept {
  if (p.m == 0 || p.n == 0) return;
  const int64_t parts = parts_for(p.m, p.n, p.k, pool);
  if (parts == 1) return dispatch_block(p, pool.scratch(0));
  constexpr int64_t kRowGrain = 12;  // a whole number of tiles on every target
  constexpr int64_t kColumnGrain = 32;
  const bool by_rows = p.m * 2 >= p.n;
  pool.run(parts, [&](int64_t part) {
    const Range range = by_rows ? range_of(part, parts, p.m, kRowGrain) : range_of(part, parts, p.n, kColumnGrain);
    if (range.count > 0) dispatch_block(by_rows ? rows_of(p, range) : columns_of(p, range), pool.scratch(part));
  });
}

template <typename T>
void dispatch_column_sums(MatrixView<const T> a, T* out) noexcept {
  GRADUS_DISPATCH(add_columns<T>(a, out))
}

}  // namespace

template <typename T>
void product_nn(MatrixView<const T> a, MatrixView<const T> b, const T* bias, MatrixView<T> c, ThreadPool& pool,
                ProductEpilogue epilogue) noexcept {
  run_product<T>({c.rows(), c.columns(), a.columns(), a.data(), a.stride(), Operand::plain, b.data(), b.stride(),
                  Operand::plain, bias, c.data(), c.stride(), epilogue},
                 pool);
}

namespace {

template <typename T>
ProductBlock<T> block_tn(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) noexcept {
  return {c.rows(),       c.columns(), a.rows(), a.data(),   a.stride(), Operand::transposed, b.data(), b.stride(),
          Operand::plain, nullptr,     c.data(), c.stride(), {}};
}

}  // namespace

template <typename T>
void product_tn(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ThreadPool& pool) noexcept {
  run_product<T>(block_tn(a, b, c), pool);
}

template <typename T>
void product_tn(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, std::byte* scratch) noexcept {
  if (c.rows() > 0 && c.columns() > 0) dispatch_block<T>(block_tn(a, b, c), scratch);
}

template <typename T>
void product_nt(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ThreadPool& pool,
                ProductEpilogue epilogue) noexcept {
  run_product<T>({c.rows(), c.columns(), a.columns(), a.data(), a.stride(), Operand::plain, b.data(), b.stride(),
                  Operand::transposed, nullptr, c.data(), c.stride(), epilogue},
                 pool);
}

template <typename T>
void column_sums(MatrixView<const T> a, T* out) noexcept {
  dispatch_column_sums<T>(a, out);
}

#define GRADUS_INSTANTIATE(T)                                                                              \
  template void product_nn(MatrixView<const T>, MatrixView<const T>, const T*, MatrixView<T>, ThreadPool&, \
                           ProductEpilogue) noexcept;                                                      \
  template void product_tn(MatrixView<const T>, MatrixView<const T>, MatrixView<T>, ThreadPool&) noexcept; \
  template void product_tn(MatrixView<const T>, MatrixView<const T>, MatrixView<T>, std::byte*) noexcept;  \
  template void product_nt(MatrixView<const T>, MatrixView<const T>, MatrixView<T>, ThreadPool&,           \
                           ProductEpilogue) noexcept;                                                      \
  template void column_sums(MatrixView<const T>, T*) noexcept;
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
