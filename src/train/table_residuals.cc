#include "train/table_residuals.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/activations.h"
#include "kernels/products.h"
#include "kernels/reductions.h"
#include "kernels/updates.h"
#include "nn/l2.h"
#include "nn/pass.h"
#include "nn/row_jacobian.h"

namespace gradus {
namespace {

constexpr int64_t kSlab = 192;  // rows of J^T J that one product makes

/// `from` in double: itself, or copied to `to`.
template <typename T>
MatrixView<const double> widened(MatrixView<const T> from, AlignedBuffer<double>& to) noexcept {
  if constexpr (std::is_same_v<T, double>) {
    return from;
  } else {
    const MatrixView<double> wide(to.data(), from.rows(), from.columns());
    for (int64_t i = 0; i < from.rows(); ++i)
      for (int64_t j = 0; j < from.columns(); ++j) wide(i, j) = static_cast<double>(from(i, j));
    return wide;
  }
}

int64_t chunk_rows(const Plan& plan) noexcept {
  return std::max<int64_t>(1, TableResiduals<double>::kChunk / plan.outputs);
}

}  // namespace

template <typename T>
TableResiduals<T>::TableResiduals(const NetworkSpec& spec, const ObjectiveRows<T>& data, const TrainerOptions& options)
    : plan_(compile(spec)),
      l2_(options.l2),
      pool_(options.threads),
      sampler_(data.features, data.targets, data.rows, chunk_rows(plan_), false, 0),
      workspace_(plan_, sampler_.batch_size(), true),
      x_(std::is_same_v<T, double> ? 0 : sampler_.batch_size() * data.features.columns()),
      y_(std::is_same_v<T, double> ? 0 : sampler_.batch_size() * data.targets.columns()),
      errors_(sampler_.batch_size() * plan_.outputs),
      ahead_(errors_.size()),
      seed_(errors_.size()),
      jacobian_(sampler_.batch_size() * plan_.trained),
      slab_(std::min(kSlab, plan_.trained) * plan_.trained),
      chunk_gradient_(plan_.parameters),
      moved_(plan_.parameters) {}

template <typename T>
template <typename Body>
void TableResiduals<T>::each_chunk(const Body& body) {
  MatrixView<const T> x, y;
  sampler_.start_epoch(0);
  while (sampler_.next(x, y)) body(widened<T>(x, x_), widened<T>(y, y_));
}

template <typename T>
void TableResiduals<T>::errors(std::span<const double> theta, MatrixView<const double> x, MatrixView<const double> y,
                               MatrixView<double> out) noexcept {
  MatrixView<double> a = forward<double>(plan_, theta, x, nullptr, workspace_, pool_);
  if (plan_.head.activation != Activation::identity) {
    kernels::activate<double>(plan_.head.activation, a, workspace_.outputs(x.rows()));
    a = workspace_.outputs(x.rows());
  }
  for (int64_t i = 0; i < a.rows(); ++i)
    for (int64_t k = 0; k < a.columns(); ++k) out(i, k) = a(i, k) - y(i, k);
}

template <typename T>
double TableResiduals<T>::root_weight(MatrixView<const double> y, int64_t row) const noexcept {
  const auto rows = static_cast<double>(sampler_.rows());
  return y.columns() > plan_.outputs ? std::sqrt(y(row, plan_.outputs) / rows) : std::sqrt(1.0 / rows);
}

template <typename T>
void TableResiduals<T>::through_head(MatrixView<double> seed) noexcept {
  if (plan_.head.activation == Activation::identity) return;
  const MatrixView<const double> z = workspace_.value(std::ssize(plan_.ops) - 1, seed.rows());
  kernels::multiply_slope<double>(plan_.head.activation, z, workspace_.outputs(seed.rows()), seed);
}

template <typename T>
double TableResiduals<T>::value(std::span<const double> theta) {
  kernels::BlockedSum sum;
  each_chunk([&](MatrixView<const double> x, MatrixView<const double> y) {
    const MatrixView<double> e(errors_.data(), x.rows(), plan_.outputs);
    errors(theta, x, y, e);
    for (int64_t i = 0; i < e.rows(); ++i) {
      const double weight = y.columns() > plan_.outputs ? y(i, plan_.outputs) : 1.0;
      for (const double error : e.row(i)) sum.add(weight * error * error);
    }
  });
  return sum.total() / (2.0 * static_cast<double>(sampler_.rows())) +
         l2_penalty<double>(plan_, theta, l2_, sampler_.rows());
}

template <typename T>
MatrixView<const double> TableResiduals<T>::jacobian(std::span<const double> theta, MatrixView<const double> x,
                                                     MatrixView<const double> y, int64_t output) noexcept {
  const MatrixView<double> seed(seed_.data(), x.rows(), plan_.outputs);
  const MatrixView<double> out(jacobian_.data(), x.rows(), plan_.trained);
  for (int64_t i = 0; i < seed.rows(); ++i)
    for (int64_t k = 0; k < seed.columns(); ++k) seed(i, k) = k == output ? root_weight(y, i) : 0.0;
  through_head(seed);
  row_jacobian(plan_, theta, x, seed, workspace_, pool_, out);
  return out;
}

/// normal += J^T J, the lower triangle, some rows of it at a time.
template <typename T>
void TableResiduals<T>::add_squares(MatrixView<const double> jacobian, MatrixView<double> normal) noexcept {
  for (int64_t first = 0; first < normal.rows(); first += kSlab) {
    const int64_t count = std::min(kSlab, normal.rows() - first), end = first + count;
    const MatrixView<double> slab(slab_.data(), count, end);
    kernels::product_tn<double>(jacobian.columns(first, count), jacobian.columns(0, end), slab, pool_);
    for (int64_t i = 0; i < count; ++i)
      kernels::add_scaled<double>(slab.row(i), 1.0, normal.rows(first, count).columns(0, end).row(i));
  }
}

template <typename T>
double TableResiduals<T>::linearise(std::span<const double> theta, MatrixView<double> normal,
                                    std::span<double> gradient) {
  const double found = value(theta);
  for (int64_t i = 0; i < normal.rows(); ++i) std::fill_n(normal.row(i).data(), i + 1, 0.0);
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const MatrixView<double> pull(chunk_gradient_.data(), 1, plan_.trained);
  each_chunk([&](MatrixView<const double> x, MatrixView<const double> y) {
    const MatrixView<double> e(errors_.data(), x.rows(), plan_.outputs);
    errors(theta, x, y, e);
    for (int64_t i = 0; i < e.rows(); ++i)
      for (double& error : e.row(i)) error *= root_weight(y, i);
    for (int64_t output = 0; output < plan_.outputs; ++output) {
      const MatrixView<const double> j = jacobian(theta, x, y, output);
      add_squares(j, normal);
      kernels::product_tn<double>(MatrixView<const double>(e).columns(output, 1), j, pull, pool_);
      kernels::add_scaled<double>(pull.row(0), 1.0, gradient);
    }
  });
  add_l2_gradient<double>(plan_, theta, l2_, sampler_.rows(), gradient);
  const double lambda_over_m = l2_ / static_cast<double>(sampler_.rows());
  for (const AffineLayout& layout : plan_.affines)
    for (int64_t j = layout.weight_offset; j < layout.bias_offset; ++j) normal(j, j) += lambda_over_m;
  return found;
}

template <typename T>
void TableResiduals<T>::curvature(std::span<const double> theta, std::span<const double> velocity, double step,
                                  std::span<double> bend) {
  std::fill(bend.begin(), bend.end(), 0.0);
  const auto move = [&](double by) {
    const std::span<double> moved = moved_.span();
    for (std::size_t j = 0; j < theta.size(); ++j) moved[j] = theta[j] + by * velocity[j];
    return std::span<const double>(moved);
  };
  each_chunk([&](MatrixView<const double> x, MatrixView<const double> y) {
    const MatrixView<double> e(errors_.data(), x.rows(), plan_.outputs), second(ahead_.data(), x.rows(), e.columns());
    errors(move(step), x, y, second);
    errors(move(-step), x, y, e);
    kernels::add_scaled<double>(errors_.span(), 1.0, ahead_.span());
    errors(theta, x, y, e);
    const MatrixView<double> last = workspace_.delta(std::ssize(plan_.affines) - 1, x.rows());
    for (int64_t i = 0; i < e.rows(); ++i) {
      const double root = root_weight(y, i);
      for (int64_t k = 0; k < e.columns(); ++k)
        last(i, k) = root * root * (second(i, k) - 2.0 * e(i, k)) / (step * step);
    }
    through_head(last);
    backward_from_logits<double>(plan_, theta, x.rows(), false, workspace_, pool_);
    backward_parameters<double>(plan_, theta, x, workspace_, chunk_gradient_.span(), pool_);
    kernels::add_scaled<double>(chunk_gradient_.span(), 1.0, bend);
  });
}

template class TableResiduals<float>;
template class TableResiduals<double>;

}  // namespace gradus
