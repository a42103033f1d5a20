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

/// Throws unless all numbers are finite and, for variances, none is below 0. `bytes`: the tensor's.
template <typename T>
void check_numbers(std::string_view bytes, const Tensor& tensor, int64_t offset, const std::string& file) {
  const bool variance = tensor.name.ends_with(".variance");
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + i, sizeof value);  // a file of another writer may not align its data
    if (std::isfinite(value) && !(variance && value < T(0))) continue;
    fail_at(file, offset + static_cast<int64_t>(i),
            fmt::format("tensor {}: found {}, expected {}", in_quotes(tensor.name), value,
                        std::isfinite(value) ? "variances, 0 or more" : "finite numbers"));
  }
}

template <typename T>
AnyNetwork read_network(std::string_view bytes, const Container& container, const NetworkDescription& description,
                        const std::string& file) {
  // Before anything is allocated: the file must hold every weight, and each must be one.
  const std::vector<Tensor> expected = tensors_of(description);
  const std::vector<const Tensor*> tensors = match_tensors(container, expected, file);
  const auto bytes_of = [&](const Tensor& tensor) {
    return bytes.substr(static_cast<std::size_t>(container.data_offset + tensor.begin),
                        static_cast<std::size_t>(tensor.end - tensor.begin));
  };
  for (const Tensor* tensor : tensors)
    check_numbers<T>(bytes_of(*tensor), *tensor, container.data_offset + tensor->begin, file);
  BasicNetwork<T> network(description.spec);
  // An expected tensor lies in the file as in the flat parameters.
  auto* parameters = reinterpret_cast<char*>(network.parameters().data());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string_view from = bytes_of(*tensors[i]);
    std::memcpy(parameters + expected[i].begin, from.data(), from.size());
  }
  return network;
}

/// The model's JSON as it stands in the header's, escaped.
std::string_view json_text(const Container& container, const std::string& file) {
  if (!container.long_text.empty()) return container.long_text;
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

/// What is written can be read: a model of too many names and texts is refused here, as its reader would.
std::string readable_json(const ModelData& model, const std::string& path) {
  std::string json = model_json(model);
  constexpr std::size_t kSurelyReadable = 1 << 20;
  if (json.size() > kSurelyReadable) parse_strict_json(json, Place{.file = path});
  return json;
}

std::string header_of(const ModelData& model, const std::string& path) {
  const bool single = std::holds_alternative<BasicNetwork<float>>(model.network);
  const NetworkDescription network{spec(model), single ? Precision::float32 : Precision::float64};
  const std::string_view data[] = {data_of(model)};
  std::string header = sealed_header(kJsonKey, readable_json(model, path), tensors_of(network), data);
  header_length(header, std::ssize(header), path);
  return header;
}

}  // namespace

ModelData parse_model(std::string_view bytes, const std::string& file) {
  check_seal(bytes, file, kExpected);
  const Container container = parse_container(bytes, kJsonKey, file);
  const Place place{.file = file, .offset = 8};
  // A place in the text is none in the file, where it stands escaped.
  const Place text_place{.file = file};
  const Json json = parse_strict_json_in_string(json_text(container, file), text_place);
  const JsonField root(json, "", place);
  check_format(root);
  const NetworkDescription network = network_from_json(root);
  ModelData model = model_from_json(root, network.spec);
  const bool single = network.precision == Precision::float32;
  model.network = single ? read_network<float>(bytes, container, network, file)
                         : read_network<double>(bytes, container, network, file);
  return model;
}

ModelData read_model(const std::string& path) {
  std::string name;
  const std::string bytes = read_sealed(path, kExpected, name);
  return parse_model(bytes, name);
}

void write_model(const ModelData& model, const std::string& path) {
  check_finite(model);
  const std::string header = header_of(model, path);
  OutputFile output(path);
  output.write(header);
  output.write(data_of(model));
  output.commit();
}

std::string model_file_sum(const ModelData& model) {
  Sha256 sum;
  sum.update(std::string_view(header_of(model, "")));
  sum.update(data_of(model));
  return sum.hex();
}

}  // namespace gradus
