#include "interop/onnx_vectors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "interop/onnx_labels.h"
#include "nn/head.h"

namespace gradus {
namespace {

using Json = nlohmann::ordered_json;

// Two probabilities this near, or one this near to a threshold, may be told apart otherwise by rounding alone.
constexpr double kNear = 1e-5;

std::string_view type_name(OnnxType type) noexcept {
  switch (type) {
    case OnnxType::float32:
      return "float32";
    case OnnxType::float64:
      return "float64";
    case OnnxType::int64:
      return "int64";
    case OnnxType::boolean:
      return "bool";
    case OnnxType::text:
      break;
  }
  return "string";
}

Json tensors_json(const OnnxTensors& tensors) {
  Json json = Json::object();
  for (const auto& [name, tensor] : tensors) {
    Json data = Json::array();
    for (const std::string& text : tensor.texts) data.push_back(text);
    for (const double number : tensor.numbers) {
      if (tensor.type == OnnxType::float32) {
        data.push_back(static_cast<float>(number));
      } else if (tensor.type == OnnxType::int64) {
        data.push_back(static_cast<int64_t>(number));
      } else if (tensor.type == OnnxType::boolean) {
        data.push_back(number != 0.0);
      } else {
        data.push_back(number);
      }
    }
    json[name] = {{"type", type_name(tensor.type)}, {"shape", tensor.shape}, {"data", std::move(data)}};
  }
  return json;
}

/// Collects a part of each answer, `width` numbers a row.
OnnxTensor gathered(const std::vector<Answer>& answers, OnnxType type, std::vector<int64_t> shape,
                    const std::function<void(const Answer&, std::vector<double>&)>& part) {
  OnnxTensor tensor{type, std::move(shape), {}, {}};
  tensor.shape.insert(tensor.shape.begin(), std::ssize(answers));
  for (const Answer& answer : answers) part(answer, tensor.numbers);
  return tensor;
}

auto member(std::vector<double> Answer::*values) {
  return [values](const Answer& answer, std::vector<double>& out) {
    out.insert(out.end(), (answer.*values).begin(), (answer.*values).end());
  };
}

void add_labels(const Pipeline& pipeline, const std::vector<Answer>& answers, OnnxTensors& out) {
  const auto whole = whole_labels(pipeline.targets);
  OnnxTensor prediction{whole ? OnnxType::int64 : OnnxType::text, {std::ssize(answers)}, {}, {}};
  for (const Answer& answer : answers) {
    const auto label = static_cast<std::size_t>(answer.label);
    if (whole) {
      prediction.numbers.push_back(static_cast<double>((*whole)[label]));
    } else {
      prediction.texts.push_back(pipeline.targets.classes[label]);
    }
  }
  out["prediction"] = std::move(prediction);
}

/// Whether the answers of a row differ by more than rounding: the probabilities decide.
bool decided(const OnnxTensor& probabilities, std::size_t row, std::size_t width, bool labels, double least) {
  const auto begin = probabilities.numbers.begin() + static_cast<std::ptrdiff_t>(row * width);
  std::vector<double> p(begin, begin + static_cast<std::ptrdiff_t>(width));
  for (const double value : p)
    if (std::fabs(value - least) < kNear || (labels && std::fabs(value - 0.5) < kNear)) return false;
  if (labels || width < 2) return true;
  std::partial_sort(p.begin(), p.begin() + 2, p.end(), std::greater<>());
  return p[0] - p[1] >= kNear;
}

bool same_row(const OnnxTensor& a, const OnnxTensor& b, std::size_t row, std::size_t rows) {
  const std::size_t width = static_cast<std::size_t>(a.size()) / rows;
  for (std::size_t k = row * width; k < (row + 1) * width; ++k)
    if (a.type == OnnxType::text ? a.texts[k] != b.texts[k] : a.numbers[k] != b.numbers[k]) return false;
  return true;
}

}  // namespace

OnnxTensors onnx_inputs(const std::vector<OnnxInput>& inputs, const std::vector<RawRow>& rows) {
  OnnxTensors tensors;
  for (const OnnxInput& input : inputs) {
    OnnxTensor tensor{input.type, {std::ssize(rows), input.columns}, {}, {}};
    for (const RawRow& row : rows)
      for (int64_t k = 0; k < input.columns; ++k) {
        const RawCell& cell = row[static_cast<std::size_t>(input.first_column + k)];
        if (input.type == OnnxType::text) {
          tensor.texts.push_back(cell.text.value_or(""));
        } else {
          tensor.numbers.push_back(cell.number);
        }
      }
    tensors[input.name] = std::move(tensor);
  }
  return tensors;
}

OnnxTensors expected_outputs(const Pipeline& pipeline, const std::vector<Answer>& answers) {
  const OnnxType real = real_type(pipeline);
  const auto targets = std::ssize(pipeline.targets.columns);
  const bool classes = pipeline.targets.task == Task::classification;
  const int64_t labels = classes ? std::ssize(pipeline.targets.classes) : targets;
  OnnxTensors out;
  for (const std::string& name : onnx_output_names(pipeline)) {
    if (name == "prediction" && classes) add_labels(pipeline, answers, out);
    if (name == "prediction" && !classes)
      out[name] = gathered(answers, pipeline.targets.task == Task::multilabel ? OnnxType::int64 : real, {targets},
                           member(&Answer::predictions));
    if (name == "probabilities") out[name] = gathered(answers, real, {labels}, member(&Answer::probabilities));
    if (name == "quantiles")
      out[name] = gathered(answers, real, {targets, outputs_per_target(pipeline.head)}, member(&Answer::quantiles));
    if (name == "set")
      out[name] = gathered(answers, OnnxType::boolean, {labels}, [](const Answer& answer, std::vector<double>& to) {
        to.insert(to.end(), answer.in_set.begin(), answer.in_set.end());
      });
    if (name == "lower" || name == "upper")
      out[name] =
          gathered(answers, real, {targets}, [first = name == "upper" ? 1u : 0u](const Answer& answer, auto& to) {
            for (std::size_t k = first; k < answer.intervals.size(); k += 2) to.push_back(answer.intervals[k]);
          });
  }
  return out;
}

OnnxComparison compare(const Pipeline& pipeline, const OnnxTensors& found, const OnnxTensors& expected) {
  OnnxComparison comparison;
  const bool numbers = pipeline.targets.task == Task::regression;
  const auto targets = pipeline.targets.columns.size();
  for (const auto& [name, want] : expected) {
    const OnnxTensor& got = found.at(name);
    const auto rows = static_cast<std::size_t>(want.shape[0]);
    if (!numbers && name != "probabilities") {
      const OnnxTensor& p = expected.at("probabilities");
      const double least = pipeline.has_set() ? pipeline.calibration.least_probability : -1.0;
      for (std::size_t row = 0; row < rows; ++row)
        if (!same_row(got, want, row, rows) &&
            decided(p, row, static_cast<std::size_t>(p.shape[1]), pipeline.targets.task == Task::multilabel, least))
          ++comparison.predicted_otherwise;
      continue;
    }
    const std::size_t each = want.shape.size() > 2 ? static_cast<std::size_t>(want.shape[2]) : 1;
    for (std::size_t i = 0; i < want.numbers.size(); ++i) {
      const double scale = numbers ? pipeline.targets.columns[i / each % targets].scale : 1.0;
      const double difference = std::fabs(got.numbers[i] - want.numbers[i]) * scale;
      if (!(difference <= comparison.largest_difference))
        comparison.largest_difference = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
    }
  }
  return comparison;
}

std::string vectors_json(const OnnxTensors& inputs, const OnnxTensors& outputs) {
  const Json json = {{"inputs", tensors_json(inputs)}, {"outputs", tensors_json(outputs)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gradus
