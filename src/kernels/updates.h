// One pass over flat parameters per optimiser step. All are elementwise, rounded exactly as the naive twins write it,
// so any vector width and any cut of the parameters into parts gives the same bits. g is the gradient of the objective,
// L2 already in it.
#pragma once

#include <span>

namespace gradus::kernels {

/// to += factor * x, product and sum each rounded.
template <typename T>
void add_scaled(std::span<const T> x, T factor, std::span<T> to) noexcept;

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

/// What one step of Adam is made of, computed once a step in double. With c = sqrt(1 - beta2^t), the root's correction:
///   epsilon added to the corrected root:  step_size = eta c / (1 - beta1^t), epsilon = c epsilon  (paper, PyTorch)
///   epsilon added to the root as it is:   step_size = eta c / (1 - beta1^t), epsilon as given     (scikit-learn)
template <typename T>
struct AdamStep {
  T beta1, beta2;
  T one_minus_beta1, one_minus_beta2;
  T step_size;
  T epsilon;
  T decay;  ///< 1 - eta * weight_decay for adamw, 1 for adam
};
/// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; theta = decay theta - step_size * m / (sqrt(v) +
/// epsilon), each sum with one fma. One division an element: beside the root, it is what the step takes. (Kingma & Ba
/// 2015; Loshchilov & Hutter 2019.)
template <typename T>
void adam_update(std::span<T> theta, std::span<const T> g, std::span<T> m, std::span<T> v,
                 const AdamStep<T>& step) noexcept;

}  // namespace gradus::kernels
