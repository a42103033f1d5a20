// The regulariser of the founding network: lambda/(2m) times the sum of all squared weights, biases excluded.
#pragma once

#include <cstdint>
#include <span>

#include "nn/plan.h"

namespace gradus {

/// `rows` is m, the number of training rows, so the objective does not change with the batch size.
template <typename T>
double l2_penalty(const Plan& plan, std::span<const T> parameters, double lambda, int64_t rows) noexcept;

/// gradients += (lambda/m) Theta, for weights only.
template <typename T>
void add_l2_gradient(const Plan& plan, std::span<const T> parameters, double lambda, int64_t rows,
                     std::span<T> gradients) noexcept;

}  // namespace gradus
