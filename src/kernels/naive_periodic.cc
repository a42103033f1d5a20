// The kernels of periodic.h and blend.h as their formulas stand.
#include <cmath>

#include "kernels/math.h"
#include "kernels/naive.h"

namespace gradus::kernels::naive {
namespace {

template <typename T>
T angle(const PeriodicView<const T>& column, int64_t k, T x) {
  return std::fma(column.frequency[k], x, column.phase[k] * T(0.15915494309189533577));
}

}  // namespace

template <typename T>
void periodic_forward(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<T> out) {
  for (int64_t i = 0; i < x.rows(); ++i) {
    out(i, 0) = x(i, 0);
    for (int64_t o = 0; o < column.weight.rows(); ++o) {
      T sum = column.bias[o];
      for (int64_t k = 0; k < column.weight.columns(); ++k)
        sum = std::fma(column.weight(o, k), cos_turns(angle(column, k, x(i, 0))), sum);
      out(i, 1 + o) = sum;
    }
  }
}

template <typename T>
void periodic_backward(const PeriodicView<const T>& column, MatrixView<const T> x, MatrixView<const T> delta,
                       const PeriodicView<T>& gradient) {
  const int64_t mixtures = column.weight.rows(), hidden = column.weight.columns();
  for (int64_t o = 0; o < mixtures; ++o) {
    gradient.bias[o] = T(0);
    for (int64_t i = 0; i < x.rows(); ++i) gradient.bias[o] += delta(i, 1 + o);
  }
  for (int64_t k = 0; k < hidden; ++k) {
    gradient.frequency[k] = gradient.phase[k] = T(0);
    for (int64_t o = 0; o < mixtures; ++o) gradient.weight(o, k) = T(0);
    for (int64_t i = 0; i < x.rows(); ++i) {
      const T turn = angle(column, k, x(i, 0));
      T error = T(0);
      for (int64_t o = 0; o < mixtures; ++o) {
        gradient.weight(o, k) = std::fma(delta(i, 1 + o), cos_turns(turn), gradient.weight(o, k));
        error = std::fma(delta(i, 1 + o), column.weight(o, k), error);
      }
      const T sent = -sin_turns(turn) * error;
      gradient.phase[k] += sent;
      gradient.frequency[k] = std::fma(T(6.28318530717958647693) * x(i, 0), sent, gradient.frequency[k]);
    }
  }
}

template <typename T>
void blend(std::span<const T> z, std::span<const T> a, std::span<const T> share, std::span<T> out) {
  for (std::size_t j = 0; j < out.size(); ++j) out[j] = std::fma(share[j], a[j] - z[j], z[j]);
}

template <typename T>
void blend_back(std::span<const T> share, std::span<T> delta, std::span<T> to_z) {
  for (std::size_t j = 0; j < delta.size(); ++j) {
    to_z[j] = (T(1) - share[j]) * delta[j];
    delta[j] *= share[j];
  }
}

#define GRADUS_INSTANTIATE(T)                                                                             \
  template void periodic_forward(const PeriodicView<const T>&, MatrixView<const T>, MatrixView<T>);       \
  template void periodic_backward(const PeriodicView<const T>&, MatrixView<const T>, MatrixView<const T>, \
                                  const PeriodicView<T>&);                                                \
  template void blend(std::span<const T>, std::span<const T>, std::span<const T>, std::span<T>);          \
  template void blend_back(std::span<const T>, std::span<T>, std::span<T>);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels::naive
