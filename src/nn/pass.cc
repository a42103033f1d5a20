#include "nn/pass.h"

#include <algorithm>

#include "kernels/activations.h"
#include "nn/loss.h"

namespace gradus {
namespace {

/// Copies where dropout is off: a later op may work on the result in place.
template <typename T>
void pass_on(MatrixView<const T> x, MatrixView<T> out) noexcept {
  for (int64_t row = 0; row < x.rows(); ++row) std::copy_n(x.row(row).data(), x.columns(), out.row(row).data());
}

}  // namespace

template <typename T>
MatrixView<T> forward(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x,
                      const DropoutDraws* dropout, Workspace<T>& workspace, ThreadPool& pool) noexcept {
  MatrixView<const T> in = x;
  MatrixView<T> out;
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const PlannedOp& planned = plan.ops[i];
    const auto index = static_cast<int64_t>(i);
    out = workspace.value(index, x.rows());
    if (planned.affine >= 0) {
      affine_forward<T>(in, affine_view(plan.affines[static_cast<std::size_t>(planned.affine)], parameters), out, pool);
    } else if (const auto* activate = std::get_if<Activate>(&planned.op)) {
      kernels::activate<T>(activate->activation, in, out);
    } else if (const auto* drop = std::get_if<Dropout>(&planned.op); dropout != nullptr) {
      dropout_forward<T>(drop->rate, *dropout, index, in, workspace.mask(index, x.rows()), out);
    } else {
      pass_on<T>(in, out);
    }
    in = out;
  }
  return out;
}

template <typename T>
void backward(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, MatrixView<const T> targets,
              T scale, bool dropout, Workspace<T>& workspace, std::span<T> gradients, ThreadPool& pool,
              const DeltaObserver<T>* observer) noexcept {
  const int64_t rows = x.rows();
  const auto last = static_cast<int64_t>(plan.ops.size()) - 1;
  int64_t side = 0;
  MatrixView<T> delta = workspace.delta(side, rows, plan.outputs);
  loss_and_delta<T>(plan.head, workspace.value(last, rows), targets, scale, workspace.outputs(rows), delta,
                    workspace.losses(rows));
  for (int64_t index = last; index >= 0; --index) {
    const PlannedOp& planned = plan.ops[static_cast<std::size_t>(index)];
    const MatrixView<const T> in = index == 0 ? x : MatrixView<const T>(workspace.value(index - 1, rows));
    if (observer != nullptr) (*observer)(index, delta);
    if (planned.affine >= 0) {
      const AffineLayout& layout = plan.affines[static_cast<std::size_t>(planned.affine)];
      affine_backward_parameters<T>(in, delta, affine_view(layout, gradients), pool);
      if (planned.affine == 0) return;  // nothing below the first affine learns
      side = 1 - side;
      const MatrixView<T> error = workspace.delta(side, rows, planned.inputs);
      affine_backward_input<T>(delta, affine_view(layout, parameters).weight, error, pool);
      delta = error;
    } else if (const auto* activate = std::get_if<Activate>(&planned.op)) {
      kernels::multiply_slope<T>(activate->activation, in, workspace.value(index, rows), delta);
    } else if (dropout) {
      dropout_backward<T>(workspace.mask(index, rows), delta);
    }
  }
}

template MatrixView<float> forward(const Plan&, std::span<const float>, MatrixView<const float>, const DropoutDraws*,
                                   Workspace<float>&, ThreadPool&) noexcept;
template MatrixView<double> forward(const Plan&, std::span<const double>, MatrixView<const double>, const DropoutDraws*,
                                    Workspace<double>&, ThreadPool&) noexcept;
template void backward(const Plan&, std::span<const float>, MatrixView<const float>, MatrixView<const float>, float,
                       bool, Workspace<float>&, std::span<float>, ThreadPool&, const DeltaObserver<float>*) noexcept;
template void backward(const Plan&, std::span<const double>, MatrixView<const double>, MatrixView<const double>, double,
                       bool, Workspace<double>&, std::span<double>, ThreadPool&, const DeltaObserver<double>*) noexcept;

}  // namespace gradus
