// One pass over flat parameters per optimiser step. Products are rounded (no fma) exactly as written here, elementwise,
// so any vector width gives the same bits. g is the gradient of the objective, L2 already in it.
#pragma once

#include <span>

namespace gradus::kernels {

/// gradient += lambda_over_m * theta, for the weights of one layer.
template <typename T>
void add_l2(std::span<const T> theta, T lambda_over_m, std::span<T> gradient) noexcept;

/// theta -= eta * g
template <typename T>
void sgd_update(std::span<T> theta, std::span<const T> g, T eta) noexcept;

/// v = momentum * v + g; theta -= eta * v, or with nesterov theta -= eta * (g + momentum * v). (PyTorch's form.)
template <typename T>
void momentum_update(std::span<T> theta, std::span<const T> g, std::span<T> v, T eta, T momentum,
                     bool nesterov) noexcept;

template <typename T>
struct AdamStep {
  T beta1, beta2;
  T one_minus_beta1, one_minus_beta2;
  T step_size;        ///< eta / (1 - beta1^t)
  T sqrt_correction;  ///< sqrt(1 - beta2^t)
  T epsilon;
  T decay;  ///< 1 - eta * weight_decay for adamw, 1 for adam
};
/// theta *= decay; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
/// theta -= step_size * m / (sqrt(v) / sqrt_correction + epsilon). (Kingma & Ba 2015; Loshchilov & Hutter 2019.)
template <typename T>
void adam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v,
                 const AdamStep<T>& step) noexcept;

}  // namespace gradus::kernels
