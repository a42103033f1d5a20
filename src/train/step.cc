#include "train/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "gradus/error.h"

#include "base/bounds.h"
#include "nn/finite.h"
#include "nn/l1.h"
#include "nn/l2.h"
#include "nn/loss.h"
#include "nn/pass.h"
#include "train/freeze.h"
#include "train/input_noise.h"
#include "train/monotone.h"
#include "train/slab_update.h"

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
TrainingStep<T>::TrainingStep(BasicNetwork<T>& network, const TrainerOptions& options, int64_t max_batch,
                              Communicator& group)
    : network_(network),
      plan_(compile(network.spec())),
      dropout_(has_dropout(plan_)),
      l1_(options.l1),
      l2_(options.l2),
      pool_(options.threads),
      // Small passes write z and a at once.
      workspace_(plan_, most_rows_in_shard(max_batch, options.shards), true,
                 SmallPass<T>::suits(plan_) ? Logits::kept : Logits::overwritten),
      gradients_(plan_.parameters),
      optimizer_(make_optimizer<T>(options, plan_.parameters)),
      frozen_(frozen_affines(options.frozen, std::ssize(plan_.affines))),
      groups_(group_rates(plan_, options)),
      terms_(plan_, options),
      input_noise_(options.input_noise),
      noisy_(options.input_noise > 0.0 ? max_batch * plan_.inputs : 0) {
  if (has_batch_norm(plan_) && (options.shards > 1 || group.ranks() > 1))
    throw Error(ErrorCode::usage, fmt::format("shards: found {} with batch normalization, expected 1, because its "
                                              "statistics are those of the whole minibatch",
                                              options.shards));
  if (plan_.members > 1)
    throw Error(ErrorCode::usage, fmt::format("network: found {} members, expected one: an ensemble's members are "
                                              "trained one by one",
                                              plan_.members));
  check_below("input noise", input_noise_, 0.0, HUGE_VAL);
  impose_signs(network, options);
  if (!frozen_.empty() && !(terms_.leave_weights() && only_affines(plan_) && groups_.empty()))
    throw Error(ErrorCode::usage,
                "frozen: found with weight decay, a largest norm, monotone columns, rate factors or parameters outside "
                "of layers, which would move frozen weights, expected none of them");
  if (options.shards > 1 || group.ranks() > 1) {
    shards_.emplace(plan_, options.shards, max_batch, group);
  } else if (takes_slabs() && frozen_.empty() && input_noise_ == 0.0 && SmallPass<T>::suits(plan_)) {
    small_.emplace(plan_, workspace_, pool_);
  }
}

template <typename T>
double TrainingStep<T>::deltas(MatrixView<const T> x, MatrixView<const T> y, const DropoutDraws* dropout) noexcept {
  const std::span<const T> parameters = std::as_const(network_).parameters();
  const T scale = T(1) / static_cast<T>(x.rows());
  forward<T>(plan_, parameters, x, dropout, workspace_, pool_);
  backward_deltas<T>(plan_, parameters, y, scale, dropout != nullptr, workspace_, pool_);
  return mean_loss<T>(workspace_.losses(x.rows()));
}

template <typename T>
void TrainingStep<T>::update_by_slabs(MatrixView<const T> x, T lambda_over_m, double learning_rate) noexcept {
  begin_step<T>(optimizer_, learning_rate);
  for (int64_t affine = std::ssize(plan_.affines) - 1; affine >= 0; --affine) {
    if (!frozen_.empty() && frozen_[static_cast<std::size_t>(affine)]) continue;
    const SlabUpdate<T> update = {plan_.affines[static_cast<std::size_t>(affine)],
                                  affine_input<T>(plan_, affine, x, workspace_), workspace_.delta(affine, x.rows()),
                                  lambda_over_m};
    gradus::update_by_slabs<T>(update, network_.parameters(), gradients_.span(), optimizer_, pool_);
  }
}

template <typename T>
MatrixView<const T> TrainingStep<T>::noisy(const MatrixView<const T>& x, const DropoutDraws& draws) noexcept {
  if (input_noise_ == 0.0) return x;
  const MatrixView<T> out(noisy_.data(), x.rows(), x.columns());
  add_input_noise<T>(input_noise_, draws, x, out);
  return out;
}

template <typename T>
StepResult TrainingStep<T>::run_small(const MatrixView<const T>& x, const MatrixView<const T>& y, T lambda_over_m,
                                      double learning_rate) noexcept {
  const std::span<const T> parameters = std::as_const(network_).parameters();
  small_->forward(parameters, x, y);
  const double loss = mean_loss<T>(workspace_.losses(x.rows()));
  if (auto* sgd = std::get_if<Sgd<T>>(&optimizer_); sgd != nullptr && x.rows() == 1 && std::isfinite(loss)) {
    if (small_->descend(network_.parameters(), x.row(0), lambda_over_m, static_cast<T>(learning_rate)))
      return {loss, Divergence::none, 0};
  }
  const bool finite = small_->backward(parameters, x, lambda_over_m, gradients_.span()) && std::isfinite(loss);
  const StepResult result = finite ? StepResult{loss, Divergence::none, 0} : checked(loss, x, nullptr);
  if (result.divergence == Divergence::none) update(learning_rate, 1.0);
  return result;
}

template <typename T>
StepResult TrainingStep<T>::run(const MatrixView<const T>& given, const MatrixView<const T>& y, int64_t training_rows,
                                double learning_rate, const DropoutDraws& draws) noexcept {
  const T lambda_over_m = static_cast<T>(l2_ / static_cast<double>(training_rows));
  if (small_ && small_->takes(given.rows())) return run_small(given, y, lambda_over_m, learning_rate);
  const std::span<const T> parameters = std::as_const(network_).parameters();
  const DropoutDraws* dropout = dropout_ ? &draws : nullptr;
  const MatrixView<const T> x = noisy(given, draws);
  double loss = 0.0;
  if (shards_) {
    shards_->run(parameters, x, y, dropout, workspace_, pool_, gradients_.span());
    loss = mean_loss<T>(shards_->losses(x.rows()));
  } else {
    loss = deltas(x, y, dropout);
    if (takes_slabs() && std::isfinite(loss) &&
        gradients_surely_finite<T>(plan_, parameters, x, lambda_over_m, workspace_)) {
      update_by_slabs(x, lambda_over_m, learning_rate);
      return {loss, Divergence::none, 0};
    }
    backward_parameters<T>(plan_, parameters, x, workspace_, gradients_.span(), pool_);
  }
  add_l2_gradient<T>(plan_, parameters, l2_, training_rows, gradients_.span());
  add_l1_gradient<T>(plan_, parameters, l1_, training_rows, gradients_.span());
  const StepResult result = checked(loss, x, dropout);
  return result.divergence == Divergence::none ? update_at_once(loss, x.rows(), learning_rate, draws.strength) : result;
}

template <typename T>
void TrainingStep<T>::update(double learning_rate, double strength) noexcept {
  const auto trained = static_cast<std::size_t>(plan_.trained);
  const std::span<T> parameters = network_.parameters().first(trained);
  const std::span<const T> gradients = std::as_const(gradients_).span().first(trained);
  if (frozen_.empty() && groups_.empty()) return step<T>(optimizer_, parameters, gradients, learning_rate);
  begin_step<T>(optimizer_, learning_rate);
  for (const GroupRate& group : groups_) {
    const auto first = static_cast<std::size_t>(group.first), count = static_cast<std::size_t>(group.count);
    set_rate<T>(optimizer_, learning_rate * group.rate, learning_rate * strength * group.decay);
    apply<T>(optimizer_, group.first, parameters.subspan(first, count), gradients.subspan(first, count));
  }
  for (std::size_t affine = 0; affine < frozen_.size(); ++affine) {
    if (frozen_[affine]) continue;
    const AffineLayout& layout = plan_.affines[affine];
    const auto first = static_cast<std::size_t>(layout.weight_offset);
    const auto count = static_cast<std::size_t>((layout.inputs + 1) * layout.outputs);
    apply<T>(optimizer_, layout.weight_offset, parameters.subspan(first, count), gradients.subspan(first, count));
  }
}

/// A norm to clip by is of what moves.
template <typename T>
void TrainingStep<T>::forget_frozen_gradients() noexcept {
  for (std::size_t affine = 0; affine < frozen_.size(); ++affine) {
    if (!frozen_[affine]) continue;
    const AffineLayout& layout = plan_.affines[affine];
    std::fill_n(gradients_.data() + layout.weight_offset, (layout.inputs + 1) * layout.outputs, T(0));
  }
}

template <typename T>
StepResult TrainingStep<T>::update_at_once(double loss, int64_t rows, double learning_rate, double strength) noexcept {
  forget_frozen_gradients();
  if (!terms_.clip(gradients_.span())) return {loss, Divergence::gradient, 1};
  const auto trained = static_cast<std::size_t>(plan_.trained);
  const std::span<T> theta = network_.parameters().first(trained);
  terms_.decay(learning_rate * strength, theta);
  update(learning_rate, strength);
  terms_.constrain(network_.parameters());
  // A tenth of the newest minibatch, and more in the first ten steps, so that nothing stays of the values before them.
  const double share = std::max(0.1, 1.0 / static_cast<double>(++steps_));
  for (int64_t norm = 0; norm < std::ssize(plan_.norms); ++norm)
    update_running<T>(plan_.norms[static_cast<std::size_t>(norm)], workspace_.norm(norm), rows, share,
                      network_.parameters());
  return {loss, Divergence::none, 0};
}

template <typename T>
StepResult TrainingStep<T>::checked(double loss, MatrixView<const T> x, const DropoutDraws* dropout) noexcept {
  const std::span<const T> parameters = std::as_const(network_).parameters();
  if (!std::isfinite(loss)) {
    return {loss, Divergence::loss,
            shards_ ? shards_->bad_layer(parameters, x, dropout, workspace_, pool_)
                    : first_bad_value(plan_, workspace_, x.rows())};
  }
  const int64_t bad_layer = first_bad_layer<T>(plan_, std::as_const(gradients_).span());
  return {loss, bad_layer == 0 ? Divergence::none : Divergence::gradient, bad_layer};
}

template <typename T>
double TrainingStep<T>::penalty(int64_t training_rows) const noexcept {
  const std::span<const T> parameters = std::as_const(network_).parameters();
  return l2_penalty<T>(plan_, parameters, l2_, training_rows) + l1_penalty<T>(plan_, parameters, l1_, training_rows);
}

template class TrainingStep<float>;
template class TrainingStep<double>;

}  // namespace gradus
