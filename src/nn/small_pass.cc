#include "nn/small_pass.h"

#include <algorithm>

#include "nn/loss.h"

namespace gradus {
namespace {

// Beyond, what a pass computes takes far longer than its calls, and a slab of a gradient is better applied in cache.
constexpr int64_t kMostParameters = int64_t{1} << 15;
constexpr int64_t kMostWork = int64_t{1} << 15;  // rows x parameters

/// Affine ops and single activations behind them.
bool is_plain(const Plan& plan) noexcept {
  bool after_affine = false;
  for (const PlannedOp& planned : plan.ops) {
    const bool affine = planned.affine >= 0;
    if (!affine && !(after_affine && std::holds_alternative<Activate>(planned.op))) return false;
    after_affine = affine;
  }
  return true;
}

}  // namespace

template <typename T>
bool SmallPass<T>::suits(const Plan& plan) noexcept {
  return plan.parameters <= kMostParameters && is_plain(plan);
}

template <typename T>
SmallPass<T>::SmallPass(const Plan& plan, Workspace<T>& workspace, ThreadPool& pool)
    : plan_(plan),
      workspace_(workspace),
      pool_(pool),
      most_rows_(std::min(kernels::kMostSmallRows, kMostWork / plan.parameters)),
      target_width_(target_width(plan.head, plan.outputs)),
      loss_rows_(),
      outputs_() {
  for (const PlannedOp& planned : plan.ops) {
    const int64_t index = &planned - plan.ops.data();
    T* value = workspace.value(index, 0).data();
    if (planned.affine >= 0) {
      const AffineLayout& layout = plan.affines[static_cast<std::size_t>(planned.affine)];
      layers_.push_back({layout.inputs, layout.outputs, layout.weight_offset, Activation::identity, value, value,
                         workspace.delta(planned.affine, 0).data()});
    } else {
      layers_.back().activation = std::get<Activate>(planned.op).activation;
      layers_.back().a = value;
    }
  }
}

template <typename T>
void SmallPass<T>::prepare_loss(int64_t rows) noexcept {
  const int64_t last = std::ssize(layers_) - 1;
  loss_rows_ = {{layers_.back().z, rows, plan_.outputs},
                {},
                T(1) / static_cast<T>(rows),
                workspace_.delta(last, rows),
                workspace_.losses(rows)};
  outputs_ = workspace_.outputs(rows);
}

template <typename T>
void SmallPass<T>::forward(std::span<const T> parameters, const MatrixView<const T>& x,
                           const MatrixView<const T>& targets) noexcept {
  kernels::small_forward<T>(layers_, parameters.data(), x.data(), x.stride(), x.rows(), pool_.scratch(0));
  if (loss_rows_.z.rows() != x.rows()) prepare_loss(x.rows());
  if (targets.columns() > target_width_) {
    loss_and_delta<T>(plan_.head, loss_rows_.z, targets, loss_rows_.scale, outputs_, loss_rows_.delta,
                      loss_rows_.losses);
  } else {
    loss_rows_.y = targets;
    loss_and_delta<T>(plan_.head, loss_rows_, outputs_);
  }
}

template <typename T>
bool SmallPass<T>::backward(std::span<const T> parameters, const MatrixView<const T>& x, T lambda_over_m,
                            std::span<T> gradients) noexcept {
  return kernels::small_backward<T>(layers_, parameters.data(), x.data(), x.stride(), x.rows(), lambda_over_m,
                                    pool_.scratch(0), gradients.data());
}

template <typename T>
bool SmallPass<T>::descend(std::span<T> parameters, std::span<const T> x, T lambda_over_m, T learning_rate) noexcept {
  return kernels::small_descend<T>(layers_, parameters.data(), x.data(), lambda_over_m, learning_rate,
                                   pool_.scratch(0));
}

template class SmallPass<float>;
template class SmallPass<double>;

}  // namespace gradus
