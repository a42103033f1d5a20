#include "model/checkpoint_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <utility>

#include "gradus/error.h"
#include "gradus/info.h"
#include "gradus/output_file.h"

#include "base/quote.h"
#include "model/sealed_file.h"

namespace gradus {
namespace {

constexpr std::string_view kExpected = "a checkpoint";
constexpr std::string_view kHistory = "history";
constexpr int64_t kMajor = 1;
constexpr int64_t kMinor = 0;
/// Columns of `history`, in the order of `record_row`.
constexpr std::size_t kFields = 9;

std::array<double, kFields> record_row(const EpochRecord& record) {
  return {static_cast<double>(record.epoch),
          static_cast<double>(record.step),
          record.train_loss,
          record.validation_loss,
          record.validation_metric,
          record.learning_rate,
          record.seconds,
          record.rows_per_second,
          record.best ? 1.0 : 0.0};
}

/// A count that came as a double.
int64_t whole(double value) {
  return value >= 0.0 && value <= 9007199254740992.0 ? static_cast<int64_t>(value) : -1;
}

EpochRecord record_of(const double* row) {
  return {.epoch = whole(row[0]),
          .step = whole(row[1]),
          .train_loss = row[2],
          .validation_loss = row[3],
          .validation_metric = row[4],
          .learning_rate = row[5],
          .seconds = row[6],
          .rows_per_second = row[7],
          .best = row[8] != 0.0};
}

Json number_json(const RunState::Number& number) {
  if (const auto* value = std::get_if<int64_t*>(&number.value)) return **value;
  if (const auto* value = std::get_if<bool*>(&number.value)) return **value;
  return json_number(*std::get<double*>(number.value));
}

void restore_number(const JsonField& field, const RunState::Number& number) {
  if (const auto* value = std::get_if<int64_t*>(&number.value)) {
    **value = field.integer(0, static_cast<int64_t>(number.most));
  } else if (const auto* flag = std::get_if<bool*>(&number.value)) {
    **flag = field.boolean();
  } else {
    const double found = field.number();
    if (std::isfinite(number.most) && !(found >= 0.0 && found <= number.most && found == std::floor(found)))
      field.fail(fmt::format("a whole number from 0 to {}", number.most));
    *std::get<double*>(number.value) = found;
  }
}

std::string_view bytes_of(const RunState::Array& array) {
  return std::visit(
      [](const auto& values) {
        return std::string_view(reinterpret_cast<const char*>(values.data()), values.size_bytes());
      },
      array.values);
}

Dtype dtype_of(const RunState::Array& array) {
  return std::holds_alternative<std::span<float>>(array.values) ? Dtype::f32 : Dtype::f64;
}

std::string checkpoint_json(const OptionList& run, const RunState& state) {
  Json json = {{"format", {{"major", kMajor}, {"minor", kMinor}}}, {"program", "gradus " + version()}};
  Json& options = json["run"] = Json::object();
  for (const auto& [name, value] : run) options[name] = value;
  Json& numbers = json["state"] = Json::object();
  for (const RunState::Number& number : state.numbers()) numbers[number.name] = number_json(number);
  try {
    return json.dump();
  } catch (const Json::type_error&) {
    throw Error(ErrorCode::bad_data, "found an option that is not UTF-8, expected UTF-8");
  }
}

}  // namespace

Checkpoint::Checkpoint(std::string bytes, const std::string& file)
    : bytes_(std::move(bytes)), file_(file), place_{.file = file, .offset = 8} {
  check_seal(bytes_, file_, kExpected);
  container_ = parse_container(bytes_, kCheckpointKey, file_);
  const std::string_view text = std::exchange(container_.long_text, {});  // a view into what may move
  if (text.empty()) fail("found a model, expected a checkpoint");
  json_ = parse_strict_json_in_string(text, Place{.file = file_});
  const JsonField root(json_, "", place_);
  const JsonField format = root.at("format");
  if (format.at("major").integer(0, INT64_MAX) != kMajor)
    format.fail(fmt::format("a checkpoint written by {}", in_quotes(root.at("program").text())),
                fmt::format("format {}.x, which this gradus {} reads", kMajor, version()));
  for (const auto& [name, value] : root.at("run").members()) run_.emplace_back(name, value.text());
  check_history();
}

Checkpoint Checkpoint::read(const std::string& path) {
  std::string name;
  std::string bytes = read_sealed(path, kExpected, name);
  return {std::move(bytes), name};
}

void Checkpoint::fail(const std::string& message) const {
  throw Error(ErrorCode::bad_data, place_, message);
}

const Tensor& Checkpoint::tensor(std::string_view name) const {
  const auto found = std::find_if(container_.tensors.begin(), container_.tensors.end(),
                                  [&](const Tensor& one) { return one.name == name; });
  if (found == container_.tensors.end()) fail(fmt::format("found no tensor {}, expected one", in_quotes(name)));
  return *found;
}

EpochRecord Checkpoint::record(const Tensor& history, int64_t i) const {
  double row[kFields];
  std::memcpy(row, bytes_.data() + container_.data_offset + history.begin + i * static_cast<int64_t>(sizeof row),
              sizeof row);
  return record_of(row);
}

void Checkpoint::check_history() const {
  const Tensor& found = tensor(kHistory);
  if (found.dtype != Dtype::f64 || found.shape.size() != 2 || found.shape[1] != static_cast<int64_t>(kFields))
    fail(fmt::format("tensor \"history\": found another shape, expected (epochs, {}) of F64", kFields));
  for (int64_t i = 0; i < found.shape[0]; ++i) {
    const EpochRecord one = record(found, i);
    if (one.epoch != i + 1 || one.step < 0)
      fail(fmt::format("tensor \"history\": found epoch {} and step {} in row {}, expected epochs counted from 1",
                       one.epoch, one.step, i + 1));
  }
}

std::vector<EpochRecord> Checkpoint::history() const {
  const Tensor& found = tensor(kHistory);
  std::vector<EpochRecord> records;
  records.reserve(static_cast<std::size_t>(found.shape[0]));
  for (int64_t i = 0; i < found.shape[0]; ++i) records.push_back(record(found, i));
  return records;
}

void Checkpoint::restore(const RunState& state) const {
  const JsonField numbers = JsonField(json_, "", place_).at("state");
  for (const RunState::Number& number : state.numbers()) restore_number(numbers.at(number.name), number);
  for (const RunState::Array& array : state.arrays()) {
    const Tensor& found = tensor(array.name);
    const std::string_view wanted = bytes_of(array);
    if (found.dtype != dtype_of(array) || found.end - found.begin != std::ssize(wanted))
      fail(fmt::format("tensor {}: found {} bytes of {}, expected {} of {}", in_quotes(array.name),
                       found.end - found.begin, name(found.dtype), wanted.size(), name(dtype_of(array))));
    std::visit(
        [&](const auto& values) {
          std::memcpy(values.data(), bytes_.data() + container_.data_offset + found.begin, values.size_bytes());
        },
        array.values);
  }
}

CheckpointNames::CheckpointNames(const std::string& file) : newest(file) {
  // All of them stand in one folder: beside what a link leads to.
  std::error_code none;
  if (std::filesystem::is_symlink(file, none)) {
    const auto target = std::filesystem::canonical(file, none);
    if (!none) newest = target.string();
  }
  previous = newest + ".previous";
  temporary = newest + ".new";
  lock = newest + ".lock";
}

void write_checkpoint(const CheckpointNames& names, const OptionList& run, const std::vector<EpochRecord>& history,
                      const RunState& state) {
  std::vector<double> records;
  for (const EpochRecord& record : history) {
    const auto row = record_row(record);
    records.insert(records.end(), row.begin(), row.end());
  }
  std::vector<std::string_view> data = {
      {reinterpret_cast<const char*>(records.data()), records.size() * sizeof(double)}};
  std::vector<Tensor> tensors = {{std::string(kHistory), Dtype::f64, {std::ssize(history), kFields}, 0, 0}};
  tensors.back().end = std::ssize(data.back());
  for (const RunState::Array& array : state.arrays()) {
    data.push_back(bytes_of(array));
    const int64_t begin = tensors.back().end;
    const int64_t size = std::ssize(data.back());
    tensors.push_back({array.name, dtype_of(array), {size / byte_size(dtype_of(array))}, begin, begin + size});
  }
  OutputFile output(names.newest, {.temporary = names.temporary, .previous = names.previous});
  output.write(sealed_header(kCheckpointKey, checkpoint_json(run, state), tensors, data));
  for (const std::string_view piece : data) output.write(piece);
  output.commit();
}

}  // namespace gradus
