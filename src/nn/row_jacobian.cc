#include "nn/row_jacobian.h"

#include <algorithm>

#include "nn/pass.h"

namespace gradus {
namespace {

/// dz/dTheta x delta of one affine op, row by row: a_j delta_u for the weights, delta_u for the biases.
void affine_rows(const AffineLayout& layout, MatrixView<const double> a, MatrixView<const double> delta,
                 MatrixView<double> jacobian) noexcept {
  for (int64_t i = 0; i < delta.rows(); ++i) {
    const double* const from = delta.row(i).data();
    double* to = jacobian.row(i).data() + layout.weight_offset;
    for (const double value : a.row(i)) {
      for (int64_t u = 0; u < layout.outputs; ++u) to[u] = value * from[u];
      to += layout.outputs;
    }
    std::copy_n(from, layout.outputs, jacobian.row(i).data() + layout.bias_offset);
  }
}

/// The same of a layer norm: x'_u delta_u for the scales, delta_u for the shifts.
void norm_rows(const NormLayout& layout, const NormBuffers<double>& buffers, MatrixView<const double> delta,
               MatrixView<double> jacobian) noexcept {
  for (int64_t i = 0; i < delta.rows(); ++i) {
    const double* const from = delta.row(i).data();
    const double* const normalised = buffers.normalised.data() + i * layout.width;
    double* const row = jacobian.row(i).data();
    for (int64_t u = 0; u < layout.width; ++u) row[layout.scale_offset + u] = normalised[u] * from[u];
    std::copy_n(from, layout.width, row + layout.shift_offset);
  }
}

}  // namespace

void row_jacobian(const Plan& plan, std::span<const double> parameters, MatrixView<const double> x,
                  MatrixView<const double> seed, Workspace<double>& workspace, ThreadPool& pool,
                  MatrixView<double> jacobian) noexcept {
  const MatrixView<double> last = workspace.delta(std::ssize(plan.affines) - 1, x.rows());
  for (int64_t i = 0; i < x.rows(); ++i) std::copy_n(seed.row(i).data(), seed.columns(), last.row(i).data());
  const DeltaObserver<double> take = [&](int64_t index, MatrixView<const double> delta) {
    const PlannedOp& op = plan.ops[static_cast<std::size_t>(index)];
    if (op.affine >= 0)
      affine_rows(plan.affines[static_cast<std::size_t>(op.affine)],
                  affine_input<double>(plan, op.affine, x, workspace), delta, jacobian);
    if (op.norm >= 0)
      norm_rows(plan.norms[static_cast<std::size_t>(op.norm)], workspace.norm(op.norm), delta, jacobian);
  };
  backward_from_logits<double>(plan, parameters, x.rows(), false, workspace, pool, &take);
}

}  // namespace gradus
