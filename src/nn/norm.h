// Batch normalisation (Ioffe & Szegedy 2015) and layer normalisation (Ba et al. 2016) as ops.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "base/buffer.h"
#include "nn/plan.h"

namespace gradus {

/// What one norm op keeps between forward and backward. Batch statistics where `training`, running ones else.
template <typename T>
struct NormBuffers {
  NormBuffers(const NormLayout& layout, int64_t max_rows, bool training);

  bool training;
  AlignedBuffer<T> normalised;       // (rows x width)
  AlignedBuffer<T> inverse;          // 1 / deviation: of each column, or of each row
  AlignedBuffer<T> columns;          // three runs of `width` values: what a kernel wants at each column
  AlignedBuffer<double> statistics;  // the minibatch's means, then its variances
  AlignedBuffer<double> gradient;    // of the shifts, then of the scales
};

/// out = scale (x - mean) / sqrt(variance + epsilon) + shift. `x`, `out`: (rows x width), not overlapping.
template <typename T>
void norm_forward(const NormLayout& layout, std::span<const T> parameters, MatrixView<const T> x,
                  NormBuffers<T>& buffers, MatrixView<T> out) noexcept;

/// After norm_forward in training: `delta` from dJ/dout to dJ/dx; the parameters' gradient stays in `buffers`.
template <typename T>
void norm_backward(const NormLayout& layout, std::span<const T> parameters, NormBuffers<T>& buffers,
                   MatrixView<T> delta) noexcept;

/// After norm_backward: the gradient of scale and shift to its place in the flat `gradients`.
template <typename T>
void norm_gradient(const NormLayout& layout, const NormBuffers<T>& buffers, std::span<T> gradients) noexcept;

/// running += share (the minibatch's - running) for mean and variance, the latter times rows / (rows - 1), as PyTorch
/// does; nothing for one row or a layer norm.
template <typename T>
void update_running(const NormLayout& layout, const NormBuffers<T>& buffers, int64_t rows, double share,
                    std::span<T> parameters) noexcept;

/// As norms stand before anything is learned: y = 1 (x - 0) / 1 + 0.
template <typename T>
void reset_norms(const Plan& plan, std::span<T> parameters) noexcept;

}  // namespace gradus
