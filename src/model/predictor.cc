#include "gradus/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gradus/error.h"

#include "base/buffer.h"
#include "base/float_mode.h"
#include "base/thread_pool.h"
#include "nn/packed_network.h"

namespace gradus {
namespace {

// Rows that go through all layers before the next: their activations stay in a core's own cache, and the weights are
// read once for all of them.
constexpr int64_t kBlock = 96;
constexpr int64_t kGrain = 12;  // of rows: whole tiles
// Waking a thread costs a few microseconds, as much as this many multiply-adds.
constexpr int64_t kWorthAThread = int64_t{1} << 19;

int64_t checked(const char* name, int64_t value) {
  if (value < 1) throw Error(ErrorCode::usage, fmt::format("{}: found {}, expected at least 1", name, value));
  return value;
}

}  // namespace

template <typename T>
struct BasicPredictor<T>::Impl {
  Impl(const BasicNetwork<T>& source, int64_t most_rows, int threads)
      : network(source),
        parameters(static_cast<int64_t>(source.parameters().size())),
        max_batch(checked("max_batch", most_rows)),
        block(std::min(max_batch, kBlock)),
        pool(static_cast<int>(checked("threads", threads))),
        scratch_size(network.scratch_size(block)),
        scratch(scratch_size * pool.threads()) {}

  int64_t parts_for(int64_t rows) const noexcept {
    return std::clamp<int64_t>(rows * parameters / kWorthAThread, 1, pool.threads());
  }

  /// On the scratch of thread `part`.
  void run(MatrixView<const T> x, MatrixView<T> out, int64_t part) noexcept {
    for (int64_t first = 0; first < x.rows(); first += block) {
      const int64_t count = std::min(block, x.rows() - first);
      network.run(x.rows(first, count), out.rows(first, count), scratch.data() + part * scratch_size);
    }
  }

  PackedNetwork<T> network;
  int64_t parameters;
  int64_t max_batch;
  int64_t block;
  ThreadPool pool;
  int64_t scratch_size;  // of one thread
  AlignedBuffer<T> scratch;
};

template <typename T>
BasicPredictor<T>::BasicPredictor(const BasicNetwork<T>& network, int64_t max_batch, int threads)
    : impl_(std::make_unique<Impl>(network, max_batch, threads)) {}
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
  return impl_->max_batch;
}

template <typename T>
void BasicPredictor<T>::predict(MatrixView<const T> features, MatrixView<T> outputs) noexcept {
  const FloatMode float_mode;
  const int64_t rows = features.rows();
  const int64_t parts = impl_->parts_for(rows);
  if (parts == 1) return impl_->run(features, outputs, 0);
  const int64_t grains = (rows + kGrain - 1) / kGrain;
  impl_->pool.run(parts, [&](int64_t part) {
    const int64_t first = std::min(rows, grains * part / parts * kGrain);
    const int64_t last = std::min(rows, grains * (part + 1) / parts * kGrain);
    impl_->run(features.rows(first, last - first), outputs.rows(first, last - first), part);
  });
}

template <typename T>
void BasicPredictor<T>::predict(std::span<const T> features, std::span<T> outputs) noexcept {
  const FloatMode float_mode;
  impl_->network.run_row(features.data(), outputs.data(), impl_->scratch.data());
}

template class BasicPredictor<float>;
template class BasicPredictor<double>;

}  // namespace gradus
