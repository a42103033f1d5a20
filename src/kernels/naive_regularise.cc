// The kernels of regularise.h and column_moments.h as their formulas stand.
#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/naive.h"

namespace gradus::kernels::naive {

template <typename T>
void add_l1(std::span<const T> theta, T lambda_over_m, std::span<T> gradient) {
  for (std::size_t i = 0; i < theta.size(); ++i)
    gradient[i] += theta[i] > T(0) ? lambda_over_m : theta[i] < T(0) ? -lambda_over_m : T(0);
}

template <typename T>
void clip(std::span<T> values, T limit) {
  for (T& value : values) value = value > limit ? limit : value < -limit ? -limit : value;
}

template <typename T>
void keep_signs(std::span<T> row, T sign, std::span<const T> units) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const T wanted = sign * units[i];
    const bool kept = (wanted > T(0) && row[i] > T(0)) || (wanted < T(0) && row[i] < T(0));
    if (!kept) row[i] = T(0);
  }
}

template <typename T>
void move_average(std::span<const T> theta, T share, std::span<T> average) {
  for (std::size_t i = 0; i < theta.size(); ++i) average[i] = std::fma(share, theta[i] - average[i], average[i]);
}

template <typename T>
std::vector<T> column(MatrixView<const T> a, int64_t j) {
  std::vector<T> values;
  for (int64_t i = 0; i < a.rows(); ++i) values.push_back(a(i, j));
  return values;
}

template <typename T>
void blocked_column_sums(MatrixView<const T> a, double* sums) {
  for (int64_t j = 0; j < a.columns(); ++j) sums[j] = naive::blocked_sum<T>(column(a, j));
}

template <typename T>
void blocked_column_squares(MatrixView<const T> a, const double* centre, double* sums) {
  for (int64_t j = 0; j < a.columns(); ++j) {
    std::vector<double> squares;
    for (const T value : column(a, j)) {
      const double deviation = static_cast<double>(value) - (centre != nullptr ? centre[j] : 0.0);
      squares.push_back(deviation * deviation);
    }
    sums[j] = naive::blocked_sum<double>(squares);
  }
}

template <typename T>
void blocked_column_dots(MatrixView<const T> a, MatrixView<const T> b, double* sums) {
  for (int64_t j = 0; j < a.columns(); ++j) sums[j] = naive::blocked_dot<T>(column(a, j), column(b, j));
}

#define GRADUS_INSTANTIATE(T)                                                        \
  template void add_l1(std::span<const T>, T, std::span<T>);                         \
  template void clip(std::span<T>, T);                                               \
  template void keep_signs(std::span<T>, T, std::span<const T>);                     \
  template void move_average(std::span<const T>, T, std::span<T>);                   \
  template void blocked_column_sums(MatrixView<const T>, double*);                   \
  template void blocked_column_squares(MatrixView<const T>, const double*, double*); \
  template void blocked_column_dots(MatrixView<const T>, MatrixView<const T>, double*);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels::naive
