#include "kernels/column_moments.h"

#include <algorithm>
#include <cstdint>

#include "kernels/dispatch-inl.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/column_moments.cc"
#include <hwy/foreach_target.h>
//
#include "kernels/row_sums-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernels {
namespace HWY_NAMESPACE {

using Doubles = hn::ScalableTag<double>;
constexpr int64_t kRowsInBlock = 256;

HWY_INLINE hn::Vec<Doubles> load_doubles(const double* from, int64_t count) {
  return load_some(Doubles(), from, count);
}
HWY_INLINE hn::Vec<Doubles> load_doubles(const float* from, int64_t count) {
  alignas(64) float some[HWY_LANES(double)] = {};
  std::copy_n(from, count, some);
  return hn::PromoteTo(Doubles(), hn::Load(hn::Rebind<float, Doubles>(), some));
}

/// sums[j] over all rows i of term(i, j, count), a vector of columns at a time. Partial sums of 2^level whole blocks
/// wait in `levels` until their neighbour comes, as a carry does.
template <class Term>
HWY_INLINE void sum_columns(int64_t rows, int64_t columns, const Term& term, double* sums) {
  const Doubles d;
  constexpr int64_t N = HWY_LANES(double);
  constexpr int kLevels = 48;
  alignas(64) double levels[kLevels][HWY_LANES(double)];
  for (int64_t j = 0; j < columns; j += N) {
    const int64_t count = std::min(N, columns - j);
    uint64_t blocks = 0;
    for (int64_t first = 0; first < rows; first += kRowsInBlock, ++blocks) {
      hn::Vec<Doubles> sum = hn::Zero(d);
      for (int64_t i = first; i < std::min(rows, first + kRowsInBlock); ++i) sum = hn::Add(sum, term(i, j, count));
      int level = 0;
      for (; (blocks >> level & 1) != 0; ++level) sum = hn::Add(hn::Load(d, levels[level]), sum);
      hn::Store(sum, d, levels[level]);
    }
    hn::Vec<Doubles> total = hn::Zero(d);
    bool empty = true;
    for (int level = 0; level < kLevels; ++level) {
      if ((blocks >> level & 1) == 0) continue;
      total = empty ? hn::Load(d, levels[level]) : hn::Add(hn::Load(d, levels[level]), total);
      empty = false;
    }
    store_some(d, total, sums + j, count);
  }
}

template <typename T>
HWY_NOINLINE void all_sums(MatrixView<const T> a, double* sums) {
  const auto term = [&](int64_t i, int64_t j, int64_t count)
                        HWY_ATTR { return load_doubles(a.row(i).data() + j, count); };
  sum_columns(a.rows(), a.columns(), term, sums);
}

template <typename T>
HWY_NOINLINE void all_squares(MatrixView<const T> a, const double* centre, double* sums) {
  const auto term = [&](int64_t i, int64_t j, int64_t count) HWY_ATTR {
    hn::Vec<Doubles> x = load_doubles(a.row(i).data() + j, count);
    if (centre != nullptr) x = hn::Sub(x, load_doubles(centre + j, count));
    return hn::Mul(x, x);
  };
  sum_columns(a.rows(), a.columns(), term, sums);
}

template <typename T>
HWY_NOINLINE void all_dots(MatrixView<const T> a, MatrixView<const T> b, double* sums) {
  const auto term = [&](int64_t i, int64_t j, int64_t count) HWY_ATTR {
    return hn::Mul(load_doubles(a.row(i).data() + j, count), load_doubles(b.row(i).data() + j, count));
  };
  sum_columns(a.rows(), a.columns(), term, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernels {

template <typename T>
void blocked_column_sums(MatrixView<const T> a, double* sums) noexcept {
  GRADUS_DISPATCH(all_sums<T>(a, sums))
}
template <typename T>
void blocked_column_squares(MatrixView<const T> a, const double* centre, double* sums) noexcept {
  GRADUS_DISPATCH(all_squares<T>(a, centre, sums))
}
template <typename T>
void blocked_column_dots(MatrixView<const T> a, MatrixView<const T> b,
                         double* sums) noexcept {GRADUS_DISPATCH(all_dots<T>(a, b, sums))}

#define GRADUS_INSTANTIATE(T)                                                                 \
  template void blocked_column_sums(MatrixView<const T>, double*) noexcept;                   \
  template void blocked_column_squares(MatrixView<const T>, const double*, double*) noexcept; \
  template void blocked_column_dots(MatrixView<const T>, MatrixView<const T>, double*) noexcept;
GRADUS_INSTANTIATE(float) GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels
#endif  // HWY_ONCE
