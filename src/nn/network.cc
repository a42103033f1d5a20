#include "gradus/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gradus/error.h"

#include "base/buffer.h"
#include "nn/embed.h"
#include "nn/norm.h"
#include "nn/plan.h"

namespace gradus {

NetworkSpec multilayer(int64_t inputs, std::span<const HiddenLayer> hidden, int64_t outputs, Head head) {
  NetworkSpec spec{inputs, {}, head};
  int64_t width = 0;     // of the hidden layer before
  int64_t last_op = -1;  // its last op
  for (const HiddenLayer& layer : hidden) {
    spec.ops.push_back(Affine{layer.width});
    if (layer.normalization == Normalization::batch) spec.ops.push_back(BatchNorm{});
    if (layer.normalization == Normalization::layer) spec.ops.push_back(LayerNorm{});
    spec.ops.push_back(Activate{layer.activation});
    if (layer.blend) spec.ops.push_back(Blend{});
    if (layer.dropout != 0.0) spec.ops.push_back(Dropout{layer.dropout});
    if (layer.residual && layer.width == width) spec.ops.push_back(Residual{last_op});
    width = layer.width;
    last_op = std::ssize(spec.ops) - 1;
  }
  spec.ops.push_back(Affine{outputs});
  return spec;
}

int64_t parameter_count(const NetworkSpec& spec) {
  const Plan plan = compile(spec);
  return plan.trained * plan.members;
}

std::vector<AffineLayout> affine_layout(const NetworkSpec& spec) {
  return compile(spec).affines;
}

namespace {

/// "embeddings.3.frequency", .phase, .weight and .bias, or "embeddings.3.table"; counted among an Embed's columns.
void add_embedding(const EmbeddedColumn& embedded, std::size_t index, std::vector<TensorLayout>& tensors) {
  const ColumnEmbedding& column = embedded.column;
  int64_t offset = embedded.offset;
  const auto add = [&](const char* part, std::vector<int64_t> shape) {
    int64_t size = 1;
    for (const int64_t extent : shape) size *= extent;
    tensors.push_back({fmt::format("embeddings.{}.{}", index, part), std::move(shape), offset, size});
    offset += size;
  };
  if (column.kind == ColumnEmbedding::Kind::category) add("table", {column.levels, column.outputs});
  if (column.kind != ColumnEmbedding::Kind::periodic) return;
  add("frequency", {column.hidden});
  add("phase", {column.hidden});
  add("weight", {column.outputs - 1, column.hidden});
  add("bias", {column.outputs - 1});
}

std::vector<TensorLayout> of_all_members(const Plan& plan, const std::vector<TensorLayout>& one) {
  std::vector<TensorLayout> all;
  for (int64_t member = 0; member < plan.members; ++member) {
    for (TensorLayout tensor : one) {
      tensor.name = fmt::format("members.{}.{}", member, tensor.name);
      tensor.offset += member * plan.parameters;
      all.push_back(std::move(tensor));
    }
  }
  return all;
}

}  // namespace

std::vector<TensorLayout> tensor_layout(const NetworkSpec& spec) {
  const Plan plan = compile(spec);
  std::vector<TensorLayout> tensors;
  for (std::size_t l = 0; l < plan.affines.size(); ++l) {
    const auto& [inputs, outputs, weight, bias] = plan.affines[l];
    tensors.push_back({fmt::format("layers.{}.weight", l), {inputs, outputs}, weight, inputs * outputs});
    tensors.push_back({fmt::format("layers.{}.bias", l), {outputs}, bias, outputs});
  }
  for (std::size_t k = 0; k < plan.norms.size(); ++k) {
    const NormLayout& norm = plan.norms[k];
    const auto add = [&](const char* part, int64_t offset) {
      tensors.push_back({fmt::format("norms.{}.{}", k, part), {norm.width}, offset, norm.width});
    };
    add("scale", norm.scale_offset);
    add("shift", norm.shift_offset);
    if (!norm.batch) continue;
    add("mean", norm.mean_offset);
    add("variance", norm.variance_offset);
  }
  for (std::size_t c = 0; c < plan.embedded.size(); ++c) add_embedding(plan.embedded[c], c, tensors);
  int64_t scales = 0, blends = 0;
  for (const PlannedOp& planned : plan.ops) {
    if (planned.factors < 0) continue;
    const bool scale = std::holds_alternative<Scale>(planned.op);
    const std::string name =
        scale ? fmt::format("scales.{}.factor", scales++) : fmt::format("blends.{}.share", blends++);
    tensors.push_back({name, {planned.outputs}, planned.factors, planned.outputs});
  }
  std::ranges::sort(tensors, {}, &TensorLayout::offset);
  return plan.members == 1 ? tensors : of_all_members(plan, tensors);
}

template <typename T>
struct BasicNetwork<T>::Impl {
  explicit Impl(NetworkSpec s) : spec(std::move(s)), plan(compile(spec)), parameters(plan.parameters * plan.members) {
    for (int64_t m = 0; m < plan.members; ++m) {
      const std::span<T> own = member_part(plan, parameters.span(), m);
      reset_norms<T>(plan, own);
      reset_factors<T>(plan, own);
    }
  }

  NetworkSpec spec;
  Plan plan;
  AlignedBuffer<T> parameters;
};

template <typename T>
BasicNetwork<T>::BasicNetwork(NetworkSpec spec) : impl_(std::make_unique<Impl>(std::move(spec))) {}

template <typename T>
BasicNetwork<T>::BasicNetwork(const BasicNetwork& other) : BasicNetwork(other.spec()) {
  std::copy_n(other.parameters().data(), other.parameters().size(), parameters().data());
}

template <typename T>
BasicNetwork<T>& BasicNetwork<T>::operator=(const BasicNetwork& other) {
  if (this != &other) *this = BasicNetwork(other);
  return *this;
}

template <typename T>
BasicNetwork<T>::BasicNetwork(BasicNetwork&&) noexcept = default;
template <typename T>
BasicNetwork<T>& BasicNetwork<T>::operator=(BasicNetwork&&) noexcept = default;
template <typename T>
BasicNetwork<T>::~BasicNetwork() = default;

template <typename T>
const NetworkSpec& BasicNetwork<T>::spec() const noexcept {
  return impl_->spec;
}
template <typename T>
int64_t BasicNetwork<T>::inputs() const noexcept {
  return impl_->plan.inputs;
}
template <typename T>
int64_t BasicNetwork<T>::outputs() const noexcept {
  return impl_->plan.outputs;
}
template <typename T>
int64_t BasicNetwork<T>::affine_count() const noexcept {
  return static_cast<int64_t>(impl_->plan.affines.size());
}
template <typename T>
std::span<T> BasicNetwork<T>::parameters() noexcept {
  return impl_->parameters.span();
}
template <typename T>
std::span<const T> BasicNetwork<T>::parameters() const noexcept {
  return std::as_const(impl_->parameters).span();
}

template <typename T>
MatrixView<T> BasicNetwork<T>::weight(int64_t affine) noexcept {
  const AffineLayout& layout = impl_->plan.affines[static_cast<std::size_t>(affine)];
  return {parameters().data() + layout.weight_offset, layout.inputs, layout.outputs};
}
template <typename T>
MatrixView<const T> BasicNetwork<T>::weight(int64_t affine) const noexcept {
  const AffineLayout& layout = impl_->plan.affines[static_cast<std::size_t>(affine)];
  return {parameters().data() + layout.weight_offset, layout.inputs, layout.outputs};
}
template <typename T>
std::span<T> BasicNetwork<T>::bias(int64_t affine) noexcept {
  const AffineLayout& layout = impl_->plan.affines[static_cast<std::size_t>(affine)];
  return parameters().subspan(static_cast<std::size_t>(layout.bias_offset), static_cast<std::size_t>(layout.outputs));
}
template <typename T>
std::span<const T> BasicNetwork<T>::bias(int64_t affine) const noexcept {
  const AffineLayout& layout = impl_->plan.affines[static_cast<std::size_t>(affine)];
  return parameters().subspan(static_cast<std::size_t>(layout.bias_offset), static_cast<std::size_t>(layout.outputs));
}

template <typename T>
BasicNetwork<T> joined(std::span<const BasicNetwork<T>> members) {
  if (members.empty()) throw Error(ErrorCode::usage, "members: found none, expected at least one network");
  NetworkSpec spec = members.front().spec();
  for (const BasicNetwork<T>& network : members)
    if (network.spec() != spec || spec.members != 1)
      throw Error(ErrorCode::usage, "members: found networks of other specs, expected one spec of one member");
  spec.members = std::ssize(members);
  BasicNetwork<T> all(spec);
  T* to = all.parameters().data();
  for (const BasicNetwork<T>& network : members) to = std::ranges::copy(network.parameters(), to).out;
  return all;
}

template <typename T>
BasicNetwork<T> member(const BasicNetwork<T>& network, int64_t index) {
  NetworkSpec spec = network.spec();
  spec.members = 1;
  BasicNetwork<T> one(spec);
  std::ranges::copy(member_part(compile(network.spec()), network.parameters(), index), one.parameters().begin());
  return one;
}

template BasicNetwork<float> joined(std::span<const BasicNetwork<float>>);
template BasicNetwork<double> joined(std::span<const BasicNetwork<double>>);
template BasicNetwork<float> member(const BasicNetwork<float>&, int64_t);
template BasicNetwork<double> member(const BasicNetwork<double>&, int64_t);

template class BasicNetwork<float>;
template class BasicNetwork<double>;

}  // namespace gradus
