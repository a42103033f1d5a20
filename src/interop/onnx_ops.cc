#include "interop/onnx_ops.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace gradus {
namespace {

using Unary = double (*)(double);
using Binary = double (*)(double, double);

struct BinaryOp {
  Binary function;
  bool boolean;  ///< the result is one
};

double sigmoid(double x) {
  return x >= 0.0 ? 1.0 / (1.0 + std::exp(-x)) : std::exp(x) / (1.0 + std::exp(x));
}

const std::map<std::string, Unary>& unary_ops() {
  static const std::map<std::string, Unary> ops = {
      {"Identity", [](double x) { return x; }},
      {"Sqrt", [](double x) { return std::sqrt(x); }},
      {"Cos", [](double x) { return std::cos(x); }},
      {"Abs", [](double x) { return std::fabs(x); }},
      {"Exp", [](double x) { return std::exp(x); }},
      {"Log", [](double x) { return std::log(x); }},
      {"Erf", [](double x) { return std::erf(x); }},
      {"Tanh", [](double x) { return std::tanh(x); }},
      {"Relu", [](double x) { return x < 0.0 ? 0.0 : x; }},
      {"Sigmoid", sigmoid},
      {"Softplus", [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }},
      {"Softsign", [](double x) { return x / (1.0 + std::fabs(x)); }},
      {"IsNaN", [](double x) { return std::isnan(x) ? 1.0 : 0.0; }},
      {"IsInf", [](double x) { return std::isinf(x) ? 1.0 : 0.0; }},
  };
  return ops;
}

const std::map<std::string, BinaryOp>& binary_ops() {
  static const std::map<std::string, BinaryOp> ops = {
      {"Add", {[](double a, double b) { return a + b; }, false}},
      {"Sub", {[](double a, double b) { return a - b; }, false}},
      {"Mul", {[](double a, double b) { return a * b; }, false}},
      {"Div", {[](double a, double b) { return a / b; }, false}},
      {"Min", {[](double a, double b) { return std::isnan(a) || a < b ? a : b; }, false}},
      {"Max", {[](double a, double b) { return std::isnan(a) || a > b ? a : b; }, false}},
      {"Or", {[](double a, double b) { return a != 0.0 || b != 0.0 ? 1.0 : 0.0; }, true}},
      {"Equal", {[](double a, double b) { return a == b ? 1.0 : 0.0; }, true}},
      {"Greater", {[](double a, double b) { return a > b ? 1.0 : 0.0; }, true}},
      {"GreaterOrEqual", {[](double a, double b) { return a >= b ? 1.0 : 0.0; }, true}},
  };
  return ops;
}

/// The shape that both are broadcast to: aligned at their last dimensions, 1 stretching.
std::vector<int64_t> broadcast_shape(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  std::vector<int64_t> shape(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    shape[shape.size() - 1 - i] = x == 1 ? y : x;
  }
  return shape;
}

/// Where in a tensor of shape `from` the element of flat index `index` in shape `to` comes from.
std::size_t source_index(const std::vector<int64_t>& from, const std::vector<int64_t>& to, int64_t index) {
  int64_t place = 0;
  int64_t stride = 1;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const int64_t size = from[from.size() - 1 - i];
    const int64_t extent = to[to.size() - 1 - i];
    place += size == 1 ? 0 : (index % extent) * stride;
    index /= extent;
    stride *= size;
  }
  return static_cast<std::size_t>(place);
}

OnnxTensor mapped(const OnnxTensor& x, OnnxType type, const std::function<double(double)>& function) {
  OnnxTensor out{type, x.shape, {}, x.texts};
  out.numbers.reserve(x.numbers.size());
  for (const double value : x.numbers) out.numbers.push_back(rounded_to(type, function(value)));
  return out;
}

OnnxTensor combined(const OnnxTensor& a, const OnnxTensor& b, const BinaryOp& op) {
  const OnnxType type = op.boolean ? OnnxType::boolean : a.type;
  OnnxTensor out{type, broadcast_shape(a.shape, b.shape), {}, {}};
  out.numbers.resize(static_cast<std::size_t>(out.size()));
  for (int64_t i = 0; i < out.size(); ++i)
    out.numbers[static_cast<std::size_t>(i)] = rounded_to(
        type,
        op.function(a.numbers[source_index(a.shape, out.shape, i)], b.numbers[source_index(b.shape, out.shape, i)]));
  return out;
}

/// Activations with numbers of their own.
std::function<double(double)> with_attributes(const std::string& op,
                                              const std::function<double(const char*, double)>& number) {
  if (op == "LeakyRelu") return [alpha = number("alpha", 0.01)](double x) { return x < 0.0 ? alpha * x : x; };
  if (op == "Elu") return [alpha = number("alpha", 1.0)](double x) { return x < 0.0 ? alpha * std::expm1(x) : x; };
  if (op == "Selu")
    return [alpha = number("alpha", 1.67326319217681884765625), gamma = number("gamma", 1.05070102214813232421875)](
               double x) { return gamma * (x < 0.0 ? alpha * std::expm1(x) : x); };
  if (op == "HardSigmoid")
    return [alpha = number("alpha", 0.2), beta = number("beta", 0.5)](double x) {
      return std::clamp(alpha * x + beta, 0.0, 1.0);
    };
  return {};
}

}  // namespace

double rounded_to(OnnxType type, double x) noexcept {
  if (type == OnnxType::float32 && std::fabs(x) <= 3.4028234663852886e38)
    return static_cast<double>(static_cast<float>(x));
  if (type == OnnxType::int64) return std::trunc(x);
  if (type == OnnxType::boolean) return x != 0.0 ? 1.0 : 0.0;
  return x;
}

std::optional<OnnxTensor> elementwise(const std::string& op, const std::vector<const OnnxTensor*>& inputs,
                                      const std::function<double(const char*, double)>& number) {
  if (const auto found = unary_ops().find(op); found != unary_ops().end() && inputs.size() == 1) {
    const bool boolean = op == "IsNaN" || op == "IsInf";
    return mapped(*inputs[0], boolean ? OnnxType::boolean : inputs[0]->type, found->second);
  }
  if (const auto found = binary_ops().find(op); found != binary_ops().end() && inputs.size() == 2)
    return combined(*inputs[0], *inputs[1], found->second);
  if (const auto function = with_attributes(op, number); function && inputs.size() == 1)
    return mapped(*inputs[0], inputs[0]->type, function);
  return std::nullopt;
}

OnnxTensor onnx_where(const OnnxTensor& condition, const OnnxTensor& yes, const OnnxTensor& no) {
  OnnxTensor out{yes.type, broadcast_shape(broadcast_shape(condition.shape, yes.shape), no.shape), {}, {}};
  for (int64_t i = 0; i < out.size(); ++i) {
    const OnnxTensor& from = condition.numbers[source_index(condition.shape, out.shape, i)] != 0.0 ? yes : no;
    out.numbers.push_back(from.numbers[source_index(from.shape, out.shape, i)]);
  }
  return out;
}

OnnxTensor onnx_product(const OnnxTensor& a, const OnnxTensor& b, const OnnxTensor* bias) {
  const int64_t rows = a.shape[0], depth = a.shape[1], columns = b.shape[1];
  OnnxTensor out{a.type, {rows, columns}, {}, {}};
  out.numbers.resize(static_cast<std::size_t>(rows * columns));
  for (int64_t i = 0; i < rows; ++i) {
    double* row = out.numbers.data() + i * columns;
    if (bias != nullptr) std::copy_n(bias->numbers.data(), columns, row);
    for (int64_t k = 0; k < depth; ++k) {
      const double x = a.numbers[static_cast<std::size_t>(i * depth + k)];
      const double* weights = b.numbers.data() + k * columns;
      for (int64_t j = 0; x != 0.0 && j < columns; ++j) row[j] += x * weights[j];
    }
    for (int64_t j = 0; j < columns; ++j) row[j] = rounded_to(a.type, row[j]);
  }
  return out;
}

OnnxTensor onnx_concat(const std::vector<const OnnxTensor*>& inputs) {
  OnnxTensor out{inputs[0]->type, {inputs[0]->shape[0], 0}, {}, {}};
  for (const OnnxTensor* input : inputs) out.shape[1] += input->shape[1];
  for (int64_t row = 0; row < out.shape[0]; ++row)
    for (const OnnxTensor* input : inputs) {
      const auto begin = input->numbers.begin() + row * input->shape[1];
      out.numbers.insert(out.numbers.end(), begin, begin + input->shape[1]);
    }
  return out;
}

OnnxTensor onnx_gather(const OnnxTensor& data, const OnnxTensor& indices) {
  OnnxTensor out{data.type, {data.shape[0], indices.size()}, {}, {}};
  for (int64_t row = 0; row < data.shape[0]; ++row)
    for (const double index : indices.numbers)
      out.numbers.push_back(data.numbers[static_cast<std::size_t>(row * data.shape[1] + static_cast<int64_t>(index))]);
  return out;
}

OnnxTensor onnx_gather_rows(const OnnxTensor& data, const OnnxTensor& indices) {
  OnnxTensor out{data.type, {indices.size(), data.shape[1]}, {}, {}};
  for (const double index : indices.numbers) {
    const auto begin = data.numbers.begin() + static_cast<int64_t>(index) * data.shape[1];
    out.numbers.insert(out.numbers.end(), begin, begin + data.shape[1]);
  }
  return out;
}

OnnxTensor onnx_softmax(const OnnxTensor& x) {
  OnnxTensor out = x;
  for (int64_t row = 0; row < x.shape[0]; ++row) {
    const auto begin = out.numbers.begin() + row * x.shape[1];
    const auto end = begin + x.shape[1];
    const double largest = *std::max_element(begin, end);
    double sum = 0.0;
    for (auto value = begin; value != end; ++value) sum += * value = std::exp(*value - largest);
    for (auto value = begin; value != end; ++value) *value = rounded_to(x.type, *value / sum);
  }
  return out;
}

OnnxTensor onnx_layer_norm(const OnnxTensor& x, const OnnxTensor& scale, const OnnxTensor& shift, double epsilon) {
  OnnxTensor out = x;
  const int64_t width = x.shape[1];
  for (int64_t row = 0; row < x.shape[0]; ++row) {
    double* values = out.numbers.data() + row * width;
    double mean = 0.0;
    for (int64_t j = 0; j < width; ++j) mean += values[j] / static_cast<double>(width);
    double variance = 0.0;
    for (int64_t j = 0; j < width; ++j)
      variance += (values[j] - mean) * (values[j] - mean) / static_cast<double>(width);
    for (int64_t j = 0; j < width; ++j) {
      const auto k = static_cast<std::size_t>(j);
      values[j] =
          rounded_to(x.type, (values[j] - mean) / std::sqrt(variance + epsilon) * scale.numbers[k] + shift.numbers[k]);
    }
  }
  return out;
}

OnnxTensor onnx_argmax(const OnnxTensor& x) {
  OnnxTensor out{OnnxType::int64, {x.shape[0]}, {}, {}};
  for (int64_t row = 0; row < x.shape[0]; ++row) {
    const auto begin = x.numbers.begin() + row * x.shape[1];
    out.numbers.push_back(static_cast<double>(std::max_element(begin, begin + x.shape[1]) - begin));
  }
  return out;
}

OnnxTensor onnx_row_sum(const OnnxTensor& x) {
  OnnxTensor out{x.type, {x.shape[0], 1}, {}, {}};
  for (int64_t row = 0; row < x.shape[0]; ++row) {
    double sum = 0.0;
    for (int64_t j = 0; j < x.shape[1]; ++j) sum += x.numbers[static_cast<std::size_t>(row * x.shape[1] + j)];
    out.numbers.push_back(rounded_to(x.type, sum));
  }
  return out;
}

OnnxTensor onnx_reshape(const OnnxTensor& x, const OnnxTensor& shape) {
  OnnxTensor out = x;
  out.shape.clear();
  int64_t known = 1;
  for (const double size : shape.numbers) known *= size > 0.0 ? static_cast<int64_t>(size) : 1;
  for (const double size : shape.numbers)
    out.shape.push_back(size > 0.0 ? static_cast<int64_t>(size) : x.size() / known);
  return out;
}

}  // namespace gradus
