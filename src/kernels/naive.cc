#include "kernels/naive.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

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

namespace {

/// exp(z - max z) of a row, its sum, and the maximum.
template <typename T>
struct Exponentials {
  explicit Exponentials(std::span<const T> z) {
    for (const T value : z) largest = value > largest ? value : largest;
    for (const T value : z) values.push_back(exp(value - largest));
    sum = row_sum<T>(values);
  }
  std::vector<T> values;
  T largest = -std::numeric_limits<T>::infinity();
  T sum = T(0);
};

}  // namespace

template <typename T>
void softmax_rows(MatrixView<const T> z, MatrixView<T> out) {
  for (int64_t i = 0; i < z.rows(); ++i) {
    const Exponentials<T> e(z.row(i));
    for (std::size_t j = 0; j < e.values.size(); ++j) out.row(i)[j] = e.values[j] / e.sum;
  }
}

template <typename T>
void softmax_cross_entropy_rows(MatrixView<const T> z, std::span<const T> labels, T scale, MatrixView<T> delta,
                                std::span<T> losses) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const auto label = static_cast<int64_t>(labels[i]);
    const Exponentials<T> e(z.row(row));
    losses[i] = (e.largest - z(row, label)) + log(e.sum);
    if (delta.data() == nullptr) continue;
    for (int64_t j = 0; j < z.columns(); ++j) {
      const T p = e.values[static_cast<std::size_t>(j)] / e.sum;
      delta(row, j) = (j == label ? p - T(1) : p) * scale;
    }
  }
}

template <typename T>
void sigmoid_cross_entropy_rows(MatrixView<const T> z, MatrixView<const T> y, T scale, MatrixView<T> delta,
                                std::span<T> losses) {
  for (int64_t i = 0; i < z.rows(); ++i) {
    std::vector<T> terms;
    for (int64_t j = 0; j < z.columns(); ++j) {
      const T logit = z(i, j);
      const T part = std::fma(-y(i, j), logit, logit > T(0) ? logit : T(0));
      terms.push_back(part + softplus(-std::abs(logit)));
      if (delta.data() != nullptr) delta(i, j) = (sigmoid(logit) - y(i, j)) * scale;
    }
    losses[static_cast<std::size_t>(i)] = row_sum<T>(terms);
  }
}

template <typename T>
void squared_error_rows(MatrixView<const T> a, MatrixView<const T> y, T scale, MatrixView<T> delta,
                        std::span<T> losses) {
  for (int64_t i = 0; i < a.rows(); ++i) {
    T lane[16] = {};
    for (int64_t j = 0; j < a.columns(); ++j) {
      const T error = a(i, j) - y(i, j);
      lane[j % 16] = std::fma(error, error, lane[j % 16]);
      if (delta.data() != nullptr) delta(i, j) = error * scale;
    }
    losses[static_cast<std::size_t>(i)] = T(0.5) * row_sum<T>(lane);
  }
}

template <typename T>
void add_l2(std::span<const T> theta, T lambda_over_m, std::span<T> gradient) {
  for (std::size_t i = 0; i < theta.size(); ++i) gradient[i] += lambda_over_m * theta[i];
}

template <typename T>
void sgd_update(std::span<T> theta, std::span<const T> g, T eta) {
  for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= eta * g[i];
}

template <typename T>
void momentum_update(std::span<T> theta, std::span<const T> g, std::span<T> v, T eta, T momentum, bool nesterov) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    v[i] = momentum * v[i] + g[i];
    theta[i] -= eta * (nesterov ? g[i] + momentum * v[i] : v[i]);
  }
}

template <typename T>
void adam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, const AdamStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    m[i] = std::fma(step.beta1, m[i], step.one_minus_beta1 * g[i]);
    v[i] = std::fma(step.beta2, v[i], step.one_minus_beta2 * (g[i] * g[i]));
    theta[i] = std::fma(-step.step_size, m[i] / (std::sqrt(v[i]) + step.epsilon), theta[i] * step.decay);
  }
}

#define GRADUS_INSTANTIATE(T)                                                                                         \
  template void product_nn(MatrixView<const T>, MatrixView<const T>, const T*, MatrixView<T>);                        \
  template void product_tn(MatrixView<const T>, MatrixView<const T>, MatrixView<T>);                                  \
  template void product_nt(MatrixView<const T>, MatrixView<const T>, MatrixView<T>);                                  \
  template void column_sums(MatrixView<const T>, T*);                                                                 \
  template double blocked_dot(std::span<const T>, std::span<const T>);                                                \
  template double blocked_sum(std::span<const T>);                                                                    \
  template T row_sum(std::span<const T>);                                                                             \
  template void softmax_rows(MatrixView<const T>, MatrixView<T>);                                                     \
  template void softmax_cross_entropy_rows(MatrixView<const T>, std::span<const T>, T, MatrixView<T>, std::span<T>);  \
  template void sigmoid_cross_entropy_rows(MatrixView<const T>, MatrixView<const T>, T, MatrixView<T>, std::span<T>); \
  template void squared_error_rows(MatrixView<const T>, MatrixView<const T>, T, MatrixView<T>, std::span<T>);         \
  template void add_l2(std::span<const T>, T, std::span<T>);                                                          \
  template void sgd_update(std::span<T>, std::span<const T>, T);                                                      \
  template void momentum_update(std::span<T>, std::span<const T>, std::span<T>, T, T, bool);                          \
  template void adam_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, const AdamStep<T>&);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels::naive
