// What a step does to gradients and weights besides its rule. Elementwise, rounded as the naive twins write it.
#pragma once

#include <span>

namespace gradus::kernels {

/// gradient += lambda_over_m * sign(theta), sign(0) = 0: a subgradient of the absolute values.
template <typename T>
void add_l1(std::span<const T> theta, T lambda_over_m, std::span<T> gradient) noexcept;

/// Each value to the nearest within [-limit, limit], limit >= 0; NaN stays.
template <typename T>
void clip(std::span<T> values, T limit) noexcept;

/// values *= factor
template <typename T>
void scale(std::span<T> values, T factor) noexcept;

/// values *= factors, element by element.
template <typename T>
void scale_by(std::span<T> values, std::span<const T> factors) noexcept;

/// One row of a weight whose element i must have the sign of sign * units[i] or be 0: what hasn't becomes 0, and
/// everything where that product is 0.
template <typename T>
void keep_signs(std::span<T> row, T sign, std::span<const T> units) noexcept;

/// average += share * (theta - average), product and sum with one rounding: a mean whose last value counts `share`.
template <typename T>
void move_average(std::span<const T> theta, T share, std::span<T> average) noexcept;

}  // namespace gradus::kernels
