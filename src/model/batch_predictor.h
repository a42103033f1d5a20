// A batch of encoded rows through the network, on one thread or several.
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/predictor.h"

#include "base/buffer.h"
#include "base/thread_pool.h"

namespace gradus {

/// Rows are cut among the threads; a row's result has the same bits wherever it is computed.
template <typename T>
class BatchPredictor {
 public:
  static constexpr int64_t kRowsPerThread = 256;

  BatchPredictor(const BasicNetwork<T>& network, int threads)
      : pool_(threads < 1 ? 1 : threads),
        features_(rows() * network.inputs()),
        outputs_(rows() * network.outputs()),
        inputs_(network.inputs()),
        width_(network.outputs()) {
    for (int i = 0; i < pool_.threads(); ++i) predictors_.emplace_back(network, kRowsPerThread);
  }

  /// The most rows a batch may have.
  int64_t rows() const noexcept { return kRowsPerThread * pool_.threads(); }
  /// (count x inputs), to be filled before `run`.
  MatrixView<T> features(int64_t count) noexcept { return {features_.data(), count, inputs_}; }
  /// (count x outputs), valid until the next run.
  MatrixView<const T> run(int64_t count) noexcept {
    const MatrixView<const T> x(features_.data(), count, inputs_);
    const MatrixView<T> out(outputs_.data(), count, width_);
    const int64_t parts = (count + kRowsPerThread - 1) / kRowsPerThread;
    pool_.run(parts, [&](int64_t part) {
      const int64_t first = part * kRowsPerThread;
      const int64_t size = count - first < kRowsPerThread ? count - first : kRowsPerThread;
      predictors_[static_cast<std::size_t>(part)].predict(x.rows(first, size), out.rows(first, size));
    });
    return out;
  }

 private:
  ThreadPool pool_;
  std::vector<BasicPredictor<T>> predictors_;
  AlignedBuffer<T> features_;
  AlignedBuffer<T> outputs_;
  int64_t inputs_;
  int64_t width_;
};

}  // namespace gradus
