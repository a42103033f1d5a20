// The update kernels written as their formulas stand, in the stated rounding: oracles for updates.h and
// adaptive_updates.h.
#include <cmath>
#include <cstddef>
#include <limits>

#include "kernels/naive.h"

namespace gradus::kernels::naive {

template <typename T>
T normal_or_zero(T x) {
  return std::abs(x) < std::numeric_limits<T>::min() ? T(0) : x;
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
    v[i] = normal_or_zero(momentum * v[i] + g[i]);
    theta[i] -= eta * (nesterov ? g[i] + momentum * v[i] : v[i]);
  }
}

template <typename T>
void adam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, const AdamStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    m[i] = normal_or_zero(std::fma(step.beta1, m[i], step.one_minus_beta1 * g[i]));
    v[i] = normal_or_zero(std::fma(step.beta2, v[i], step.one_minus_beta2 * (g[i] * g[i])));
    theta[i] = std::fma(-step.step_size, m[i] / (std::sqrt(v[i]) + step.epsilon), theta[i] * step.decay);
  }
}

template <typename T>
void rmsprop_update(std::span<T> theta, std::span<const T> g, std::span<T> v, const RmspropStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    v[i] = std::fma(step.rho, v[i], step.one_minus_rho * (g[i] * g[i]));
    theta[i] = std::fma(-step.learning_rate, g[i] / (std::sqrt(v[i]) + step.epsilon), theta[i]);
  }
}

template <typename T>
void adagrad_update(std::span<T> theta, std::span<const T> g, std::span<T> sum, const AdagradStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    sum[i] = std::fma(g[i], g[i], sum[i]);
    theta[i] = std::fma(-step.learning_rate, g[i] / (std::sqrt(sum[i]) + step.epsilon), theta[i]);
  }
}

template <typename T>
void adadelta_update(std::span<T> theta, std::span<const T> g, std::span<T> v, std::span<T> u,
                     const AdadeltaStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    v[i] = std::fma(step.rho, v[i], step.one_minus_rho * (g[i] * g[i]));
    const T move = std::sqrt(u[i] + step.epsilon) / std::sqrt(v[i] + step.epsilon) * g[i];
    u[i] = std::fma(step.rho, u[i], step.one_minus_rho * (move * move));
    theta[i] = std::fma(-step.learning_rate, move, theta[i]);
  }
}

template <typename T>
void amsgrad_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, std::span<T> largest,
                    const AdamStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    m[i] = std::fma(step.beta1, m[i], step.one_minus_beta1 * g[i]);
    v[i] = std::fma(step.beta2, v[i], step.one_minus_beta2 * (g[i] * g[i]));
    largest[i] = largest[i] < v[i] ? v[i] : largest[i];
    theta[i] = std::fma(-step.step_size, m[i] / (std::sqrt(largest[i]) + step.epsilon), theta[i] * step.decay);
  }
}

template <typename T>
void adamax_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> u,
                   const AdamaxStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    m[i] = std::fma(step.beta1, m[i], step.one_minus_beta1 * g[i]);
    const T old = step.beta2 * u[i];
    const T now = std::abs(g[i]) + step.epsilon;
    u[i] = old < now ? now : old;
    theta[i] = std::fma(-step.step_size, m[i] / u[i], theta[i]);
  }
}

template <typename T>
void nadam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, const NadamStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    m[i] = std::fma(step.beta1, m[i], step.one_minus_beta1 * g[i]);
    v[i] = std::fma(step.beta2, v[i], step.one_minus_beta2 * (g[i] * g[i]));
    const T move = std::fma(step.gradient_step, g[i], step.moment_step * m[i]);
    theta[i] -= move / (std::sqrt(v[i]) + step.epsilon);
  }
}

template <typename T>
T sign(T x) {
  return x > T(0) ? T(1) : x < T(0) ? T(-1) : T(0);
}

template <typename T>
void lion_update(std::span<T> theta, std::span<const T> g, std::span<T> m, const LionStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const T direction = sign(std::fma(step.beta1, m[i], step.one_minus_beta1 * g[i]));
    m[i] = std::fma(step.beta2, m[i], step.one_minus_beta2 * g[i]);
    theta[i] = std::fma(-step.learning_rate, direction, theta[i] * step.decay);
  }
}

template <typename T>
T next_size(T size, T agreement, const RpropStep<T>& step) {
  if (agreement > T(0)) return size * step.grow < step.most ? size * step.grow : step.most;
  if (agreement < T(0)) return size * step.shrink > step.least ? size * step.shrink : step.least;
  return size;
}

template <typename T>
void rprop_update(std::span<T> theta, std::span<const T> g, std::span<T> last, std::span<T> size,
                  const RpropStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const T agreement = g[i] * last[i];
    size[i] = next_size(size[i], agreement, step);
    last[i] = agreement < T(0) ? T(0) : g[i];
    theta[i] = std::fma(-sign(last[i]), size[i], theta[i]);
  }
}

template <typename T>
void rprop_plus_update(std::span<T> theta, std::span<const T> g, std::span<T> last, std::span<T> size,
                       std::span<T> move, bool worse, const RpropStep<T>& step) {
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const T agreement = g[i] * last[i];
    size[i] = next_size(size[i], agreement, step);
    last[i] = agreement < T(0) ? T(0) : g[i];
    const T forth = -(sign(last[i]) * size[i]);
    const T back = worse ? -move[i] : T(0);
    move[i] = agreement < T(0) ? back : forth;
    theta[i] += move[i];
  }
}

#define GRADUS_INSTANTIATE(T)                                                                                          \
  template void add_l2(std::span<const T>, T, std::span<T>);                                                           \
  template void sgd_update(std::span<T>, std::span<const T>, T);                                                       \
  template void momentum_update(std::span<T>, std::span<const T>, std::span<T>, T, T, bool);                           \
  template void adam_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, const AdamStep<T>&);         \
  template void rmsprop_update(std::span<T>, std::span<const T>, std::span<T>, const RmspropStep<T>&);                 \
  template void adagrad_update(std::span<T>, std::span<const T>, std::span<T>, const AdagradStep<T>&);                 \
  template void adadelta_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, const AdadeltaStep<T>&); \
  template void amsgrad_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, std::span<T>,             \
                               const AdamStep<T>&);                                                                    \
  template void adamax_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, const AdamaxStep<T>&);     \
  template void nadam_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, const NadamStep<T>&);       \
  template void lion_update(std::span<T>, std::span<const T>, std::span<T>, const LionStep<T>&);                       \
  template void rprop_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, const RpropStep<T>&);       \
  template void rprop_plus_update(std::span<T>, std::span<const T>, std::span<T>, std::span<T>, std::span<T>, bool,    \
                                  const RpropStep<T>&);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::kernels::naive
