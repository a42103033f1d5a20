#include "train/full_batch.h"

#include <algorithm>

#include "gradus/error.h"

#include "kernels/reductions.h"
#include "kernels/updates.h"
#include "nn/l1.h"
#include "nn/l2.h"
#include "nn/pass.h"

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
FullBatchDescent<T>::FullBatchDescent(BasicNetwork<T>& network, const ObjectiveRows<T>& data,
                                      const TrainerOptions& options)
    : network_(network),
      table_(network.spec(), data, options),
      objective_([this](std::span<const T> theta, std::span<T> gradient) { return table_(theta, gradient); }),
      method_(make_method<T>(options, parameter_count(network.spec()))) {}

template <typename T>
Iteration FullBatchDescent<T>::iterate() {
  return std::visit([this](auto& method) { return method.iterate(network_.parameters(), objective_); }, method_);
}

template class TableObjective<float>;
template class TableObjective<double>;
template class FullBatchDescent<float>;
template class FullBatchDescent<double>;

}  // namespace gradus
