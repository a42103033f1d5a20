// Updates whose step length follows each parameter's own gradients, as PyTorch 2 states them. Conventions of updates.h:
// elementwise, rounded exactly as the naive twins write it; what is the same for every parameter is worked out once a
// step, in double, and comes as the step's constants.
#pragma once

#include <span>

#include "kernels/updates.h"

namespace gradus::kernels {

template <typename T>
struct RmspropStep {
  T rho, one_minus_rho;
  T learning_rate, epsilon;
};
/// v = rho v + (1 - rho) g^2; theta -= eta g / (sqrt(v) + epsilon). (Tieleman & Hinton 2012.)
template <typename T>
void rmsprop_update(std::span<T> theta, std::span<const T> g, std::span<T> v, const RmspropStep<T>& step) noexcept;

template <typename T>
struct AdagradStep {
  T learning_rate, epsilon;
};
/// sum += g^2; theta -= eta g / (sqrt(sum) + epsilon). (Duchi, Hazan & Singer 2011.)
template <typename T>
void adagrad_update(std::span<T> theta, std::span<const T> g, std::span<T> sum, const AdagradStep<T>& step) noexcept;

template <typename T>
struct AdadeltaStep {
  T rho, one_minus_rho;
  T learning_rate, epsilon;
};
/// v = rho v + (1 - rho) g^2; move = sqrt(u + epsilon) / sqrt(v + epsilon) g; u = rho u + (1 - rho) move^2;
/// theta -= eta move. (Zeiler 2012.)
template <typename T>
void adadelta_update(std::span<T> theta, std::span<const T> g, std::span<T> v, std::span<T> u,
                     const AdadeltaStep<T>& step) noexcept;

/// Adam with the largest v so far under the root. (Reddi, Kale & Kumar 2018; the correction as in PyTorch.)
template <typename T>
void amsgrad_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v, std::span<T> largest,
                    const AdamStep<T>& step) noexcept;

template <typename T>
struct AdamaxStep {
  T beta1, one_minus_beta1, beta2;
  T step_size;  ///< eta / (1 - beta1^t)
  T epsilon;
};
/// m = beta1 m + (1 - beta1) g; u = max(beta2 u, |g| + epsilon); theta -= step_size m / u. (Kingma & Ba 2015, 7.1.)
template <typename T>
void adamax_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> u,
                   const AdamaxStep<T>& step) noexcept;

template <typename T>
struct NadamStep {
  T beta1, beta2;
  T one_minus_beta1, one_minus_beta2;
  T gradient_step,
      moment_step;  ///< the weights of g and of the coming step's share of m, the root's correction in both
  T epsilon;        ///< times the root's correction
};
/// m and v as in Adam; theta -= (gradient_step g + moment_step m) / (sqrt(v) + epsilon). (Dozat 2016.)
template <typename T>
void nadam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v,
                  const NadamStep<T>& step) noexcept;

template <typename T>
struct LionStep {
  T beta1, beta2;
  T one_minus_beta1, one_minus_beta2;
  T learning_rate;
  T decay;  ///< 1 - eta * weight_decay
};
/// theta = decay theta - eta sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g. sign(0) = 0. (Chen et al.
/// 2023.)
template <typename T>
void lion_update(std::span<T> theta, std::span<const T> g, std::span<T> m, const LionStep<T>& step) noexcept;

template <typename T>
struct RpropStep {
  T shrink, grow;
  T least, most;
};
/// Each parameter's step `size` grows while its gradient keeps its sign, from `last` to g, and shrinks when that turns;
/// theta -= sign(g) size, but after a turn theta stays and the gradient is forgotten (last = 0). iRPROP- of Igel &
/// Huesken 2003.
template <typename T>
void rprop_update(std::span<T> theta, std::span<const T> g, std::span<T> last, std::span<T> size,
                  const RpropStep<T>& step) noexcept;
/// iRPROP+: after a turn the last `move` is taken back where the objective got `worse`.
template <typename T>
void rprop_plus_update(std::span<T> theta, std::span<const T> g, std::span<T> last, std::span<T> size,
                       std::span<T> move, bool worse, const RpropStep<T>& step) noexcept;

}  // namespace gradus::kernels
