// a = g(z) and delta *= g'(z), unit by unit.
#pragma once

#include "gradus/matrix_view.h"
#include "gradus/names.h"

namespace gradus::kernels {

/// a = g(z). `z` and `a` have one shape and may be the same view.
template <typename T>
void activate(Activation activation, MatrixView<const T> z, MatrixView<T> a) noexcept;

/// delta *= g'(z), where a = g(z) is at hand. One shape.
template <typename T>
void multiply_slope(Activation activation, MatrixView<const T> z, MatrixView<const T> a, MatrixView<T> delta) noexcept;

/// slope = g'(z): for `trace` and tests.
template <typename T>
T slope(Activation activation, T z, T a) noexcept;

/// True when a central difference across z0 .. z1 means little: g' jumps there (relu, leaky_relu, selu, hard_sigmoid)
/// or g'' does (elu, softsign), which leaves an error of the order of the step.
bool kink_between(Activation activation, double z0, double z1) noexcept;

}  // namespace gradus::kernels
