#include "interop/onnx_evaluate.h"

#include <fmt/format.h>
#include <onnx.pb.h>

#include <cstring>

#include "gradus/error.h"

#include "interop/onnx_ops.h"

namespace gradus {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::internal, "ONNX: " + message);
}

OnnxType type_of(int64_t type) {
  switch (type) {
    case onnx::TensorProto::FLOAT:
      return OnnxType::float32;
    case onnx::TensorProto::DOUBLE:
      return OnnxType::float64;
    case onnx::TensorProto::INT64:
      return OnnxType::int64;
    case onnx::TensorProto::BOOL:
      return OnnxType::boolean;
    default:
      fail(fmt::format("found element type {}", type));
  }
}

template <typename T>
void read_raw(const std::string& raw, OnnxTensor& tensor) {
  if (raw.size() != static_cast<std::size_t>(tensor.size()) * sizeof(T)) fail("found raw data of another size");
  for (std::size_t i = 0; i < raw.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, raw.data() + i, sizeof value);
    tensor.numbers.push_back(static_cast<double>(value));
  }
}

OnnxTensor tensor_of(const onnx::TensorProto& from) {
  OnnxTensor tensor{type_of(from.data_type()), {from.dims().begin(), from.dims().end()}, {}, {}};
  switch (tensor.type) {
    case OnnxType::float32:
      read_raw<float>(from.raw_data(), tensor);
      break;
    case OnnxType::float64:
      read_raw<double>(from.raw_data(), tensor);
      break;
    case OnnxType::int64:
      read_raw<int64_t>(from.raw_data(), tensor);
      break;
    default:
      read_raw<char>(from.raw_data(), tensor);
  }
  return tensor;
}

const onnx::AttributeProto* find(const onnx::NodeProto& node, std::string_view name) {
  for (const onnx::AttributeProto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

/// ai.onnx.ml LabelEncoder: texts to whole numbers, or whole numbers to either.
OnnxTensor label_encoder(const onnx::NodeProto& node, const OnnxTensor& x) {
  const auto* text_keys = find(node, "keys_strings");
  const auto* number_keys = find(node, "keys_int64s");
  const auto* text_values = find(node, "values_strings");
  const auto* number_values = find(node, "values_int64s");
  const auto* otherwise = find(node, "default_int64");
  const bool to_text = text_values != nullptr;
  OnnxTensor out{to_text ? OnnxType::text : OnnxType::int64, x.shape, {}, {}};
  std::map<std::string, int> by_text;
  std::map<int64_t, int> by_number;
  for (int k = 0; text_keys != nullptr && k < text_keys->strings_size(); ++k) by_text[text_keys->strings(k)] = k;
  for (int k = 0; number_keys != nullptr && k < number_keys->ints_size(); ++k) by_number[number_keys->ints(k)] = k;
  for (std::size_t i = 0; i < static_cast<std::size_t>(x.size()); ++i) {
    int place = -1;
    if (x.type == OnnxType::text) {
      if (const auto found = by_text.find(x.texts[i]); found != by_text.end()) place = found->second;
    } else if (const auto found = by_number.find(static_cast<int64_t>(x.numbers[i])); found != by_number.end()) {
      place = found->second;
    }
    if (to_text) {
      out.texts.push_back(place >= 0 ? text_values->strings(place) : "_Unused");
    } else {
      const int64_t value = place >= 0 ? number_values->ints(place) : otherwise != nullptr ? otherwise->i() : -1;
      out.numbers.push_back(static_cast<double>(value));
    }
  }
  return out;
}

OnnxTensor cast(const onnx::NodeProto& node, const OnnxTensor& x) {
  OnnxTensor out = x;
  out.type = type_of(find(node, "to")->i());
  for (double& value : out.numbers) value = rounded_to(out.type, value);
  return out;
}

OnnxTensor run(const onnx::NodeProto& node, const std::vector<const OnnxTensor*>& in) {
  const std::string& op = node.op_type();
  const auto number = [&node](const char* name, double otherwise) {
    const auto* attribute = find(node, name);
    return attribute != nullptr ? static_cast<double>(attribute->f()) : otherwise;
  };
  if (auto out = elementwise(op, in, number)) return std::move(*out);
  if (op == "Cast") return cast(node, *in.at(0));
  if (op == "LabelEncoder") return label_encoder(node, *in.at(0));
  if (op == "Where") return onnx_where(*in.at(0), *in.at(1), *in.at(2));
  if (op == "Gemm") return onnx_product(*in.at(0), *in.at(1), in.at(2));
  if (op == "MatMul") return onnx_product(*in.at(0), *in.at(1), nullptr);
  if (op == "Concat") return onnx_concat(in);
  if (op == "Gather" && find(node, "axis")->i() == 0) return onnx_gather_rows(*in.at(0), *in.at(1));
  if (op == "Gather") return onnx_gather(*in.at(0), *in.at(1));
  if (op == "Softmax") return onnx_softmax(*in.at(0));
  if (op == "LayerNormalization")
    return onnx_layer_norm(*in.at(0), *in.at(1), *in.at(2), number("epsilon", static_cast<double>(1e-5f)));
  if (op == "ArgMax") return onnx_argmax(*in.at(0));
  if (op == "ReduceSum") return onnx_row_sum(*in.at(0));
  if (op == "Reshape") return onnx_reshape(*in.at(0), *in.at(1));
  fail(fmt::format("found the operator {} with {} inputs", op, in.size()));
}

}  // namespace

OnnxTensors evaluate_onnx(std::string_view bytes, OnnxTensors inputs) {
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) fail("found bytes that are no model");
  OnnxTensors values = std::move(inputs);
  for (const onnx::TensorProto& tensor : model.graph().initializer()) values[tensor.name()] = tensor_of(tensor);
  for (const onnx::NodeProto& node : model.graph().node()) {
    std::vector<const OnnxTensor*> in;
    for (const std::string& name : node.input()) {
      const auto found = values.find(name);
      if (found == values.end()) fail(fmt::format("node {} reads {}, which nothing has made", node.name(), name));
      in.push_back(&found->second);
    }
    values[node.output(0)] = run(node, in);
  }
  OnnxTensors outputs;
  for (const onnx::ValueInfoProto& output : model.graph().output()) outputs[output.name()] = values[output.name()];
  return outputs;
}

}  // namespace gradus
