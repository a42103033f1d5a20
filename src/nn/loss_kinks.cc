#include "nn/loss_kinks.h"

#include <cmath>

#include "nn/head.h"

namespace gradus {

template <typename T>
std::vector<T> loss_kinks(const Head& head, MatrixView<const T> logits, MatrixView<const T> targets) {
  const bool hinge = head.loss == Loss::hinge;
  const bool quantile = head.loss == Loss::quantile;
  if (!hinge && !quantile && head.loss != Loss::absolute_error && head.loss != Loss::huber) return {};
  const int64_t width = logits.columns();
  std::vector<T> values(static_cast<std::size_t>(logits.rows() * width));
  const MatrixView<T> kinks(values.data(), logits.rows(), width);
  if (!hinge) head_outputs<T>(head, logits, kinks);
  for (int64_t i = 0; i < kinks.rows(); ++i) {
    for (int64_t k = 0; k < width; ++k) {
      const T y = targets(i, k / outputs_per_target(head));
      if (hinge) {
        kinks(i, k) = T(1) - (y > T(0.5) ? logits(i, k) : -logits(i, k));
      } else {
        kinks(i, k) -= y;
        if (head.loss == Loss::huber) kinks(i, k) = std::abs(kinks(i, k)) - static_cast<T>(head.huber_delta);
      }
    }
  }
  return values;
}

template std::vector<float> loss_kinks(const Head&, MatrixView<const float>, MatrixView<const float>);
template std::vector<double> loss_kinks(const Head&, MatrixView<const double>, MatrixView<const double>);

}  // namespace gradus
