// Named so that only the test program holds it.
#include "model/test_models.h"

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "base/test_files.h"
#include "model/model_file.h"

namespace gradus {
namespace {

constexpr std::size_t kLengthBytes = 8;

template <typename T>
BasicNetwork<T> filled_network(NetworkSpec network_spec) {
  BasicNetwork<T> network(std::move(network_spec));
  T value = static_cast<T>(0.1);
  for (T& parameter : network.parameters()) {
    parameter = value;
    value = static_cast<T>(value * T(-1.37));
  }
  network.parameters()[0] = std::numeric_limits<T>::denorm_min();
  network.parameters()[1] = std::numeric_limits<T>::max();
  network.parameters()[2] = -T(0);
  return network;
}

Encoder small_encoder() {
  Encoder encoder;
  encoder.columns.push_back({.name = "größe \"x\"\n",
                             .encoding = NumericEncoding{.mean = 0.1,
                                                         .scale = 1e-300,
                                                         .fill = -0.0,
                                                         .minimum = -DBL_MAX,
                                                         .maximum = 5e-324,
                                                         .indicator = true,
                                                         .wide = true},
                             .training_missing = 7,
                             .first = 0,
                             .width = 2});
  encoder.columns.push_back({.name = "city",
                             .encoding = CategoryEncoding{.categories = {"Zürich"}, .indicator = true},
                             .training_missing = 1,
                             .first = 2,
                             .width = 3});
  encoder.width = 5;
  return encoder;
}

std::string with_header(const std::string& header, std::string_view data) {
  const uint64_t length = header.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes += header;
  bytes += data;
  return with_sum(bytes);
}

std::size_t data_offset(const std::string& bytes) {
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  return kLengthBytes + length;
}

}  // namespace

template <typename T>
ModelData small_model() {
  const NetworkSpec network{5,
                            {Affine{3}, Activate{Activation::tanh}, Dropout{0.1}, Affine{2}},
                            {Loss::softmax_cross_entropy, Activation::identity}};
  ModelData model{.network = filled_network<T>(network)};
  model.encoder = small_encoder();
  model.targets.task = Task::classification;
  model.targets.columns.push_back({.name = "class", .mean = 0.5, .scale = 2.0, .minimum = -1.0, .maximum = 3.0});
  model.targets.classes = {"9", "10"};
  model.targets.numeric_classes = true;
  model.options = {{"solver", "adamw"}, {"batch_size", "32"}, {"activation", "tanh"}};
  model.seed = UINT64_MAX;
  model.l2 = 1e-4;
  model.learning_rate = 0.003;
  model.training_rows = 1234567890123;
  model.validation_rows = 42;
  model.fingerprint = std::string(64, 'f');
  model.stop_reason = StopReason::early_stopping;
  model.best_epoch = 2;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  model.history.push_back({1, 10, 0.7, nan, -inf, 0.003, 1.5, 100.0, false});
  model.history.push_back({2, 20, inf, 0.1 + 0.2, 0.9, 0.001, 3.0, 100.0, true});
  return model;
}
template ModelData small_model<float>();
template ModelData small_model<double>();

ModelData small_regression() {
  const NetworkSpec network{2, {Affine{2}}, {Loss::squared_error, Activation::sigmoid}};
  ModelData model{.network = filled_network<float>(network)};
  model.encoder.columns.push_back({.name = "a", .encoding = NumericEncoding{}, .first = 0, .width = 1});
  model.encoder.columns.push_back({.name = "b", .encoding = NumericEncoding{.scale = 0.0}, .first = 1, .width = 1});
  model.encoder.width = 2;
  model.targets.columns.push_back({.name = "y"});
  model.targets.columns.push_back({.name = "z", .mean = 1e10, .scale = 1e-10});
  return model;
}

std::string file_of(const ModelData& model) {
  const TemporaryFolder folder;
  write_model(model, folder / "m.safetensors");
  return read_bytes(folder / "m.safetensors");
}

std::string with_sum(std::string bytes) {
  if (bytes.size() >= kSumOffset + kSumSize) bytes.replace(kSumOffset, kSumSize, model_sum(bytes));
  return bytes;
}

std::string edit_header(const std::string& bytes, const std::function<void(Json&)>& edit) {
  const std::size_t offset = data_offset(bytes);
  Json header = Json::parse(bytes.substr(kLengthBytes, offset - kLengthBytes));
  edit(header);
  return with_header(header.dump(), std::string_view(bytes).substr(offset));
}

std::string edit_json(const std::string& bytes, const std::function<void(Json&)>& edit) {
  return edit_header(bytes, [&](Json& header) {
    Json& text = header["__metadata__"]["gradus"];
    Json json = Json::parse(text.get<std::string>());
    edit(json);
    text = json.dump();
  });
}

std::string edit_data(const std::string& bytes, const std::function<void(std::string&)>& edit) {
  const std::size_t offset = data_offset(bytes);
  std::string data = bytes.substr(offset);
  edit(data);
  return with_header(bytes.substr(kLengthBytes, offset - kLengthBytes), data);
}

}  // namespace gradus
