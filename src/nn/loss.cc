#include "nn/loss.h"

#include <variant>

#include "kernels/activations.h"
#include "kernels/reductions.h"

namespace gradus {
namespace {

/// The losses of numbers, on rows whose z is a = g(z).
template <typename T>
void loss_of_numbers(const Head& head, const kernels::LossRows<T>& rows) noexcept {
  switch (head.loss) {
    case Loss::absolute_error:
      return kernels::absolute_error_rows<T>(rows);
    case Loss::huber:
      return kernels::huber_rows<T>(rows, static_cast<T>(head.huber_delta));
    case Loss::log_cosh:
      return kernels::log_cosh_rows<T>(rows);
    default:
      return kernels::squared_error_rows<T>(rows);
  }
}

/// By the last column of `targets`.
template <typename T>
void weigh(MatrixView<const T> targets, MatrixView<T> delta, std::span<T> losses) noexcept {
  for (int64_t i = 0; i < targets.rows(); ++i) {
    const T weight = targets(i, targets.columns() - 1);
    losses[static_cast<std::size_t>(i)] *= weight;
    for (int64_t k = 0; k < delta.columns(); ++k) delta(i, k) *= weight;  // none where delta is null
  }
}

}  // namespace

template <typename T>
void loss_and_delta(const Head& head, const kernels::LossRows<T>& rows, const MatrixView<T>& outputs) noexcept {
  switch (head.loss) {
    case Loss::squared_error:
    case Loss::absolute_error:
    case Loss::huber:
    case Loss::log_cosh:
      if (head.activation == Activation::identity) return loss_of_numbers<T>(head, rows);
      kernels::activate<T>(head.activation, rows.z, outputs);
      loss_of_numbers<T>(head, {outputs, rows.y, rows.scale, rows.delta, rows.losses});
      if (rows.delta.data() != nullptr) kernels::multiply_slope<T>(head.activation, rows.z, outputs, rows.delta);
      return;
    case Loss::quantile:
      return kernels::quantile_rows<T>(rows, head.quantiles, outputs);
    case Loss::poisson:
      return kernels::poisson_rows<T>(rows);
    case Loss::softmax_cross_entropy:
      return kernels::softmax_cross_entropy_rows<T>(rows, head.label_smoothing);
    case Loss::sigmoid_cross_entropy:
      return kernels::sigmoid_cross_entropy_rows<T>(rows, head.label_smoothing);
    case Loss::focal:
      return kernels::softmax_focal_rows<T>(rows, static_cast<T>(head.focal_gamma));
    case Loss::sigmoid_focal:
      return kernels::sigmoid_focal_rows<T>(rows, static_cast<T>(head.focal_gamma));
    case Loss::hinge:
      return kernels::hinge_rows<T>(rows);
  }
}

template <typename T>
void loss_and_delta(const Head& head, MatrixView<const T> logits, MatrixView<const T> targets, T scale,
                    MatrixView<T> outputs, MatrixView<T> delta, std::span<T> losses) noexcept {
  const int64_t width = target_width(head, logits.columns());
  const MatrixView<const T> y(targets.data(), targets.rows(), width, targets.stride());
  loss_and_delta<T>(head, kernels::LossRows<T>{logits, y, scale, delta, losses}, outputs);
  if (targets.columns() > width) weigh<T>(targets, delta, losses);
}

template <typename T>
void loss_and_delta(const Plan& plan, MatrixView<const T> logits, MatrixView<const T> targets, T scale,
                    MatrixView<T> outputs, MatrixView<T> delta, std::span<T> losses) noexcept {
  const auto* custom = std::get_if<BasicCustomLoss<T>>(&plan.custom_loss);
  if (custom == nullptr) return loss_and_delta<T>(plan.head, logits, targets, scale, outputs, delta, losses);
  const int64_t width = custom->target_width > 0 ? custom->target_width : logits.columns();
  custom->rows(logits, {targets.data(), targets.rows(), width, targets.stride()}, delta, losses);
  for (int64_t i = 0; i < delta.rows(); ++i)
    for (T& value : delta.row(i)) value *= scale;
  if (targets.columns() > width) weigh<T>(targets, delta, losses);
}

template <typename T>
double mean_loss(std::span<const T> losses) noexcept {
  if (losses.size() == 1) return 0.0 + static_cast<double>(losses[0]);  // the same sum
  return kernels::blocked_sum<T>(losses) / static_cast<double>(losses.size());
}

template void loss_and_delta(const Head&, MatrixView<const float>, MatrixView<const float>, float, MatrixView<float>,
                             MatrixView<float>, std::span<float>) noexcept;
template void loss_and_delta(const Head&, MatrixView<const double>, MatrixView<const double>, double,
                             MatrixView<double>, MatrixView<double>, std::span<double>) noexcept;
template void loss_and_delta(const Head&, const kernels::LossRows<float>&, const MatrixView<float>&) noexcept;
template void loss_and_delta(const Head&, const kernels::LossRows<double>&, const MatrixView<double>&) noexcept;
template void loss_and_delta(const Plan&, MatrixView<const float>, MatrixView<const float>, float, MatrixView<float>,
                             MatrixView<float>, std::span<float>) noexcept;
template void loss_and_delta(const Plan&, MatrixView<const double>, MatrixView<const double>, double,
                             MatrixView<double>, MatrixView<double>, std::span<double>) noexcept;
template double mean_loss(std::span<const float>) noexcept;
template double mean_loss(std::span<const double>) noexcept;

}  // namespace gradus
