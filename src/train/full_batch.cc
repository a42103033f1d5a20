#include "train/full_batch.h"

#include <algorithm>
#include <utility>

#include "gradus/error.h"

#include "kernels/reductions.h"
#include "kernels/updates.h"
#include "nn/l1.h"
#include "nn/l2.h"
#include "nn/pass.h"
#include "train/solver_state.h"

namespace gradus {
namespace {

template <typename T>
std::variant<Lbfgs<T>, ConjugateGradient<T>, RpropPlus<T>> make_method(const TrainerOptions& options,
                                                                       int64_t parameters) {
  switch (options.solver) {
    case Solver::lbfgs:
      return Lbfgs<T>(parameters);
    case Solver::cg:
      return ConjugateGradient<T>(parameters);
    case Solver::rprop_plus:
      return RpropPlus<T>(parameters, options.learning_rate);
    default:
      throw Error(ErrorCode::internal, "solver: found a minibatch rule, expected a method for all rows");
  }
}

}  // namespace

template <typename T>
TableObjective<T>::TableObjective(const NetworkSpec& spec, const ObjectiveRows<T>& data, const TrainerOptions& options)
    : plan_(compile(spec)),
      l1_(options.l1),
      l2_(options.l2),
      pool_(options.threads),
      sampler_(data.features, data.targets, data.rows, kChunk, false, 0),
      workspace_(plan_, sampler_.batch_size(), true),
      chunk_gradient_(plan_.parameters) {}

template <typename T>
double TableObjective<T>::operator()(std::span<const T> theta, std::span<T> gradient) {
  const int64_t rows = sampler_.rows();
  const T scale = T(1) / static_cast<T>(rows);
  kernels::BlockedSum losses;
  MatrixView<const T> x, y;
  std::fill(gradient.begin(), gradient.end(), T(0));
  sampler_.start_epoch(0);
  while (sampler_.next(x, y)) {
    forward<T>(plan_, theta, x, nullptr, workspace_, pool_);
    backward<T>(plan_, theta, x, y, scale, false, workspace_, chunk_gradient_.span(), pool_);
    kernels::add_scaled<T>(chunk_gradient_.span(), T(1), gradient);
    for (const T loss : workspace_.losses(x.rows())) losses.add(static_cast<double>(loss));
  }
  add_l2_gradient<T>(plan_, theta, l2_, rows, gradient);
  add_l1_gradient<T>(plan_, theta, l1_, rows, gradient);
  return losses.total() / static_cast<double>(rows) + l2_penalty<T>(plan_, theta, l2_, rows) +
         l1_penalty<T>(plan_, theta, l1_, rows);
}

template <typename T>
GradientDescent<T>::GradientDescent(BasicNetwork<T>& network, const ObjectiveRows<T>& data,
                                    const TrainerOptions& options)
    : network_(network),
      table_(network.spec(), data, options),
      objective_([this](std::span<const T> theta, std::span<T> gradient) { return table_(theta, gradient); }),
      method_(make_method<T>(options, parameter_count(network.spec()))) {}

template <typename T>
Iteration GradientDescent<T>::iterate() {
  return std::visit([this](auto& method) { return method.iterate(network_.parameters(), objective_); }, method_);
}

template <typename T>
void GradientDescent<T>::add_to(RunState& state) {
  std::visit([&](auto& method) { add_solver(method.state(), state); }, method_);
}

template <typename T>
LeastSquaresDescent<T>::LeastSquaresDescent(BasicNetwork<T>& network, const ObjectiveRows<T>& data,
                                            const TrainerOptions& options)
    : network_(network),
      residuals_(network.spec(), data, options),
      method_(residuals_.parameters(), options.threads),
      theta_(residuals_.parameters()) {
  const std::span<const T> start = std::as_const(network).parameters();
  std::copy_n(start.begin(), theta_.size(), theta_.span().begin());
}

template <typename T>
Iteration LeastSquaresDescent<T>::iterate() {
  const Iteration done = method_.iterate(theta_.span(), residuals_);
  std::transform(theta_.span().begin(), theta_.span().end(), network_.parameters().begin(),
                 [](double value) { return static_cast<T>(value); });
  return done;
}

template <typename T>
void LeastSquaresDescent<T>::add_to(RunState& state) {
  add_solver(method_.state(), state);
  state.add("solver.weights", theta_.span());
}

template <typename T>
FullBatchDescent<T>::FullBatchDescent(BasicNetwork<T>& network, const ObjectiveRows<T>& data,
                                      const TrainerOptions& options) {
  if (options.solver == Solver::lm) {
    least_squares_ = std::make_unique<LeastSquaresDescent<T>>(network, data, options);
  } else {
    gradient_ = std::make_unique<GradientDescent<T>>(network, data, options);
  }
}

template class TableObjective<float>;
template class TableObjective<double>;
template class GradientDescent<float>;
template class GradientDescent<double>;
template class LeastSquaresDescent<float>;
template class LeastSquaresDescent<double>;
template class FullBatchDescent<float>;
template class FullBatchDescent<double>;

}  // namespace gradus
