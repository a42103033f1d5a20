// A batch of encoded rows through the network, on one thread or several.
#pragma once

#include <cstdint>

#include "gradus/matrix_view.h"
#include "gradus/predictor.h"

#include "base/buffer.h"

namespace gradus {

/// Rows are cut among the threads; a row's result has the same bits wherever it is computed.
template <typename T>
class BatchPredictor {
 public:
  static constexpr int64_t kRowsPerThread = 256;

  BatchPredictor(const BasicNetwork<T>& network, int threads)
      : rows_(kRowsPerThread * (threads < 1 ? 1 : threads)),
        predictor_(network, kRowsPerThread, threads < 1 ? 1 : threads),
        features_(rows() * network.inputs()),
        outputs_(rows() * network.outputs()),
        inputs_(network.inputs()),
        width_(network.outputs()) {}

  /// The most rows a batch may have.
  int64_t rows() const noexcept { return rows_; }
  /// (count x inputs), to be filled before `run`.
  MatrixView<T> features(int64_t count) noexcept { return {features_.data(), count, inputs_}; }
  /// (count x outputs), valid until the next run.
  MatrixView<const T> run(int64_t count) noexcept {
    const MatrixView<const T> x(features_.data(), count, inputs_);
    const MatrixView<T> out(outputs_.data(), count, width_);
    predictor_.predict(x, out);
    return out;
  }

 private:
  int64_t rows_;
  BasicPredictor<T> predictor_;
  AlignedBuffer<T> features_;
  AlignedBuffer<T> outputs_;
  int64_t inputs_;
  int64_t width_;
};

}  // namespace gradus
