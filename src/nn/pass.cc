#include "nn/pass.h"

#include <algorithm>

#include "kernels/activations.h"
#include "kernels/column_moments.h"
#include "kernels/updates.h"
#include "nn/embed.h"
#include "nn/loss.h"
#include "nn/members.h"
#include "nn/norm.h"

namespace gradus {
namespace {

/// Copies where dropout is off: a later op may work on the result in place.
template <typename T>
void pass_on(MatrixView<const T> x, MatrixView<T> out) noexcept {
  for (int64_t row = 0; row < x.rows(); ++row) std::copy_n(x.row(row).data(), x.columns(), out.row(row).data());
}

/// to += x
template <typename T>
void add(MatrixView<const T> x, MatrixView<T> to) noexcept {
  for (int64_t row = 0; row < x.rows(); ++row) kernels::add_scaled<T>(x.row(row), T(1), to.row(row));
}

/// The activation that follows op `index`, or null.
const Activate* activation_after(const Plan& plan, std::size_t index) noexcept {
  return index + 1 < plan.ops.size() ? std::get_if<Activate>(&plan.ops[index + 1].op) : nullptr;
}

/// a = g(z) on each part of z as the product finishes it.
template <typename T>
struct ActivateParts {
  Activation activation;
  MatrixView<const T> z;
  MatrixView<T> a;

  static void run(const void* context, int64_t i, int64_t rows, int64_t j, int64_t columns) {
    const auto& self = *static_cast<const ActivateParts*>(context);
    kernels::activate<T>(self.activation, self.z.rows(i, rows).columns(j, columns),
                         self.a.rows(i, rows).columns(j, columns));
  }
};

/// From the error sent back to op `above` to delta of the affine op before it: the slopes and masks of the ops between.
template <typename T>
struct BackThroughOps {
  const Plan& plan;
  Workspace<T>& workspace;
  MatrixView<T> delta;
  int64_t above;
  bool dropout;

  /// Op `index` on a part of delta.
  void through(int64_t index, int64_t i, int64_t rows, int64_t j, int64_t columns) const noexcept {
    const Op& op = plan.ops[static_cast<std::size_t>(index)].op;
    const auto part = [&](MatrixView<T> whole) { return whole.rows(i, rows).columns(j, columns); };
    if (const auto* activate = std::get_if<Activate>(&op)) {
      kernels::multiply_slope<T>(activate->activation, part(workspace.value(index - 1, delta.rows())),
                                 part(workspace.value(index, delta.rows())), part(delta));
    } else if (dropout && std::holds_alternative<Dropout>(op)) {
      dropout_backward<T>(part(workspace.mask(index, delta.rows())), part(delta));
    }
  }

  static void run(const void* context, int64_t i, int64_t rows, int64_t j, int64_t columns) {
    const auto& self = *static_cast<const BackThroughOps*>(context);
    for (int64_t index = self.above - 1; self.plan.ops[static_cast<std::size_t>(index)].affine < 0; --index)
      self.through(index, i, rows, j, columns);
  }
};

/// The same in one piece and in order, as ops over whole rows or columns and sums with residuals need it; each op's
/// error is shown to `observer`.
template <typename T>
void in_order(const BackThroughOps<T>& back, std::span<const T> parameters, const DeltaObserver<T>* observer) noexcept {
  const int64_t rows = back.delta.rows();
  for (int64_t index = back.above - 1;; --index) {
    const PlannedOp& planned = back.plan.ops[static_cast<std::size_t>(index)];
    for (const int64_t residual : planned.skips) add<T>(back.workspace.skip(residual, rows), back.delta);
    if (observer != nullptr) (*observer)(index, back.delta);
    if (planned.affine >= 0) return;
    if (planned.norm >= 0) {
      norm_backward<T>(back.plan.norms[static_cast<std::size_t>(planned.norm)], parameters,
                       back.workspace.norm(planned.norm), back.delta);
    } else if (std::holds_alternative<Residual>(planned.op)) {
      pass_on<T>(back.delta, back.workspace.skip(index, rows));
    } else if (std::holds_alternative<Blend>(planned.op)) {
      blend_backward<T>(factors_of(planned, parameters), back.workspace.value(index - 2, rows),
                        back.workspace.value(index - 1, rows), back.delta, back.workspace.skip(index, rows),
                        back.workspace.factor_gradient(index));
    } else {
      back.through(index, 0, rows, 0, back.delta.columns());
    }
  }
}

/// Op `index`, a dropout or one with parameters before the first affine: `error` from dJ/dout to dJ/din.
template <typename T>
void back_through_input_op(const Plan& plan, std::span<const T> parameters, int64_t index, bool dropout,
                           Workspace<T>& workspace, MatrixView<T> error) noexcept {
  const PlannedOp& planned = plan.ops[static_cast<std::size_t>(index)];
  if (dropout && std::holds_alternative<Dropout>(planned.op))
    dropout_backward<T>(workspace.mask(index, error.rows()), error);
  if (planned.factors >= 0) scale_forward<T>(factors_of(planned, parameters), error, error);
}

/// From the first affine's delta to the errors of the ops before it, down to the first that has parameters.
template <typename T>
void back_to_inputs(const Plan& plan, std::span<const T> parameters, int64_t rows, bool dropout,
                    Workspace<T>& workspace, ThreadPool& pool, const DeltaObserver<T>* observer) noexcept {
  const int64_t learned = last_learned_input(plan);
  if (learned < 0) return;
  MatrixView<T> error = workspace.front(learned, rows);
  affine_backward_input<T>(workspace.delta(0, rows), affine_view(plan.affines.front(), parameters).weight, error, pool);
  for (int64_t index = plan.affine_ops.front() - 1; index >= 0; --index) {
    if (index < learned) {
      pass_on<T>(error, workspace.front(index, rows));
      error = workspace.front(index, rows);
    }
    if (index + 1 < plan.affine_ops.front())
      back_through_input_op<T>(plan, parameters, index + 1, dropout, workspace, error);
    if (observer != nullptr) (*observer)(index, error);
  }
}

/// The gradients of the ops before the first affine that have parameters.
template <typename T>
void input_gradients(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, Workspace<T>& workspace,
                     std::span<T> gradients, ThreadPool& pool) noexcept {
  for (int64_t index = 0; index <= last_learned_input(plan); ++index) {
    const PlannedOp& planned = plan.ops[static_cast<std::size_t>(index)];
    const MatrixView<const T> error = workspace.front(index, x.rows());
    const MatrixView<const T> in = index == 0 ? x : MatrixView<const T>(workspace.value(index - 1, x.rows()));
    if (planned.factors >= 0) {
      kernels::blocked_column_dots<T>(error, in, workspace.factor_gradient(index));
    } else if (index == 0 && !plan.embedded.empty()) {
      embed_gradient<T>(plan, parameters, x, error, gradients, pool);
    }
  }
}

/// Whether each part of a delta can go through the ops before op `above` by itself.
bool is_local(const Plan& plan, int64_t above) noexcept {
  for (int64_t index = above - 1;; --index) {
    const PlannedOp& planned = plan.ops[static_cast<std::size_t>(index)];
    if (planned.norm >= 0 || !planned.skips.empty() || std::holds_alternative<Residual>(planned.op)) return false;
    if (planned.affine >= 0) return true;
  }
}

template <typename T>
MatrixView<T> forward_one(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x,
                          const DropoutDraws* dropout, Workspace<T>& workspace, ThreadPool& pool) noexcept {
  MatrixView<const T> in = x;
  MatrixView<T> out;
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const PlannedOp& planned = plan.ops[i];
    const auto index = static_cast<int64_t>(i);
    out = workspace.value(index, x.rows());
    if (planned.affine >= 0) {
      const AffineView<const T> layer = affine_view(plan.affines[static_cast<std::size_t>(planned.affine)], parameters);
      if (const Activate* activate = activation_after(plan, i)) {
        const ActivateParts<T> parts = {activate->activation, out, workspace.value(index + 1, x.rows())};
        affine_forward<T>(in, layer, out, pool, {ActivateParts<T>::run, &parts});
        out = parts.a;
        ++i;
      } else {
        affine_forward<T>(in, layer, out, pool);
      }
    } else if (const auto* activate = std::get_if<Activate>(&planned.op)) {
      kernels::activate<T>(activate->activation, in, out);
    } else if (planned.norm >= 0) {
      norm_forward<T>(plan.norms[static_cast<std::size_t>(planned.norm)], parameters, in, workspace.norm(planned.norm),
                      out);
    } else if (std::holds_alternative<Embed>(planned.op)) {
      embed_forward<T>(plan, parameters, in, out, pool);
    } else if (std::holds_alternative<Scale>(planned.op)) {
      scale_forward<T>(factors_of(planned, parameters), in, out);
    } else if (std::holds_alternative<Blend>(planned.op)) {
      blend_forward<T>(factors_of(planned, parameters), workspace.value(index - 2, x.rows()), in, out);
    } else if (const auto* residual = std::get_if<Residual>(&planned.op)) {
      pass_on<T>(in, out);
      add<T>(workspace.value(residual->from, x.rows()), out);
    } else if (const auto* drop = std::get_if<Dropout>(&planned.op); dropout != nullptr) {
      dropout_forward<T>(drop->rate, *dropout, index, in, workspace.mask(index, x.rows()), out);
    } else {
      pass_on<T>(in, out);
    }
    in = out;
  }
  return out;
}

}  // namespace

template <typename T>
MatrixView<T> forward(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x,
                      const DropoutDraws* dropout, Workspace<T>& workspace, ThreadPool& pool) noexcept {
  if (plan.members == 1) return forward_one<T>(plan, parameters, x, dropout, workspace, pool);
  const MatrixView<T> mean = workspace.members_mean(x.rows());
  MatrixView<T> logits;
  for (int64_t m = 0; m < plan.members; ++m) {
    logits = forward_one<T>(plan, member_part(plan, parameters, m), x, dropout, workspace, pool);
    add_member<T>(m, plan.members, logits, mean);
  }
  pass_on<T>(mean, logits);
  return logits;
}

template <typename T>
void backward_deltas(const Plan& plan, std::span<const T> parameters, MatrixView<const T> targets, T scale,
                     bool dropout, Workspace<T>& workspace, ThreadPool& pool,
                     const DeltaObserver<T>* observer) noexcept {
  const int64_t rows = targets.rows();
  loss_and_delta<T>(plan, workspace.value(std::ssize(plan.ops) - 1, rows), targets, scale, workspace.outputs(rows),
                    workspace.delta(std::ssize(plan.affines) - 1, rows), workspace.losses(rows));
  backward_from_logits<T>(plan, parameters, rows, dropout, workspace, pool, observer);
}

template <typename T>
void backward_from_logits(const Plan& plan, std::span<const T> parameters, int64_t rows, bool dropout,
                          Workspace<T>& workspace, ThreadPool& pool, const DeltaObserver<T>* observer) noexcept {
  const int64_t last = std::ssize(plan.ops) - 1;
  int64_t affine = std::ssize(plan.affines) - 1;
  if (observer != nullptr) (*observer)(last, workspace.delta(affine, rows));
  for (int64_t above = last; affine > 0; --affine) {
    const MatrixView<const T> weight = affine_view(plan.affines[static_cast<std::size_t>(affine)], parameters).weight;
    const BackThroughOps<T> back = {plan, workspace, workspace.delta(affine - 1, rows), above, dropout};
    const MatrixView<const T> delta = workspace.delta(affine, rows);
    if (observer == nullptr && is_local(plan, above)) {
      affine_backward_input<T>(delta, weight, back.delta, pool, {BackThroughOps<T>::run, &back});
    } else {
      affine_backward_input<T>(delta, weight, back.delta, pool);
      in_order<T>(back, parameters, observer);
    }
    do --above;
    while (plan.ops[static_cast<std::size_t>(above)].affine < 0);
  }
  back_to_inputs<T>(plan, parameters, rows, dropout, workspace, pool, observer);
}

template <typename T>
MatrixView<const T> affine_input(const Plan& plan, int64_t affine, MatrixView<const T> x,
                                 Workspace<T>& workspace) noexcept {
  const int64_t index = plan.affine_ops[static_cast<std::size_t>(affine)];
  return index == 0 ? x : MatrixView<const T>(workspace.value(index - 1, x.rows()));
}

template <typename T>
void backward_parameters(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x,
                         Workspace<T>& workspace, std::span<T> gradients, ThreadPool& pool) noexcept {
  input_gradients<T>(plan, parameters, x, workspace, gradients, pool);
  for (int64_t affine = 0; affine < std::ssize(plan.affines); ++affine)
    affine_backward_parameters<T>(affine_input<T>(plan, affine, x, workspace), workspace.delta(affine, x.rows()),
                                  affine_view(plan.affines[static_cast<std::size_t>(affine)], gradients), pool);
  for (int64_t norm = 0; norm < std::ssize(plan.norms); ++norm)
    norm_gradient<T>(plan.norms[static_cast<std::size_t>(norm)], workspace.norm(norm), gradients);
  for (int64_t index = 0; index < std::ssize(plan.ops); ++index) {
    const PlannedOp& planned = plan.ops[static_cast<std::size_t>(index)];
    if (planned.factors < 0) continue;
    std::transform(workspace.factor_gradient(index), workspace.factor_gradient(index) + planned.outputs,
                   gradients.data() + planned.factors, [](double sum) { return static_cast<T>(sum); });
  }
}

template <typename T>
void backward(const Plan& plan, std::span<const T> parameters, MatrixView<const T> x, MatrixView<const T> targets,
              T scale, bool dropout, Workspace<T>& workspace, std::span<T> gradients, ThreadPool& pool,
              const DeltaObserver<T>* observer) noexcept {
  backward_deltas<T>(plan, parameters, targets, scale, dropout, workspace, pool, observer);
  backward_parameters<T>(plan, parameters, x, workspace, gradients, pool);
}

#define GRADUS_INSTANTIATE(T)                                                                                          \
  template MatrixView<T> forward(const Plan&, std::span<const T>, MatrixView<const T>, const DropoutDraws*,            \
                                 Workspace<T>&, ThreadPool&) noexcept;                                                 \
  template void backward_deltas(const Plan&, std::span<const T>, MatrixView<const T>, T, bool, Workspace<T>&,          \
                                ThreadPool&, const DeltaObserver<T>*) noexcept;                                        \
  template void backward_from_logits(const Plan&, std::span<const T>, int64_t, bool, Workspace<T>&, ThreadPool&,       \
                                     const DeltaObserver<T>*) noexcept;                                                \
  template MatrixView<const T> affine_input(const Plan&, int64_t, MatrixView<const T>, Workspace<T>&) noexcept;        \
  template void backward_parameters(const Plan&, std::span<const T>, MatrixView<const T>, Workspace<T>&, std::span<T>, \
                                    ThreadPool&) noexcept;                                                             \
  template void backward(const Plan&, std::span<const T>, MatrixView<const T>, MatrixView<const T>, T, bool,           \
                         Workspace<T>&, std::span<T>, ThreadPool&, const DeltaObserver<T>*) noexcept;
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus
