#include "nn/packed_network.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "kernels/normalise.h"
#include "kernels/updates.h"
#include "nn/embed.h"
#include "nn/fold.h"
#include "nn/head.h"
#include "nn/members.h"
#include "nn/plan.h"

namespace gradus {
namespace {

using kernels::DenseLayer;

// Weights beyond this are fetched ahead; within it that costs more than it gains. A core's own cache holds 0.5 to 2 MB.
constexpr int64_t kFarBytes = int64_t{1} << 20;

/// The head, where it is unit by unit and so may join the last layer.
std::optional<Activation> head_activation(const Head& head) noexcept {
  if (!head.temperatures.empty()) return std::nullopt;
  if (head.loss == Loss::squared_error) return head.activation;
  if (head.loss == Loss::sigmoid_cross_entropy) return Activation::sigmoid;
  return std::nullopt;
}

/// Whether some layer can't follow another at once.
bool needs_stages(const Plan& plan) noexcept {
  return !only_affines(plan) ||
         std::any_of(plan.ops.begin(), plan.ops.end(), [](const PlannedOp& planned) { return !planned.skips.empty(); });
}

}  // namespace

template <typename T>
PackedNetwork<T>::PackedNetwork(const BasicNetwork<T>& network)
    : inputs_(network.inputs()), outputs_(network.outputs()) {
  if (network.spec().members > 1) {
    head_ = network.spec().head;
    for (int64_t m = 0; m < network.spec().members; ++m) {
      BasicNetwork<T> one = member(network, m);
      NetworkSpec bare = one.spec();
      bare.head = Head{};  // logits as they are
      BasicNetwork<T> logits(bare);
      std::ranges::copy(one.parameters(), logits.parameters().begin());
      members_.emplace_back(logits);
    }
    return;
  }
  if (has_batch_norm(compile(network.spec()))) {
    pack(fold_batch_norms(network));
  } else {
    pack(network);
  }
}

template <typename T>
void PackedNetwork<T>::pack(const BasicNetwork<T>& network) {
  const Plan plan = compile(network.spec());
  int64_t size = 0;
  for (const AffineLayout& affine : plan.affines) size += kernels::packed_dense_size<T>(affine.inputs, affine.outputs);
  weights_ = Pages(static_cast<std::size_t>(size) * sizeof(T));
  T* packed = reinterpret_cast<T*>(weights_.data());
  const bool staged = needs_stages(plan);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    pack_op(network, plan, i, packed);
    if (plan.ops[i].skips.empty()) continue;
    end_dense_stage();
    kept_.push_back(static_cast<int64_t>(i));
    stages_.push_back({Stage::keep, static_cast<std::size_t>(slots_++), 0, plan.ops[i].outputs});
  }
  if (const auto activation = head_activation(plan.head)) {
    append(*activation, outputs_);
  } else {
    head_ = plan.head;
  }
  if (staged) end_dense_stage();
  row_size_ = kernels::dense_scratch_size<T>(layers_);
  for (const Stage& stage : stages_) row_size_ = std::max(row_size_, kernels::dense_stride<T>(stage.width));
}

/// g after the layers: into the last of them where its place is free, else as one of its own.
template <typename T>
void PackedNetwork<T>::append(Activation activation, int64_t width) {
  if (layers_.size() == staged_ || layers_.back().activation != Activation::identity) {
    layers_.push_back({width, width, nullptr, activation});
  } else {
    layers_.back().activation = activation;
  }
}

template <typename T>
void PackedNetwork<T>::end_dense_stage() {
  if (layers_.size() > staged_) stages_.push_back({Stage::dense, staged_, layers_.size() - staged_});
  staged_ = layers_.size();
}

template <typename T>
void PackedNetwork<T>::pack_op(const BasicNetwork<T>& network, const Plan& plan, std::size_t index, T*& packed) {
  const PlannedOp& planned = plan.ops[index];
  if (planned.affine >= 0) {
    kernels::pack_dense<T>(network.weight(planned.affine), network.bias(planned.affine), packed);
    layers_.push_back({planned.inputs, planned.outputs, packed, Activation::identity,
                       weights_.size() > static_cast<std::size_t>(kFarBytes)});
    packed += kernels::packed_dense_size<T>(planned.inputs, planned.outputs);
  } else if (const auto* activate = std::get_if<Activate>(&planned.op)) {
    append(activate->activation, planned.outputs);
  } else if (planned.norm >= 0) {
    end_dense_stage();
    NormLayout norm = plan.norms[static_cast<std::size_t>(planned.norm)];
    const T* values = network.parameters().data() + norm.scale_offset;
    norm.scale_offset = std::ssize(norm_values_);
    norm.shift_offset = norm.scale_offset + norm.width;
    norm_values_.insert(norm_values_.end(), values, values + 2 * norm.width);  // scale, then shift
    stages_.push_back({Stage::layer_norm, norms_.size(), 0, norm.width});
    norms_.push_back(norm);
  } else if (const auto* residual = std::get_if<Residual>(&planned.op)) {
    end_dense_stage();
    stages_.push_back({Stage::add, static_cast<std::size_t>(slot_of(residual->from)), 0, planned.outputs});
  } else if (std::holds_alternative<Embed>(planned.op)) {
    embedded_ = plan.embedded;
    const int64_t count = plan.embedded.back().offset + parameter_count(plan.embedded.back().column);
    tables_.assign(network.parameters().data(), network.parameters().data() + count);
    stages_.push_back({Stage::embed, 0, 0, planned.outputs});
  } else if (std::holds_alternative<Scale>(planned.op)) {
    add_factors(network, planned, {Stage::scale, 0, 0, planned.outputs});
  } else if (std::holds_alternative<Blend>(planned.op)) {
    const auto slot = static_cast<std::size_t>(slot_of(static_cast<int64_t>(index) - 2));
    add_factors(network, planned, {Stage::blend, slot, 0, planned.outputs});
  }
}

template <typename T>
int64_t PackedNetwork<T>::slot_of(int64_t op) const noexcept {
  return std::find(kept_.begin(), kept_.end(), op) - kept_.begin();
}

template <typename T>
void PackedNetwork<T>::add_factors(const BasicNetwork<T>& network, const PlannedOp& planned, Stage stage) {
  end_dense_stage();
  stage.factors = std::ssize(factors_);
  stages_.push_back(stage);
  const T* values = network.parameters().data() + planned.factors;
  factors_.insert(factors_.end(), values, values + planned.outputs);
}

template <typename T>
void PackedNetwork<T>::run_stage(const Stage& stage, MatrixView<const T> x, MatrixView<const T> slot,
                                 MatrixView<T> out) const noexcept {
  const std::span<const T> factors(factors_.data() + stage.factors, static_cast<std::size_t>(stage.width));
  switch (stage.kind) {
    case Stage::layer_norm: {
      const NormLayout& norm = norms_[stage.first];
      return kernels::normalise_rows<T>(x, static_cast<T>(norm.epsilon), norm_values_.data() + norm.scale_offset,
                                        norm_values_.data() + norm.shift_offset, {}, nullptr, out);
    }
    case Stage::embed:
      return embed_forward<T>(embedded_, std::span<const T>(tables_), x, out);
    case Stage::scale:
      return scale_forward<T>(factors, x, out);
    case Stage::blend:
      return blend_forward<T>(factors, slot, x, out);
    case Stage::keep:
    case Stage::add:
    case Stage::dense:
      break;
  }
  for (int64_t row = 0; row < x.rows(); ++row) std::copy_n(x.row(row).data(), stage.width, out.row(row).data());
  if (stage.kind != Stage::add) return;
  for (int64_t row = 0; row < x.rows(); ++row) kernels::add_scaled<T>(slot.row(row), T(1), out.row(row));
}

/// Values go from one half of the scratch to the other; what residuals add later stands behind both.
template <typename T>
MatrixView<const T> PackedNetwork<T>::run_stages(MatrixView<const T> x, T* scratch) const noexcept {
  const int64_t rows = x.rows(), half = row_size_ * rows;
  T* to = scratch;
  T* other = scratch + half;
  MatrixView<const T> value = x;
  for (const Stage& stage : stages_) {
    if (stage.kind == Stage::dense) {
      const std::span<const DenseLayer<T>> layers(layers_);
      value = kernels::run_dense_rows<T>(layers.subspan(stage.first, stage.count), value, to, other);
      if (value.data() == to) std::swap(to, other);
      continue;
    }
    const int64_t stride = kernels::dense_stride<T>(stage.width);
    const MatrixView<T> slot(scratch + (2 + static_cast<int64_t>(stage.first)) * half, rows, stage.width, stride);
    const MatrixView<T> out = stage.kind == Stage::keep ? slot : MatrixView<T>(to, rows, stage.width, stride);
    run_stage(stage, value, slot, out);
    if (stage.kind == Stage::keep) continue;
    value = out;
    std::swap(to, other);
  }
  return value;
}

template <typename T>
MatrixView<const T> PackedNetwork<T>::last_values(MatrixView<const T> x, T* scratch) const noexcept {
  return stages_.empty() ? kernels::run_dense_rows<T>(layers_, x, scratch, scratch + row_size_ * x.rows())
                         : run_stages(x, scratch);
}

template <typename T>
int64_t PackedNetwork<T>::scratch_size(int64_t rows) const noexcept {
  if (members_.empty()) return (2 + slots_) * row_size_ * rows;
  return members_.front().scratch_size(rows) + rows * kernels::dense_stride<T>(outputs_);
}

/// Their mean stands behind the scratch that they share.
template <typename T>
void PackedNetwork<T>::run_members(MatrixView<const T> x, MatrixView<T> outputs, T* scratch) const noexcept {
  const MatrixView<T> mean(scratch + members_.front().scratch_size(x.rows()), x.rows(), outputs_,
                           kernels::dense_stride<T>(outputs_));
  for (std::size_t m = 0; m < members_.size(); ++m)
    add_member<T>(static_cast<int64_t>(m), std::ssize(members_), members_[m].last_values(x, scratch), mean);
  head_outputs<T>(*head_, mean, outputs);
}

template <typename T>
void PackedNetwork<T>::run(MatrixView<const T> x, MatrixView<T> outputs, T* scratch) const noexcept {
  if (!members_.empty()) return run_members(x, outputs, scratch);
  const MatrixView<const T> last = last_values(x, scratch);
  if (head_) return head_outputs<T>(*head_, last, outputs);
  for (int64_t row = 0; row < x.rows(); ++row) std::copy_n(last.row(row).data(), outputs_, outputs.row(row).data());
}

template <typename T>
void PackedNetwork<T>::run_row(const T* x, T* outputs, T* scratch) const noexcept {
  if (!stages_.empty() || !members_.empty()) return run({x, 1, inputs_}, {outputs, 1, outputs_}, scratch);
  const T* last = kernels::run_dense_row<T>(layers_, x, scratch, scratch + row_size_);
  if (head_) return head_outputs<T>(*head_, {last, 1, outputs_}, {outputs, 1, outputs_});
  std::copy_n(last, outputs_, outputs);
}

template class PackedNetwork<float>;
template class PackedNetwork<double>;

}  // namespace gradus
