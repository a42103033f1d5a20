#include "model/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>

#include "gradus/error.h"
#include "gradus/output_file.h"

#include "base/quote.h"
#include "base/sha256.h"
#include "model/checkpoint_file.h"
#include "model/model_json.h"
#include "model/safetensors.h"
#include "model/sealed_file.h"

namespace gradus {
namespace {

constexpr std::string_view kJsonKey = "gradus";
constexpr std::string_view kExpected = "a Gradus model";

[[noreturn]] void fail_at(const std::string& file, int64_t offset, const std::string& message) {
  throw Error(ErrorCode::bad_data, Place{.file = file, .offset = offset}, message);
}

/// The tensors of a network in the order of the file: that of its flat parameters.
std::vector<Tensor> tensors_of(const NetworkDescription& network) {
  const Dtype dtype = network.precision == Precision::float32 ? Dtype::f32 : Dtype::f64;
  std::vector<Tensor> tensors;
  for (const TensorLayout& tensor : tensor_layout(network.spec)) {
    const int64_t begin = tensor.offset * byte_size(dtype);
    tensors.push_back({tensor.name, dtype, tensor.shape, begin, begin + tensor.size * byte_size(dtype)});
  }
  return tensors;
}

std::string shape_text(const Tensor& tensor) {
  return fmt::format("shape ({}) of {}", fmt::join(tensor.shape, ", "), name(tensor.dtype));
}

/// Each expected tensor's place in the file; they must be there with their shapes, and no others.
std::vector<const Tensor*> match_tensors(const Container& container, const std::vector<Tensor>& expected,
                                         const std::string& file) {
  std::map<std::string_view, const Tensor*> by_name;
  for (const Tensor& tensor : container.tensors) by_name[tensor.name] = &tensor;
  std::vector<const Tensor*> matched;
  for (const Tensor& wanted : expected) {
    const auto found = by_name.find(wanted.name);
    if (found == by_name.end()) {
      fail_at(file, 8,
              fmt::format("found no tensor {}, expected one of {}", in_quotes(wanted.name), shape_text(wanted)));
    }
    const Tensor& tensor = *found->second;
    if (tensor.shape != wanted.shape || tensor.dtype != wanted.dtype) {
      fail_at(file, 8,
              fmt::format("tensor {}: found {}, expected {}", in_quotes(tensor.name), shape_text(tensor),
                          shape_text(wanted)));
    }
    matched.push_back(&tensor);
    by_name.erase(found);
  }
  if (!by_name.empty()) {
    const auto layers = std::count_if(expected.begin(), expected.end(),
                                      [](const Tensor& tensor) { return tensor.name.ends_with(".weight"); });
    fail_at(file, 8,
            fmt::format("found tensor {}, expected only those of the network's {} layers",
                        in_quotes(by_name.begin()->first), layers));
  }
  return matched;
}

template <typename T>
void read_finite(std::string_view bytes, const Tensor& tensor, int64_t data_offset, T* values,
                 const std::string& file) {
  const int64_t begin = data_offset + tensor.begin;
  const auto size = static_cast<std::size_t>(tensor.end - tensor.begin);
  std::memcpy(values, bytes.data() + begin, size);
  const std::size_t count = size / sizeof(T);
  const T* bad = std::find_if(values, values + count, [](T value) { return !std::isfinite(value); });
  if (bad != values + count) {
    fail_at(file, begin + (bad - values) * static_cast<int64_t>(sizeof(T)),
            fmt::format("tensor {}: found {}, expected finite numbers", in_quotes(tensor.name), *bad));
  }
}

template <typename T>
AnyNetwork read_network(std::string_view bytes, const Container& container, const NetworkDescription& description,
                        const std::string& file) {
  // Before anything is allocated: the file must hold every weight.
  const std::vector<Tensor> expected = tensors_of(description);
  const std::vector<const Tensor*> tensors = match_tensors(container, expected, file);
  BasicNetwork<T> network(description.spec);
  const std::vector<TensorLayout> layout = tensor_layout(description.spec);
  for (std::size_t i = 0; i < layout.size(); ++i) {
    T* values = network.parameters().data() + layout[i].offset;
    read_finite(bytes, *tensors[i], container.data_offset, values, file);
    if (layout[i].name.ends_with(".variance") &&
        std::any_of(values, values + layout[i].size, [](T value) { return value < T(0); }))
      fail_at(file, container.data_offset + tensors[i]->begin,
              fmt::format("tensor {}: found a number below 0, expected variances", in_quotes(layout[i].name)));
  }
  return network;
}

const std::string& json_text(const Container& container, const std::string& file) {
  if (const std::string* text = metadata_text(container, kJsonKey)) return *text;
  if (metadata_text(container, kCheckpointKey) != nullptr)
    fail_at(file, 8, "found a checkpoint, from which train goes on with --resume, expected a model");
  fail_at(file, 8, fmt::format("found no \"{}\" in __metadata__, expected the model's JSON", kJsonKey));
}

/// The file's data: the flat parameters hold weight and bias layer by layer, row-major, as the file does.
std::string_view data_of(const ModelData& model) {
  return std::visit(
      [](const auto& network) -> std::string_view {
        const auto parameters = network.parameters();
        return {reinterpret_cast<const char*>(parameters.data()), parameters.size_bytes()};
      },
      model.network);
}

/// A file with other numbers would be refused when read.
void check_finite(const ModelData& model) {
  const bool finite = std::visit(
      [](const auto& network) {
        const auto parameters = network.parameters();
        return std::all_of(parameters.begin(), parameters.end(), [](auto value) { return std::isfinite(value); });
      },
      model.network);
  if (!finite) throw Error(ErrorCode::diverged, "found a weight that is not finite, expected a model that can be kept");
}

std::string header_of(const ModelData& model) {
  const bool single = std::holds_alternative<BasicNetwork<float>>(model.network);
  const NetworkDescription network{spec(model), single ? Precision::float32 : Precision::float64};
  const std::string_view data[] = {data_of(model)};
  return sealed_header(kJsonKey, model_json(model), tensors_of(network), data);
}

}  // namespace

ModelData parse_model(std::string_view bytes, const std::string& file) {
  check_seal(bytes, file, kExpected);
  const Container container = parse_container(bytes, file);
  const Place place{.file = file, .offset = 8};
  // The text's own place in the file is not known: the header's JSON holds it escaped.
  const Json json = parse_strict_json(json_text(container, file), Place{.file = file});
  const JsonField root(json, "", place);
  check_format(root);
  const NetworkDescription network = network_from_json(root);
  const bool single = network.precision == Precision::float32;
  return model_from_json(root, single ? read_network<float>(bytes, container, network, file)
                                      : read_network<double>(bytes, container, network, file));
}

ModelData read_model(const std::string& path) {
  std::string name;
  const std::string bytes = read_sealed(path, kExpected, name);
  return parse_model(bytes, name);
}

void write_model(const ModelData& model, const std::string& path) {
  check_finite(model);
  OutputFile output(path);
  output.write(header_of(model));
  output.write(data_of(model));
  output.commit();
}

std::string model_file_sum(const ModelData& model) {
  Sha256 sum;
  sum.update(std::string_view(header_of(model)));
  sum.update(data_of(model));
  return sum.hex();
}

}  // namespace gradus
