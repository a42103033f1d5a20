#include "gradus/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gradus/error.h"

#include "base/float_mode.h"
#include "base/thread_pool.h"
#include "nn/loss.h"
#include "nn/pass.h"

namespace gradus {
namespace {

int64_t checked_batch(int64_t max_batch) {
  if (max_batch < 1) throw Error(ErrorCode::usage, fmt::format("max_batch: found {}, expected at least 1", max_batch));
  return max_batch;
}

}  // namespace

template <typename T>
struct BasicPredictor<T>::Impl {
  Impl(const BasicNetwork<T>& source, int64_t max_batch)
      : network(source), plan(compile(source.spec())), workspace(plan, checked_batch(max_batch), false) {}

  BasicNetwork<T> network;
  Plan plan;
  Workspace<T> workspace;
  ThreadPool pool;
};

template <typename T>
BasicPredictor<T>::BasicPredictor(const BasicNetwork<T>& network, int64_t max_batch)
    : impl_(std::make_unique<Impl>(network, max_batch)) {}
template <typename T>
BasicPredictor<T>::~BasicPredictor() = default;
template <typename T>
BasicPredictor<T>::BasicPredictor(BasicPredictor&&) noexcept = default;
template <typename T>
BasicPredictor<T>& BasicPredictor<T>::operator=(BasicPredictor&&) noexcept = default;

template <typename T>
int64_t BasicPredictor<T>::inputs() const noexcept {
  return impl_->plan.inputs;
}
template <typename T>
int64_t BasicPredictor<T>::outputs() const noexcept {
  return impl_->plan.outputs;
}
template <typename T>
int64_t BasicPredictor<T>::max_batch() const noexcept {
  return impl_->workspace.max_rows();
}

template <typename T>
void BasicPredictor<T>::predict(MatrixView<const T> features, MatrixView<T> outputs) noexcept {
  const FloatMode float_mode;
  Impl& impl = *impl_;
  const std::span<const T> parameters = std::as_const(impl.network).parameters();
  for (int64_t first = 0; first < features.rows(); first += max_batch()) {
    const int64_t count = std::min(max_batch(), features.rows() - first);
    const MatrixView<T> logits =
        forward<T>(impl.plan, parameters, features.rows(first, count), nullptr, impl.workspace, impl.pool);
    head_outputs<T>(impl.plan.head, logits, outputs.rows(first, count));
  }
}

template <typename T>
void BasicPredictor<T>::predict(std::span<const T> features, std::span<T> outputs) noexcept {
  predict(MatrixView<const T>(features.data(), 1, inputs()), MatrixView<T>(outputs.data(), 1, this->outputs()));
}

template class BasicPredictor<float>;
template class BasicPredictor<double>;

}  // namespace gradus
