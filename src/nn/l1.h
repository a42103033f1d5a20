// The lasso's regulariser: lambda/m times the sum of all absolute weights, biases excluded.
#pragma once

#include <cstdint>
#include <span>

#include "nn/plan.h"

namespace gradus {

/// `rows` is m, as in l2.h.
template <typename T>
double l1_penalty(const Plan& plan, std::span<const T> parameters, double lambda, int64_t rows) noexcept;

/// gradients += (lambda/m) sign(Theta), for weights only; sign(0) = 0.
template <typename T>
void add_l1_gradient(const Plan& plan, std::span<const T> parameters, double lambda, int64_t rows,
                     std::span<T> gradients) noexcept;

}  // namespace gradus
