// Prediction on the caller's own arrays, fit for a real-time thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "gradus/network.h"

namespace gradus {

/// Holds its own copy of the parameters, packed, and its own workspace: one predictor for each thread that predicts.
/// `predict` allocates nothing, throws nothing and does the same bounded work for every row; a row's result has the
/// same bits alone or in any batch, and those of training's forward pass. With one thread it takes no lock and makes no
/// system call, so that it suits a real-time thread: the constructor has touched every page it uses. The floating-point
/// mode is set on entry and restored.
template <typename T>
class BasicPredictor {
 public:
  /// `max_batch`: the most rows that the workspace is made for. `threads`: how many a large batch is cut among, this
  /// one included; the others sleep in between. Throws Error(usage) when either is below 1.
  explicit BasicPredictor(const BasicNetwork<T>& network, int64_t max_batch = 1, int threads = 1);
  ~BasicPredictor();
  BasicPredictor(BasicPredictor&&) noexcept;
  BasicPredictor& operator=(BasicPredictor&&) noexcept;

  int64_t inputs() const noexcept;
  int64_t outputs() const noexcept;
  int64_t max_batch() const noexcept;

  /// `features`: (rows x inputs), any number of rows (worked through in blocks of max_batch at most). `outputs`: (rows
  /// x outputs): probabilities after a cross-entropy head, scaled by its
  /// temperatures where it has some; activations after squared error.
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
