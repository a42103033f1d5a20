#include "nn/workspace.h"

#include <algorithm>

namespace gradus {
namespace {

/// Whether op `index` is a relu right after an affine op whose z nobody else reads.
bool may_overwrite(const Plan& plan, std::size_t index) noexcept {
  const auto* activate = std::get_if<Activate>(&plan.ops[index].op);
  if (activate == nullptr || activate->activation != Activation::relu || index == 0) return false;
  const PlannedOp& before = plan.ops[index - 1];  // a blend reads z too, and stands among its skips
  return before.affine >= 0 && before.skips.empty();
}

}  // namespace

template <typename T>
Workspace<T>::Workspace(const Plan& plan, int64_t max_rows, bool training, Logits logits)
    : max_rows_(max_rows), outputs_(max_rows * plan.outputs) {
  for (std::size_t index = 0; index < plan.ops.size(); ++index) {
    const PlannedOp& planned = plan.ops[index];
    const bool dropout = std::holds_alternative<Dropout>(planned.op);
    const bool shared = logits == Logits::overwritten && may_overwrite(plan, index);
    widths_.push_back(planned.outputs);
    homes_.push_back(shared ? index - 1 : index);
    values_.emplace_back(shared ? 0 : max_rows * planned.outputs);
    masks_.emplace_back(training && dropout ? max_rows * planned.outputs : 0);
    const bool skips = std::holds_alternative<Residual>(planned.op) || std::holds_alternative<Blend>(planned.op);
    skips_.emplace_back(training && skips ? max_rows * planned.outputs : 0);
    const bool front = static_cast<int64_t>(index) <= last_learned_input(plan);
    fronts_.emplace_back(training && front ? max_rows * planned.outputs : 0);
    factor_gradients_.emplace_back(training && planned.factors >= 0 ? planned.outputs : 0);
  }
  if (plan.members > 1) members_mean_ = AlignedBuffer<T>(max_rows * plan.outputs);
  for (const NormLayout& norm : plan.norms) norms_.emplace_back(norm, max_rows, training);
  if (!training) return;
  for (const AffineLayout& layout : plan.affines) {
    delta_widths_.push_back(layout.outputs);
    deltas_.emplace_back(max_rows * layout.outputs);
  }
  losses_ = AlignedBuffer<T>(max_rows);
}

template <typename T>
MatrixView<T> Workspace<T>::value(int64_t index, int64_t rows) noexcept {
  const auto i = static_cast<std::size_t>(index);
  return {values_[homes_[i]].data(), rows, widths_[i]};
}

template <typename T>
MatrixView<T> Workspace<T>::outputs(int64_t rows) noexcept {
  return {outputs_.data(), rows, widths_.back()};
}

template <typename T>
MatrixView<T> Workspace<T>::mask(int64_t index, int64_t rows) noexcept {
  const auto i = static_cast<std::size_t>(index);
  return {masks_[i].data(), rows, widths_[i]};
}

template <typename T>
MatrixView<T> Workspace<T>::delta(int64_t affine, int64_t rows) noexcept {
  const auto l = static_cast<std::size_t>(affine);
  return {deltas_[l].data(), rows, delta_widths_[l]};
}

template <typename T>
MatrixView<T> Workspace<T>::skip(int64_t index, int64_t rows) noexcept {
  const auto i = static_cast<std::size_t>(index);
  return {skips_[i].data(), rows, widths_[i]};
}

template <typename T>
MatrixView<T> Workspace<T>::front(int64_t index, int64_t rows) noexcept {
  const auto i = static_cast<std::size_t>(index);
  return {fronts_[i].data(), rows, widths_[i]};
}

template <typename T>
std::span<T> Workspace<T>::losses(int64_t rows) noexcept {
  return losses_.span().first(static_cast<std::size_t>(rows));
}

template class Workspace<float>;
template class Workspace<double>;

}  // namespace gradus
