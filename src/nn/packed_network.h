// A network laid out for prediction alone: nothing is kept that backward would need.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gradus/matrix_view.h"
#include "gradus/network.h"

#include "base/pages.h"
#include "kernels/dense_layers.h"

namespace gradus {

/// Each affine with the activation after it is one layer; dropout is gone. Results have the bits of `forward` followed
/// by `head_outputs`.
template <typename T>
class PackedNetwork {
 public:
  /// Copies the parameters.
  explicit PackedNetwork(const BasicNetwork<T>& network);

  int64_t inputs() const noexcept { return inputs_; }
  int64_t outputs() const noexcept { return outputs_; }

  /// Values that `run` needs for up to `rows` rows.
  int64_t scratch_size(int64_t rows) const noexcept { return 2 * row_size_ * rows; }
  /// `x` (rows x inputs) to `outputs` (rows x outputs), after the head. `scratch` aligned to a cache line. Allocates
  /// nothing; several threads may run at once, each with a scratch of its own.
  void run(MatrixView<const T> x, MatrixView<T> outputs, T* scratch) const noexcept;
  void run_row(const T* x, T* outputs, T* scratch) const noexcept;

 private:
  std::vector<kernels::DenseLayer<T>> layers_;
  Pages weights_;
  std::optional<Head> head_;  // none where it is the activation of the last layer
  int64_t inputs_ = 0;
  int64_t outputs_ = 0;
  int64_t row_size_ = 0;  // values of one row in one of the two halves of a scratch
};

}  // namespace gradus
