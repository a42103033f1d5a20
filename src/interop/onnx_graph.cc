#include "interop/onnx_graph.h"

#include <fmt/format.h>
#include <onnx.pb.h>

#include <bit>

#include "gradus/error.h"
#include "gradus/info.h"

namespace gradus {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

constexpr int64_t kIrVersion = 8;
constexpr int64_t kOpset = 17;
constexpr int64_t kMlOpset = 3;
constexpr std::string_view kMlDomain = "ai.onnx.ml";
constexpr std::size_t kMostBytes = 2'000'000'000;  // protobuf's limit is 2^31 - 1

int data_type(OnnxType type) noexcept {
  switch (type) {
    case OnnxType::float32:
      return onnx::TensorProto::FLOAT;
    case OnnxType::float64:
      return onnx::TensorProto::DOUBLE;
    case OnnxType::int64:
      return onnx::TensorProto::INT64;
    case OnnxType::boolean:
      return onnx::TensorProto::BOOL;
    case OnnxType::text:
      return onnx::TensorProto::STRING;
  }
  return onnx::TensorProto::UNDEFINED;
}

void describe_value(onnx::ValueInfoProto& value, const std::string& name, OnnxType type,
                    const std::vector<int64_t>& shape) {
  value.set_name(name);
  auto& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(data_type(type));
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  for (const int64_t size : shape) tensor.mutable_shape()->add_dim()->set_dim_value(size);
}

void set_attribute(onnx::AttributeProto& attribute, const OnnxAttribute& from) {
  attribute.set_name(from.first);
  if (const auto* whole = std::get_if<int64_t>(&from.second)) {
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(*whole);
  } else if (const auto* number = std::get_if<float>(&from.second)) {
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(*number);
  } else if (const auto* wholes = std::get_if<std::vector<int64_t>>(&from.second)) {
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const int64_t value : *wholes) attribute.add_ints(value);
  } else {
    attribute.set_type(onnx::AttributeProto::STRINGS);
    for (const std::string& text : std::get<std::vector<std::string>>(from.second)) attribute.add_strings(text);
  }
}

template <typename T>
void add_tensor(onnx::GraphProto& graph, const std::string& name, OnnxType type, std::span<const T> values,
                const std::vector<int64_t>& shape) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(data_type(type));
  for (const int64_t size : shape) tensor.add_dims(size);
  tensor.set_raw_data(values.data(), values.size_bytes());
}

}  // namespace

struct OnnxGraph::Impl {
  onnx::ModelProto model;
  onnx::GraphProto& graph() { return *model.mutable_graph(); }
};

OnnxGraph::OnnxGraph() : impl_(std::make_unique<Impl>()) {}
OnnxGraph::~OnnxGraph() = default;

std::string OnnxGraph::fresh(const std::string& what) {
  std::string name;
  do {
    name = fmt::format("{}_{}", what, made_++);
  } while (!taken_.insert(name).second);
  return name;
}

std::string OnnxGraph::untaken(std::string name) {
  while (!taken_.insert(name).second) name += '_';
  return name;
}

std::string OnnxGraph::input(const std::string& name, OnnxType type, int64_t width) {
  const std::string unique = untaken(name.empty() ? "_" : name);
  describe_value(*impl_->graph().add_input(), unique, type, {width});
  return unique;
}

void OnnxGraph::output(const std::string& value, const std::string& name, OnnxType type,
                       const std::vector<int64_t>& shape) {
  onnx::NodeProto& identity = *impl_->graph().add_node();
  identity.set_op_type("Identity");
  identity.set_name(fresh("Identity"));
  identity.add_input(value);
  identity.add_output(name);
  describe_value(*impl_->graph().add_output(), name, type, shape);
}

std::string OnnxGraph::node(const std::string& op, const std::vector<std::string>& inputs,
                            const std::vector<OnnxAttribute>& attributes) {
  const std::string name = fresh(op);
  onnx::NodeProto& node = *impl_->graph().add_node();
  node.set_op_type(op);
  node.set_name(name);
  if (op == "LabelEncoder") node.set_domain(std::string(kMlDomain));
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(name);
  for (const OnnxAttribute& attribute : attributes) set_attribute(*node.add_attribute(), attribute);
  return name;
}

std::string OnnxGraph::constant(std::span<const float> values, const std::vector<int64_t>& shape,
                                const std::string& name) {
  const std::string made = name.empty() ? fresh("constant") : untaken(name);
  add_tensor(impl_->graph(), made, OnnxType::float32, values, shape);
  return made;
}

std::string OnnxGraph::constant(std::span<const double> values, const std::vector<int64_t>& shape,
                                const std::string& name) {
  const std::string made = name.empty() ? fresh("constant") : untaken(name);
  add_tensor(impl_->graph(), made, OnnxType::float64, values, shape);
  return made;
}

std::string OnnxGraph::constant(std::span<const int64_t> values, const std::vector<int64_t>& shape) {
  const std::string made = fresh("constant");
  add_tensor(impl_->graph(), made, OnnxType::int64, values, shape);
  return made;
}

std::string OnnxGraph::constant(const std::vector<bool>& values, const std::vector<int64_t>& shape) {
  const std::string made = fresh("constant");
  const std::vector<char> bytes(values.begin(), values.end());
  add_tensor<char>(impl_->graph(), made, OnnxType::boolean, bytes, shape);
  return made;
}

std::string OnnxGraph::cast(const std::string& value, OnnxType to) {
  return node("Cast", {value}, {{"to", int64_t{data_type(to)}}});
}

std::string OnnxGraph::serialise(const std::string& metadata) const {
  onnx::ModelProto& model = impl_->model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("gradus");
  model.set_producer_version(version());
  model.mutable_graph()->set_name("gradus");
  model.clear_opset_import();
  model.add_opset_import()->set_version(kOpset);
  auto* ml = model.add_opset_import();
  ml->set_domain(std::string(kMlDomain));
  ml->set_version(kMlOpset);
  model.clear_metadata_props();
  auto* property = model.add_metadata_props();
  property->set_key("gradus");
  property->set_value(metadata);
  if (model.ByteSizeLong() > kMostBytes)
    throw Error(ErrorCode::usage, fmt::format("--to onnx: found {} bytes, expected at most {}, which the format holds",
                                              model.ByteSizeLong(), kMostBytes));
  return model.SerializeAsString();
}

}  // namespace gradus
