#include <cmath>
#include <limits>
#include <vector>

#include "kernels/math.h"
#include "kernels/math_constants.h"
#include "kernels/naive.h"

namespace gradus::kernels::naive {
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

template <typename T>
struct Term {
  T loss, slope;
};

/// Losses that are a sum over the outputs of function(z, y).
template <typename T, class Function>
void sum_of_terms(const Function& function, const LossRows<T>& rows) {
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    std::vector<T> terms;
    for (int64_t j = 0; j < rows.z.columns(); ++j) {
      const Term<T> term = function(rows.z(i, j), rows.y(i, j));
      terms.push_back(term.loss);
      if (rows.delta.data() != nullptr) rows.delta(i, j) = term.slope * rows.scale;
    }
    rows.losses[static_cast<std::size_t>(i)] = row_sum<T>(terms);
  }
}

}  // namespace

template <typename T>
void softmax_rows(MatrixView<const T> z, MatrixView<T> out) {
  for (int64_t i = 0; i < z.rows(); ++i) {
    const Exponentials<T> e(z.row(i));
    for (std::size_t j = 0; j < e.values.size(); ++j) out.row(i)[j] = e.values[j] / e.sum;
  }
}

template <typename T>
void softmax_cross_entropy_rows(const LossRows<T>& rows, double smoothing) {
  const int64_t outputs = rows.z.columns();
  const double share = smoothing / static_cast<double>(outputs);
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    const auto label = static_cast<int64_t>(rows.y(i, 0));
    const Exponentials<T> e(rows.z.row(i));
    T margin = e.largest - rows.z(i, label);
    if (smoothing > 0.0) {
      std::vector<T> below;
      for (const T z : rows.z.row(i)) below.push_back(e.largest - z);
      const T mean = row_sum<T>(below) / static_cast<T>(outputs);
      margin = static_cast<T>(1.0 - smoothing) * margin + static_cast<T>(smoothing) * mean;
    }
    rows.losses[static_cast<std::size_t>(i)] = margin + log(e.sum);
    if (rows.delta.data() == nullptr) continue;
    for (int64_t j = 0; j < outputs; ++j) {
      const T target = static_cast<T>(j == label ? 1.0 - smoothing + share : share);
      rows.delta(i, j) = (e.values[static_cast<std::size_t>(j)] / e.sum - target) * rows.scale;
    }
  }
}

template <typename T>
void softmax_focal_rows(const LossRows<T>& rows, T gamma) {
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    const auto label = static_cast<std::size_t>(rows.y(i, 0));
    Exponentials<T> e(rows.z.row(i));
    const T own = e.values[label];
    const T margin = e.largest - rows.z.row(i)[label];
    e.values[label] = T(0);
    const T others = row_sum<T>(e.values);
    const T sum = others + own;
    const T q = others / sum;
    const T minus_log_p = margin == T(0) ? log1p(others) : margin + log(sum);
    const T power = gamma == T(0) ? T(1) : exp(gamma * (log(others) - log(sum)));
    const T ratio = q > T(0) ? minus_log_p / q : T(1);
    const T scale = power * (T(1) + gamma * (own / sum * ratio)) * rows.scale;
    rows.losses[static_cast<std::size_t>(i)] = power * minus_log_p;
    for (std::size_t j = 0; j < e.values.size() && rows.delta.data() != nullptr; ++j)
      rows.delta.row(i)[j] = (j == label ? -q : e.values[j] / sum) * scale;
  }
}

template <typename T>
void sigmoid_cross_entropy_rows(const LossRows<T>& rows, double smoothing) {
  const auto term = [=](T z, T y) -> Term<T> {
    const T target = std::fma(y, static_cast<T>(1.0 - smoothing), static_cast<T>(smoothing / 2.0));
    const T part = std::fma(-target, z, z > T(0) ? z : T(0));
    return {part + softplus(-std::abs(z)), sigmoid(z) - target};
  };
  sum_of_terms<T>(term, rows);
}

template <typename T>
void sigmoid_focal_rows(const LossRows<T>& rows, T gamma) {
  const auto term = [=](T z, T y) -> Term<T> {
    const T x = y > T(0.5) ? z : -z;
    const T power = exp(-gamma * softplus(x));
    const T slope = power * (gamma * sigmoid(x) * softplus(-x) + sigmoid(-x));
    return {power * softplus(-x), y > T(0.5) ? -slope : slope};
  };
  sum_of_terms<T>(term, rows);
}

template <typename T>
void hinge_rows(const LossRows<T>& rows) {
  const auto term = [](T z, T y) -> Term<T> {
    const T sign = y > T(0.5) ? T(1) : T(-1);
    const T margin = T(1) - sign * z;
    return {margin < T(0) ? T(0) : margin, margin > T(0) ? -sign : T(0)};
  };
  sum_of_terms<T>(term, rows);
}

template <typename T>
void squared_error_rows(const LossRows<T>& rows) {
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    T lane[16] = {};
    for (int64_t j = 0; j < rows.z.columns(); ++j) {
      const T error = rows.z(i, j) - rows.y(i, j);
      lane[j % 16] = std::fma(error, error, lane[j % 16]);
      if (rows.delta.data() != nullptr) rows.delta(i, j) = error * rows.scale;
    }
    rows.losses[static_cast<std::size_t>(i)] = T(0.5) * row_sum<T>(lane);
  }
}

template <typename T>
void absolute_error_rows(const LossRows<T>& rows) {
  const auto term = [](T a, T y) -> Term<T> {
    const T error = a - y;
    return {std::abs(error), error > T(0) ? T(1) : error < T(0) ? T(-1) : error};
  };
  sum_of_terms<T>(term, rows);
}

template <typename T>
void huber_rows(const LossRows<T>& rows, T width) {
  const auto term = [=](T a, T y) -> Term<T> {
    const T error = a - y;
    if (std::abs(error) <= width) return {error * error * T(0.5), error};
    const T loss = width * (std::abs(error) - width / T(2));
    return {loss, error > width ? width : error < -width ? -width : error};
  };
  sum_of_terms<T>(term, rows);
}

template <typename T>
void log_cosh_rows(const LossRows<T>& rows) {
  const auto term = [](T a, T y) -> Term<T> {
    const T error = a - y;
    const T magnitude = std::abs(error);
    const T t = expm1(magnitude);
    if (magnitude < T(1)) return {log1p(t * t / ((t + T(1)) + (t + T(1)))), tanh(error)};
    return {(magnitude - MathConstants<T>::kLn2) + softplus(-(magnitude + magnitude)), tanh(error)};
  };
  sum_of_terms<T>(term, rows);
}

template <typename T>
void poisson_rows(const LossRows<T>& rows) {
  const auto term = [](T z, T y) -> Term<T> { return {std::fma(-y, z, exp(z)), exp(z) - y}; };
  sum_of_terms<T>(term, rows);
}

template <typename T>
void quantile_outputs_rows(MatrixView<const T> z, int64_t quantiles, MatrixView<T> out) {
  for (int64_t i = 0; i < z.rows(); ++i)
    for (int64_t j = 0; j < z.columns(); ++j)
      out(i, j) = j % quantiles == 0 ? z(i, j) : softplus(z(i, j)) + out(i, j - 1);
}

template <typename T>
void quantile_rows(const LossRows<T>& rows, std::span<const double> taus) {
  const auto count = static_cast<int64_t>(taus.size());
  std::vector<T> memory(static_cast<std::size_t>(rows.z.rows() * rows.z.columns()));
  const MatrixView<T> quantiles(memory.data(), rows.z.rows(), rows.z.columns());
  naive::quantile_outputs_rows<T>(rows.z, count, quantiles);
  for (int64_t i = 0; i < rows.z.rows(); ++i) {
    std::vector<T> terms, by_quantile;
    for (int64_t j = 0; j < rows.z.columns(); ++j) {
      const T tau = static_cast<T>(taus[static_cast<std::size_t>(j % count)]);
      const T error = rows.y(i, j / count) - quantiles(i, j);
      terms.push_back(error < T(0) ? (tau - T(1)) * error : tau * error);
      by_quantile.push_back(error > T(0) ? -tau : error < T(0) ? T(1) - tau : error);
    }
    rows.losses[static_cast<std::size_t>(i)] = row_sum<T>(terms);
    for (int64_t j = 0; j < rows.z.columns() && rows.delta.data() != nullptr; ++j) {
      const int64_t last = j - j % count + count - 1;  // every quantile from this one up moves with z_j
      T sum = T(0);
      for (int64_t q = last; q >= j; --q) sum += by_quantile[static_cast<std::size_t>(q)];
      rows.delta(i, j) = (j % count == 0 ? sum : sum * sigmoid(rows.z(i, j))) * rows.scale;
    }
  }
}

#define GRADUS_INSTANTIATE(T)                                               \
  template void softmax_rows(MatrixView<const T>, MatrixView<T>);           \
  template void softmax_cross_entropy_rows(const LossRows<T>&, double);     \
  template void softmax_focal_rows(const LossRows<T>&, T);                  \
  template void sigmoid_cross_entropy_rows(const LossRows<T>&, double);     \
  template void sigmoid_focal_rows(const LossRows<T>&, T);                  \
  template void hinge_rows(const LossRows<T>&);                             \
  template void squared_error_rows(const LossRows<T>&);                     \
  template void absolute_error_rows(const LossRows<T>&);                    \
  template void huber_rows(const LossRows<T>&, T);                          \
  template void log_cosh_rows(const LossRows<T>&);                          \
  template void poisson_rows(const LossRows<T>&);                           \
  template void quantile_rows(const LossRows<T>&, std::span<const double>); \
  template void quantile_outputs_rows(MatrixView<const T>, int64_t, MatrixView<T>);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels::naive
