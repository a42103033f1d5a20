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
#include "nn/plan.h"

namespace gradus {

/// Each affine with the activation after it is one layer; dropout is gone, batch norms are folded. Without batch norms
/// results have the bits of `forward` followed by `head_outputs`.
template <typename T>
class PackedNetwork {
 public:
  /// Copies the parameters.
  explicit PackedNetwork(const BasicNetwork<T>& network);

  int64_t inputs() const noexcept { return inputs_; }
  int64_t outputs() const noexcept { return outputs_; }

  /// Values that `run` needs for up to `rows` rows.
  int64_t scratch_size(int64_t rows) const noexcept;
  /// `x` (rows x inputs) to `outputs` (rows x outputs), after the head. `scratch` aligned to a cache line. Allocates
  /// nothing; several threads may run at once, each with a scratch of its own.
  void run(MatrixView<const T> x, MatrixView<T> outputs, T* scratch) const noexcept;
  void run_row(const T* x, T* outputs, T* scratch) const noexcept;

 private:
  /// A run of layers, or what layers can't do.
  struct Stage {
    enum Kind { dense, layer_norm, keep, add, embed, scale, blend } kind;
    std::size_t first = 0, count = 0;  ///< dense: which layers; layer_norm: which norm; keep, add, blend: which slot
    int64_t width = 0;
    int64_t factors = 0;  ///< scale, blend: where they begin in factors_
  };

  /// The last layer's values, in `scratch`.
  MatrixView<const T> last_values(MatrixView<const T> x, T* scratch) const noexcept;
  void run_members(MatrixView<const T> x, MatrixView<T> outputs, T* scratch) const noexcept;
  void pack(const BasicNetwork<T>& network);
  void pack_op(const BasicNetwork<T>& network, const Plan& plan, std::size_t index, T*& packed);
  void append(Activation activation, int64_t width);
  void end_dense_stage();
  int64_t slot_of(int64_t op) const noexcept;
  void add_factors(const BasicNetwork<T>& network, const PlannedOp& planned, Stage stage);
  void run_stage(const Stage& stage, MatrixView<const T> x, MatrixView<const T> slot, MatrixView<T> out) const noexcept;
  MatrixView<const T> run_stages(MatrixView<const T> x, T* scratch) const noexcept;

  std::vector<kernels::DenseLayer<T>> layers_;
  std::vector<Stage> stages_;
  std::size_t staged_ = 0;                // layers that stand in a stage
  std::vector<NormLayout> norms_;         // of layer norms, offsets into norm_values_
  std::vector<T> norm_values_;            // their scales and shifts
  std::vector<EmbeddedColumn> embedded_;  // of an Embed
  std::vector<T> tables_;                 // its parameters
  std::vector<T> factors_;                // of scales and blends
  std::vector<int64_t> kept_;             // the op that each slot keeps
  int64_t slots_ = 0;                     // values kept for residuals
  std::vector<PackedNetwork> members_;    // of an ensemble; nothing else is set then but the head
  Pages weights_;
  std::optional<Head> head_;  // none where it is the activation of the last layer
  int64_t inputs_ = 0;
  int64_t outputs_ = 0;
  int64_t row_size_ = 0;  // values of one row in one of the two halves of a scratch
};

}  // namespace gradus
