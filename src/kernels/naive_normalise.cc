// The kernels of normalise.h as their formulas stand.
#include <cmath>
#include <vector>

#include "kernels/naive.h"

namespace gradus::kernels::naive {

template <typename T>
void normalise_columns(MatrixView<const T> x, const ColumnNorm<T>& norm, MatrixView<T> normalised, MatrixView<T> out) {
  for (int64_t i = 0; i < x.rows(); ++i) {
    for (int64_t j = 0; j < x.columns(); ++j) {
      normalised(i, j) = (x(i, j) - norm.mean[j]) * norm.inverse[j];
      out(i, j) = std::fma(norm.scale[j], normalised(i, j), norm.shift[j]);
    }
  }
}

template <typename T>
void normalise_columns_back(MatrixView<const T> normalised, const T* factor, const T* mean, const T* slope,
                            MatrixView<T> delta) {
  for (int64_t i = 0; i < delta.rows(); ++i)
    for (int64_t j = 0; j < delta.columns(); ++j)
      delta(i, j) = factor[j] * std::fma(-normalised(i, j), slope[j], delta(i, j) - mean[j]);
}

template <typename T>
void normalise_rows(MatrixView<const T> x, T epsilon, const T* scale, const T* shift, MatrixView<T> normalised,
                    T* inverse, MatrixView<T> out) {
  const auto width = static_cast<T>(x.columns());
  for (int64_t i = 0; i < x.rows(); ++i) {
    std::vector<T> values(x.row(i).begin(), x.row(i).end());
    const T mean = row_sum<T>(values) / width;
    for (T& value : values) value = (value - mean) * (value - mean);
    inverse[i] = T(1) / std::sqrt(row_sum<T>(values) / width + epsilon);
    for (int64_t j = 0; j < x.columns(); ++j) {
      normalised(i, j) = (x(i, j) - mean) * inverse[i];
      out(i, j) = std::fma(scale[j], normalised(i, j), shift[j]);
    }
  }
}

template <typename T>
void normalise_rows_back(MatrixView<const T> normalised, const T* inverse, const T* scale, MatrixView<T> delta) {
  const auto width = static_cast<T>(delta.columns());
  for (int64_t i = 0; i < delta.rows(); ++i) {
    std::vector<T> g, along;
    for (int64_t j = 0; j < delta.columns(); ++j) {
      g.push_back(delta(i, j) * scale[j]);
      along.push_back(g.back() * normalised(i, j));
    }
    const T mean = row_sum<T>(g) / width, slope = row_sum<T>(along) / width;
    for (int64_t j = 0; j < delta.columns(); ++j)
      delta(i, j) = inverse[i] * std::fma(-normalised(i, j), slope, g[static_cast<std::size_t>(j)] - mean);
  }
}

#define GRADUS_INSTANTIATE(T)                                                                                 \
  template void normalise_columns(MatrixView<const T>, const ColumnNorm<T>&, MatrixView<T>, MatrixView<T>);   \
  template void normalise_columns_back(MatrixView<const T>, const T*, const T*, const T*, MatrixView<T>);     \
  template void normalise_rows(MatrixView<const T>, T, const T*, const T*, MatrixView<T>, T*, MatrixView<T>); \
  template void normalise_rows_back(MatrixView<const T>, const T*, const T*, MatrixView<T>);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels::naive
