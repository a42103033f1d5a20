#include "nn/norm.h"

#include <algorithm>
#include <cmath>

#include "kernels/column_moments.h"
#include "kernels/normalise.h"

namespace gradus {
namespace {

template <typename T>
MatrixView<T> shaped_as(AlignedBuffer<T>& buffer, int64_t rows, int64_t columns) noexcept {
  return buffer.size() == 0 ? MatrixView<T>() : MatrixView<T>(buffer.data(), rows, columns);
}

/// The minibatch's means and variances.
template <typename T>
void take_statistics(MatrixView<const T> x, NormBuffers<T>& buffers) noexcept {
  const auto rows = static_cast<double>(x.rows());
  double* mean = buffers.statistics.data();
  double* variance = mean + x.columns();
  kernels::blocked_column_sums<T>(x, mean);
  for (int64_t j = 0; j < x.columns(); ++j) mean[j] /= rows;
  kernels::blocked_column_squares<T>(x, mean, variance);
  for (int64_t j = 0; j < x.columns(); ++j) variance[j] /= rows;
}

template <typename T>
void batch_forward(const NormLayout& layout, std::span<const T> parameters, MatrixView<const T> x,
                   NormBuffers<T>& buffers, MatrixView<T> out) noexcept {
  const T* running_mean = parameters.data() + layout.mean_offset;
  const T* running_variance = parameters.data() + layout.variance_offset;
  if (buffers.training) take_statistics<T>(x, buffers);
  for (int64_t j = 0; j < layout.width; ++j) {
    const double mean = buffers.training ? buffers.statistics.data()[j] : static_cast<double>(running_mean[j]);
    const double variance =
        buffers.training ? buffers.statistics.data()[layout.width + j] : static_cast<double>(running_variance[j]);
    buffers.columns.data()[j] = static_cast<T>(mean);
    buffers.inverse.data()[j] = static_cast<T>(1.0 / std::sqrt(variance + layout.epsilon));
  }
  const kernels::ColumnNorm<T> norm = {buffers.columns.data(), buffers.inverse.data(),
                                       parameters.data() + layout.scale_offset,
                                       parameters.data() + layout.shift_offset};
  kernels::normalise_columns<T>(x, norm, shaped_as(buffers.normalised, x.rows(), layout.width), out);
}

template <typename T>
void batch_backward(const NormLayout& layout, const T* scale, NormBuffers<T>& buffers, MatrixView<T> delta) noexcept {
  const auto rows = static_cast<double>(delta.rows());
  const double* shift_gradient = buffers.gradient.data();
  const double* scale_gradient = shift_gradient + layout.width;
  T* factor = buffers.columns.data();
  T* mean = factor + layout.width;
  T* slope = mean + layout.width;
  for (int64_t j = 0; j < layout.width; ++j) {
    factor[j] = scale[j] * buffers.inverse.data()[j];
    mean[j] = static_cast<T>(shift_gradient[j] / rows);
    slope[j] = static_cast<T>(scale_gradient[j] / rows);
  }
  kernels::normalise_columns_back<T>(shaped_as(buffers.normalised, delta.rows(), layout.width), factor, mean, slope,
                                     delta);
}

}  // namespace

template <typename T>
NormBuffers<T>::NormBuffers(const NormLayout& layout, int64_t max_rows, bool in_training)
    : training(in_training),
      normalised(training ? max_rows * layout.width : 0),
      inverse(layout.batch ? layout.width
              : training   ? max_rows
                           : 0),
      columns(layout.batch ? 3 * layout.width : 0),
      statistics(layout.batch && training ? 2 * layout.width : 0),
      gradient(training ? 2 * layout.width : 0) {}

template <typename T>
void norm_forward(const NormLayout& layout, std::span<const T> parameters, MatrixView<const T> x,
                  NormBuffers<T>& buffers, MatrixView<T> out) noexcept {
  if (layout.batch) return batch_forward<T>(layout, parameters, x, buffers, out);
  kernels::normalise_rows<T>(x, static_cast<T>(layout.epsilon), parameters.data() + layout.scale_offset,
                             parameters.data() + layout.shift_offset,
                             shaped_as(buffers.normalised, x.rows(), layout.width), buffers.inverse.data(), out);
}

template <typename T>
void norm_backward(const NormLayout& layout, std::span<const T> parameters, NormBuffers<T>& buffers,
                   MatrixView<T> delta) noexcept {
  const MatrixView<const T> normalised = shaped_as(buffers.normalised, delta.rows(), layout.width);
  const T* scale = parameters.data() + layout.scale_offset;
  kernels::blocked_column_sums<T>(delta, buffers.gradient.data());
  kernels::blocked_column_dots<T>(delta, normalised, buffers.gradient.data() + layout.width);
  if (layout.batch) return batch_backward<T>(layout, scale, buffers, delta);
  kernels::normalise_rows_back<T>(normalised, buffers.inverse.data(), scale, delta);
}

template <typename T>
void norm_gradient(const NormLayout& layout, const NormBuffers<T>& buffers, std::span<T> gradients) noexcept {
  for (int64_t j = 0; j < layout.width; ++j) {
    gradients.data()[layout.shift_offset + j] = static_cast<T>(buffers.gradient.data()[j]);
    gradients.data()[layout.scale_offset + j] = static_cast<T>(buffers.gradient.data()[layout.width + j]);
  }
}

template <typename T>
void update_running(const NormLayout& layout, const NormBuffers<T>& buffers, int64_t rows, double share,
                    std::span<T> parameters) noexcept {
  if (!layout.batch || rows < 2) return;
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  const auto move = [share](T& running, double now) {
    const auto old = static_cast<double>(running);
    running = static_cast<T>(old + share * (now - old));
  };
  for (int64_t j = 0; j < layout.width; ++j) {
    move(parameters.data()[layout.mean_offset + j], buffers.statistics.data()[j]);
    move(parameters.data()[layout.variance_offset + j], buffers.statistics.data()[layout.width + j] * unbiased);
  }
}

template <typename T>
void reset_norms(const Plan& plan, std::span<T> parameters) noexcept {
  for (const NormLayout& norm : plan.norms) {
    std::fill_n(parameters.data() + norm.scale_offset, norm.width, T(1));
    std::fill_n(parameters.data() + norm.shift_offset, norm.width, T(0));
    if (!norm.batch) continue;
    std::fill_n(parameters.data() + norm.mean_offset, norm.width, T(0));
    std::fill_n(parameters.data() + norm.variance_offset, norm.width, T(1));
  }
}

#define GRADUS_INSTANTIATE(T)                                                                                     \
  template struct NormBuffers<T>;                                                                                 \
  template void norm_forward(const NormLayout&, std::span<const T>, MatrixView<const T>, NormBuffers<T>&,         \
                             MatrixView<T>) noexcept;                                                             \
  template void norm_backward(const NormLayout&, std::span<const T>, NormBuffers<T>&, MatrixView<T>) noexcept;    \
  template void norm_gradient(const NormLayout&, const NormBuffers<T>&, std::span<T>) noexcept;                   \
  template void update_running(const NormLayout&, const NormBuffers<T>&, int64_t, double, std::span<T>) noexcept; \
  template void reset_norms(const Plan&, std::span<T>) noexcept;
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus
