#include "train/step.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/float_mode.h"
#include "kernels/reductions.h"
#include "nn/finite.h"
#include "nn/l2.h"
#include "nn/loss.h"
#include "nn/pass.h"

namespace gradus {
namespace {

bool has_dropout(const Plan& plan) {
  return std::any_of(plan.ops.begin(), plan.ops.end(), [](const PlannedOp& planned) {
    const auto* drop = std::get_if<Dropout>(&planned.op);
    return drop != nullptr && drop->rate > 0.0;
  });
}

}  // namespace

template <typename T>
TrainingStep<T>::TrainingStep(BasicNetwork<T>& network, const TrainerOptions& options, int64_t max_batch)
    : network_(network),
      plan_(compile(network.spec())),
      dropout_(has_dropout(plan_)),
      l2_(options.l2),
      pool_(options.threads),
      workspace_(plan_, max_batch, true),
      gradients_(plan_.parameters),
      optimizer_(make_optimizer<T>(options, plan_.parameters)) {}

template <typename T>
StepResult TrainingStep<T>::run(MatrixView<const T> x, MatrixView<const T> y, int64_t training_rows,
                                double learning_rate, const DropoutDraws& draws) noexcept {
  const FloatMode float_mode;
  const std::span<const T> parameters = std::as_const(network_).parameters();
  const T scale = T(1) / static_cast<T>(x.rows());
  forward<T>(plan_, parameters, x, dropout_ ? &draws : nullptr, workspace_, pool_);
  backward<T>(plan_, parameters, x, y, scale, dropout_, workspace_, gradients_.span(), pool_);
  add_l2_gradient<T>(plan_, parameters, l2_, training_rows, gradients_.span());
  const StepResult result = checked(mean_loss<T>(workspace_.losses(x.rows())), x.rows());
  if (result.divergence == Divergence::none)
    step<T>(optimizer_, network_.parameters(), std::as_const(gradients_).span(), learning_rate);
  return result;
}

template <typename T>
StepResult TrainingStep<T>::checked(double loss, int64_t rows) noexcept {
  if (!std::isfinite(loss)) {
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      const MatrixView<T> value = workspace_.value(static_cast<int64_t>(i), rows);
      const std::span<const T> all(value.data(), static_cast<std::size_t>(rows * value.columns()));
      if (plan_.ops[i].affine >= 0 && !kernels::all_finite<T>(all))
        return {loss, Divergence::loss, plan_.ops[i].affine + 1};
    }
    return {loss, Divergence::loss, static_cast<int64_t>(plan_.affines.size())};
  }
  const int64_t bad_layer = first_bad_layer<T>(plan_, std::as_const(gradients_).span());
  return {loss, bad_layer == 0 ? Divergence::none : Divergence::gradient, bad_layer};
}

template <typename T>
double TrainingStep<T>::l2_penalty(int64_t training_rows) const noexcept {
  return gradus::l2_penalty<T>(plan_, std::as_const(network_).parameters(), l2_, training_rows);
}

template class TrainingStep<float>;
template class TrainingStep<double>;

}  // namespace gradus
