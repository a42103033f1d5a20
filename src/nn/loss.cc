#include "nn/loss.h"

#include "kernels/activations.h"
#include "kernels/reductions.h"

namespace gradus {
namespace {

/// A column of class indices as one contiguous span; targets of one column are always packed.
template <typename T>
std::span<const T> labels_of(MatrixView<const T> targets) noexcept {
  return {targets.data(), static_cast<std::size_t>(targets.rows())};
}

}  // namespace

template <typename T>
void head_outputs(const Head& head, MatrixView<const T> logits, MatrixView<T> out) noexcept {
  switch (head.loss) {
    case Loss::softmax_cross_entropy:
      return kernels::softmax_rows<T>(logits, out);
    case Loss::sigmoid_cross_entropy:
      return kernels::activate<T>(Activation::sigmoid, logits, out);
    case Loss::squared_error:
      return kernels::activate<T>(head.activation, logits, out);
  }
}

template <typename T>
void loss_and_delta(const Head& head, MatrixView<const T> logits, MatrixView<const T> targets, T scale,
                    MatrixView<T> outputs, MatrixView<T> delta, std::span<T> losses) noexcept {
  switch (head.loss) {
    case Loss::softmax_cross_entropy:
      return kernels::softmax_cross_entropy_rows<T>(logits, labels_of(targets), scale, delta, losses);
    case Loss::sigmoid_cross_entropy:
      return kernels::sigmoid_cross_entropy_rows<T>(logits, targets, scale, delta, losses);
    case Loss::squared_error:
      kernels::activate<T>(head.activation, logits, outputs);
      kernels::squared_error_rows<T>(outputs, targets, scale, delta, losses);
      if (delta.data() != nullptr) kernels::multiply_slope<T>(head.activation, logits, outputs, delta);
  }
}

int64_t target_width(const Head& head, int64_t outputs) noexcept {
  return head.loss == Loss::softmax_cross_entropy ? 1 : outputs;
}

template <typename T>
double mean_loss(std::span<const T> losses) noexcept {
  return kernels::blocked_sum<T>(losses) / static_cast<double>(losses.size());
}

template void head_outputs(const Head&, MatrixView<const float>, MatrixView<float>) noexcept;
template void head_outputs(const Head&, MatrixView<const double>, MatrixView<double>) noexcept;
template void loss_and_delta(const Head&, MatrixView<const float>, MatrixView<const float>, float, MatrixView<float>,
                             MatrixView<float>, std::span<float>) noexcept;
template void loss_and_delta(const Head&, MatrixView<const double>, MatrixView<const double>, double,
                             MatrixView<double>, MatrixView<double>, std::span<double>) noexcept;
template double mean_loss(std::span<const float>) noexcept;
template double mean_loss(std::span<const double>) noexcept;

}  // namespace gradus
