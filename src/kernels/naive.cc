#include "kernels/naive.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/activations.h"
#include "kernels/cholesky.h"
#include "kernels/math.h"

namespace gradus::kernels::naive {

template <typename T>
void product_nn(MatrixView<const T> a, MatrixView<const T> b, const T* bias, MatrixView<T> c) {
  for (int64_t i = 0; i < c.rows(); ++i)
    for (int64_t j = 0; j < c.columns(); ++j) {
      T sum = bias == nullptr ? T(0) : bias[j];
      for (int64_t k = 0; k < a.columns(); ++k) sum = std::fma(a(i, k), b(k, j), sum);
      c(i, j) = sum;
    }
}

template <typename T>
void product_tn(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  for (int64_t i = 0; i < c.rows(); ++i)
    for (int64_t j = 0; j < c.columns(); ++j) {
      T sum = T(0);
      for (int64_t k = 0; k < a.rows(); ++k) sum = std::fma(a(k, i), b(k, j), sum);
      c(i, j) = sum;
    }
}

template <typename T>
void product_nt(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  for (int64_t i = 0; i < c.rows(); ++i)
    for (int64_t j = 0; j < c.columns(); ++j) {
      T sum = T(0);
      for (int64_t k = 0; k < a.columns(); ++k) sum = std::fma(a(i, k), b(j, k), sum);
      c(i, j) = sum;
    }
}

template <typename T>
void column_sums(MatrixView<const T> a, T* out) {
  for (int64_t j = 0; j < a.columns(); ++j) {
    T sum = T(0);
    for (int64_t i = 0; i < a.rows(); ++i) sum += a(i, j);
    out[j] = sum;
  }
}

bool cholesky(MatrixView<double> a) {
  for (int64_t j = 0; j < a.rows(); ++j) {
    const int64_t first = j / kCholeskyBlock * kCholeskyBlock;
    for (int64_t i = j; i < a.rows(); ++i) {
      double left = 0.0;
      for (int64_t k = 0; k < first; ++k) left = std::fma(a(i, k), a(j, k), left);
      double value = a(i, j) - left;
      for (int64_t k = first; k < j; ++k) value = value - a(i, k) * a(j, k);
      if (i == j && !(value > 0.0 && std::isfinite(value))) return false;
      a(i, j) = i == j ? std::sqrt(value) : value / a(j, j);
    }
  }
  return true;
}

template <typename T>
std::vector<T> dense_row(std::span<const Dense<T>> layers, std::span<const T> x) {
  std::vector<T> values(x.begin(), x.end());
  for (const Dense<T>& layer : layers) {
    std::vector<T> out = values;
    if (layer.weight.data() != nullptr) {
      out.resize(static_cast<std::size_t>(layer.weight.columns()));
      const auto inputs = static_cast<int64_t>(values.size());
      const auto outputs = static_cast<int64_t>(out.size());
      naive::product_nn<T>({values.data(), 1, inputs}, layer.weight, layer.bias.data(), {out.data(), 1, outputs});
    }
    for (T& value : out) activate<T>(layer.activation, {&value, 1, 1}, {&value, 1, 1});
    values = out;
  }
  return values;
}

template <typename T>
double blocked_dot(std::span<const T> a, std::span<const T> b) {
  std::vector<double> sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (i % 256 == 0) sums.push_back(0.0);
    sums.back() += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  while (sums.size() > 1) {
    std::vector<double> next;
    for (std::size_t i = 0; i < sums.size(); i += 2)
      next.push_back(i + 1 < sums.size() ? sums[i] + sums[i + 1] : sums[i]);
    sums = next;
  }
  return sums.empty() ? 0.0 : sums[0];
}

template <typename T>
double blocked_sum(std::span<const T> values) {
  const std::vector<T> ones(values.size(), T(1));
  return naive::blocked_dot<T>(values, ones);
}

template <typename T>
T row_sum(std::span<const T> terms) {
  T lane[16] = {};
  for (std::size_t j = 0; j < terms.size(); ++j) lane[j % 16] += terms[j];
  for (std::size_t half = 8; half > 0; half /= 2)
    for (std::size_t j = 0; j < half; ++j) lane[j] += lane[j + half];
  return lane[0];
}

#define GRADUS_INSTANTIATE(T)                                                                  \
  template std::vector<T> dense_row(std::span<const Dense<T>>, std::span<const T>);            \
  template void product_nn(MatrixView<const T>, MatrixView<const T>, const T*, MatrixView<T>); \
  template void product_tn(MatrixView<const T>, MatrixView<const T>, MatrixView<T>);           \
  template void product_nt(MatrixView<const T>, MatrixView<const T>, MatrixView<T>);           \
  template void column_sums(MatrixView<const T>, T*);                                          \
  template double blocked_dot(std::span<const T>, std::span<const T>);                         \
  template double blocked_sum(std::span<const T>);                                             \
  template T row_sum(std::span<const T>);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

std::optional<double> plain_number(std::string_view cell, char point) {
  std::string text(cell);
  const std::size_t first = !text.empty() && text[0] == '-' ? 1 : 0;
  std::size_t digits = 0;
  std::size_t points = 0;
  for (std::size_t i = first; i < text.size(); ++i) {
    digits += text[i] >= '0' && text[i] <= '9' ? 1 : 0;
    points += text[i] == point ? 1 : 0;
    if (text[i] == point) text[i] = '.';
  }
  if (digits == 0 || points > 1 || first + digits + points != text.size()) return std::nullopt;
  double value = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace gradus::kernels::naive
