#include "nn/packed_network.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "nn/head.h"
#include "nn/plan.h"

namespace gradus {
namespace {

using kernels::DenseLayer;

// Weights beyond this are fetched ahead; within it that costs more than it gains. A core's own cache holds 0.5 to 2 MB.
constexpr int64_t kFarBytes = int64_t{1} << 20;

/// g after the layers: into the last of them where its place is free, else as one of its own.
template <typename T>
void append(std::vector<DenseLayer<T>>& layers, Activation activation, int64_t width) {
  if (layers.empty() || layers.back().activation != Activation::identity) {
    layers.push_back({width, width, nullptr, activation});
  } else {
    layers.back().activation = activation;
  }
}

/// The head, where it is unit by unit and so may join the last layer.
std::optional<Activation> head_activation(const Head& head) noexcept {
  if (!head.temperatures.empty()) return std::nullopt;
  if (head.loss == Loss::squared_error) return head.activation;
  if (head.loss == Loss::sigmoid_cross_entropy) return Activation::sigmoid;
  return std::nullopt;
}

}  // namespace

template <typename T>
PackedNetwork<T>::PackedNetwork(const BasicNetwork<T>& network)
    : inputs_(network.inputs()), outputs_(network.outputs()) {
  const Plan plan = compile(network.spec());
  int64_t size = 0;
  for (const AffineLayout& affine : plan.affines) size += kernels::packed_dense_size<T>(affine.inputs, affine.outputs);
  const auto bytes = size * static_cast<int64_t>(sizeof(T));
  weights_ = Pages(static_cast<std::size_t>(bytes));
  T* packed = reinterpret_cast<T*>(weights_.data());
  for (const PlannedOp& planned : plan.ops) {
    if (planned.affine >= 0) {
      kernels::pack_dense<T>(network.weight(planned.affine), network.bias(planned.affine), packed);
      layers_.push_back({planned.inputs, planned.outputs, packed, Activation::identity, bytes > kFarBytes});
      packed += kernels::packed_dense_size<T>(planned.inputs, planned.outputs);
    } else if (const auto* activate = std::get_if<Activate>(&planned.op)) {
      append(layers_, activate->activation, planned.outputs);
    }
  }
  if (const auto activation = head_activation(plan.head)) {
    append(layers_, *activation, outputs_);
  } else {
    head_ = plan.head;
  }
  row_size_ = kernels::dense_scratch_size<T>(layers_);
}

template <typename T>
void PackedNetwork<T>::run(MatrixView<const T> x, MatrixView<T> outputs, T* scratch) const noexcept {
  const MatrixView<const T> last = kernels::run_dense_rows<T>(layers_, x, scratch, scratch + row_size_ * x.rows());
  if (head_) return head_outputs<T>(*head_, last, outputs);
  for (int64_t row = 0; row < x.rows(); ++row) std::copy_n(last.row(row).data(), outputs_, outputs.row(row).data());
}

template <typename T>
void PackedNetwork<T>::run_row(const T* x, T* outputs, T* scratch) const noexcept {
  const T* last = kernels::run_dense_row<T>(layers_, x, scratch, scratch + row_size_);
  if (head_) return head_outputs<T>(*head_, {last, 1, outputs_}, {outputs, 1, outputs_});
  std::copy_n(last, outputs_, outputs);
}

template class PackedNetwork<float>;
template class PackedNetwork<double>;

}  // namespace gradus
