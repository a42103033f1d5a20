// Where a value stopped being a number.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "nn/plan.h"
#include "nn/workspace.h"

namespace gradus {

/// The first affine op, counted from 1, with a parameter (or gradient), its own or of the norm behind it, in `flat`
/// that is not finite; 0 when there is none.
template <typename T>
int64_t first_bad_layer(const Plan& plan, std::span<const T> flat) noexcept;

/// After backward_deltas on `x`: true when every gradient, `lambda_over_m` x weight added, is sure to be finite,
/// because rows x max |a| x max |delta| is far below the largest T for every affine op. False says nothing.
template <typename T>
bool gradients_surely_finite(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, T lambda_over_m,
                             Workspace<T>& workspace) noexcept;

}  // namespace gradus
