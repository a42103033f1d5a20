// Ops on units by themselves that have parameters: embeddings of columns, factors of units.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"
#include "nn/plan.h"

namespace gradus {

/// `x` (rows x inputs) to `out` (rows x outputs), column by column. An index beyond a table takes its last row.
template <typename T>
void embed_forward(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, MatrixView<T> out,
                   ThreadPool& pool) noexcept;

template <typename T>
void embed_forward(std::span<const EmbeddedColumn> columns, std::span<const T> parameters, MatrixView<const T> x,
                   MatrixView<T> out) noexcept;

/// The gradient of all its parameters, from `delta` = dJ/dout, to their places in the flat `gradients`. Each is a chain
/// over the rows in order.
template <typename T>
void embed_gradient(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, MatrixView<const T> delta,
                    std::span<T> gradients, ThreadPool& pool) noexcept;

/// The factors of the scale or blend `planned`.
template <typename T>
std::span<const T> factors_of(const PlannedOp& planned, std::span<const T> parameters) noexcept {
  return parameters.subspan(static_cast<std::size_t>(planned.factors), static_cast<std::size_t>(planned.outputs));
}

/// out = x times the factors. `x`, `out`: (rows x width).
template <typename T>
void scale_forward(std::span<const T> factors, MatrixView<const T> x, MatrixView<T> out) noexcept;

/// `out` = z + share (a - z).
template <typename T>
void blend_forward(std::span<const T> shares, MatrixView<const T> z, MatrixView<const T> a, MatrixView<T> out) noexcept;

/// From dJ/dout in `delta` to a's part of it in `delta`, z's in `to_z`, and the gradient of the shares.
template <typename T>
void blend_backward(std::span<const T> shares, MatrixView<const T> z, MatrixView<const T> a, MatrixView<T> delta,
                    MatrixView<T> to_z, double* gradient) noexcept;

/// Factors of scales and blends as they stand before anything is learned: 1.
template <typename T>
void reset_factors(const Plan& plan, std::span<T> parameters) noexcept;

/// Embeddings as they stand then: frequencies normal with deviation `frequency`,
/// phases from +-pi, mixtures from +-1/4 (Holzmueller et al. 2024), tables from N(0, 1).
inline constexpr double kUsualFrequency = 0.1;
template <typename T>
void reset_embeddings(const Plan& plan, uint64_t seed, std::span<T> parameters, double frequency = kUsualFrequency);

}  // namespace gradus
