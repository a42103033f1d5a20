// Transcendental functions with explicit fma: the same bits on every target, <= 2 ulp in float32 over the whole range.
// Anything whose value reaches a model bit or a decision comes from here, never from libm.
#pragma once

#include <span>

namespace gradus::kernels {

// Scalars give the bits of the vectors. T is float or double.
template <typename T>
T exp(T x) noexcept;
template <typename T>
T log(T x) noexcept;
template <typename T>
T expm1(T x) noexcept;
template <typename T>
T log1p(T x) noexcept;
template <typename T>
T tanh(T x) noexcept;
template <typename T>
T sigmoid(T x) noexcept;
template <typename T>
T erf(T x) noexcept;
/// log(1 + exp(x)), finite for every finite x.
template <typename T>
T softplus(T x) noexcept;
/// sin and cos of 2 pi x, in T.
template <typename T>
T sin_turns(T x) noexcept;
template <typename T>
T cos_turns(T x) noexcept;
/// sin and cos of 2 pi x, double: for normal draws and cosine schedules.
double sin_2pi(double x) noexcept;
double cos_2pi(double x) noexcept;
/// log of base 10 is never needed; pow is repeated products.

template <typename T>
void exp(std::span<const T> x, std::span<T> out) noexcept;
template <typename T>
void log(std::span<const T> x, std::span<T> out) noexcept;

}  // namespace gradus::kernels
