#include "gradus/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gradus/error.h"

#include "base/buffer.h"
#include "base/float_mode.h"
#include "nn/packed_network.h"

namespace gradus {
namespace {

constexpr int64_t kChunk = 96;

int64_t checked_batch(int64_t max_batch) {
  if (max_batch < 1) throw Error(ErrorCode::usage, fmt::format("max_batch: found {}, expected at least 1", max_batch));
  return max_batch;
}

}  // namespace

template <typename T>
struct BasicPredictor<T>::Impl {
  Impl(const BasicNetwork<T>& source, int64_t max_batch)
      : network(source),
        batch(checked_batch(max_batch)),
        chunk(std::min(batch, kChunk)),
        scratch(network.scratch_size(chunk)) {}

  PackedNetwork<T> network;
  int64_t batch;
  int64_t chunk;
  AlignedBuffer<T> scratch;
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
  return impl_->network.inputs();
}
template <typename T>
int64_t BasicPredictor<T>::outputs() const noexcept {
  return impl_->network.outputs();
}
template <typename T>
int64_t BasicPredictor<T>::max_batch() const noexcept {
  return impl_->batch;
}

template <typename T>
void BasicPredictor<T>::predict(MatrixView<const T> features, MatrixView<T> outputs) noexcept {
  const FloatMode float_mode;
  Impl& impl = *impl_;
  for (int64_t first = 0; first < features.rows(); first += impl.chunk) {
    const int64_t count = std::min(impl.chunk, features.rows() - first);
    impl.network.run(features.rows(first, count), outputs.rows(first, count), impl.scratch.data());
  }
}

template <typename T>
void BasicPredictor<T>::predict(std::span<const T> features, std::span<T> outputs) noexcept {
  const FloatMode float_mode;
  impl_->network.run_row(features.data(), outputs.data(), impl_->scratch.data());
}

template class BasicPredictor<float>;
template class BasicPredictor<double>;

}  // namespace gradus
