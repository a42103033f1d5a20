// Prediction on the caller's own arrays, fit for a real-time thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "gradus/network.h"

namespace gradus {

/// Holds its own workspace: one per thread. `predict` allocates nothing, takes no lock, throws nothing,
/// and a row's result has the same bits alone or in any batch.
template <typename T>
class BasicPredictor {
 public:
  /// Copies the network's parameters. Throws Error(usage) when max_batch < 1.
  explicit BasicPredictor(const BasicNetwork<T>& network, int64_t max_batch = 1);
  ~BasicPredictor();
  BasicPredictor(BasicPredictor&&) noexcept;
  BasicPredictor& operator=(BasicPredictor&&) noexcept;

  int64_t inputs() const noexcept;
  int64_t outputs() const noexcept;
  int64_t max_batch() const noexcept;

  /// `features`: (rows x inputs), any number of rows (worked through max_batch at a time). `outputs`: (rows x outputs):
  /// probabilities after a cross-entropy head, activations after squared error.
  void predict(MatrixView<const T> features, MatrixView<T> outputs) noexcept;
  /// One row. `features`: inputs() values; `outputs`: outputs() values.
  void predict(std::span<const T> features, std::span<T> outputs) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

extern template class BasicPredictor<float>;
extern template class BasicPredictor<double>;
using Predictor = BasicPredictor<float>;

}  // namespace gradus
