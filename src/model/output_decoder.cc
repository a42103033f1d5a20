#include "model/output_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/error.h"

#include "base/check.h"
#include "nn/head.h"

namespace gradus {

OutputDecoder::OutputDecoder(const ModelData& model, std::optional<double> threshold)
    : targets_(model.targets), head_(spec(model).head), calibration_(model.calibration), threshold_(threshold) {
  if (!threshold) return;
  if (!(*threshold >= 0.0 && *threshold <= 1.0)) {
    throw Error(ErrorCode::usage, fmt::format("--threshold: found {}, expected a probability from 0 to 1", *threshold));
  }
  const bool two_classes = targets_.task == Task::classification && targets_.classes.size() == 2;
  if (!two_classes && targets_.task != Task::multilabel) {
    throw Error(ErrorCode::usage,
                targets_.task == Task::regression
                    ? std::string("--threshold: found a regression, expected a model of two classes")
                    : fmt::format("--threshold: found {} classes, expected two", targets_.classes.size()));
  }
}

OutputDecoder::OutputDecoder(const TargetEncoder& targets, const Head& head)
    : targets_(targets), head_(head), calibration_([]() -> const Calibration& {
        static const Calibration none;
        return none;
      }()) {}

int64_t OutputDecoder::probability_count() const noexcept {
  switch (targets_.task) {
    case Task::classification:
      return static_cast<int64_t>(targets_.classes.size());
    case Task::multilabel:
      return prediction_count();
    case Task::regression:
      break;
  }
  return 0;
}

std::vector<std::string> OutputDecoder::probability_names() const {
  std::vector<std::string> names;
  if (targets_.task == Task::classification) {
    for (const std::string& label : targets_.classes) names.push_back("probability:" + label);
  } else if (targets_.task == Task::multilabel) {
    for (const TargetColumn& target : targets_.columns) names.push_back("probability:" + target.name);
  }
  return names;
}

std::vector<std::string> OutputDecoder::prediction_names() const {
  if (targets_.columns.size() == 1 && targets_.task != Task::multilabel) return {"prediction"};
  std::vector<std::string> names;
  for (const TargetColumn& target : targets_.columns) names.push_back("prediction:" + target.name);
  return names;
}

template <typename T>
void OutputDecoder::probabilities(std::span<const T> outputs, std::span<T> probabilities) const noexcept {
  GRADUS_DCHECK(outputs.size() == probabilities.size());
  if (has_softmax(head_.loss)) {
    std::copy(outputs.begin(), outputs.end(), probabilities.begin());
    return;
  }
  if (targets_.task == Task::multilabel) {
    for (std::size_t k = 0; k < outputs.size(); ++k) probabilities[k] = std::clamp(outputs[k], T{0}, T{1});
    return;
  }
  double sum = 0.0;
  for (const T a : outputs) sum += std::max(static_cast<double>(a), 0.0);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const double share =
        sum > 0.0 ? std::max(static_cast<double>(outputs[k]), 0.0) / sum : 1.0 / static_cast<double>(outputs.size());
    probabilities[k] = static_cast<T>(share);
  }
}

template <typename T>
int32_t OutputDecoder::predicted_class(std::span<const T> outputs, std::span<const T> probabilities) const noexcept {
  if (threshold_) return static_cast<double>(probabilities[1]) >= *threshold_ ? 1 : 0;
  return static_cast<int32_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
}

int64_t OutputDecoder::quantile_count() const noexcept {
  return head_.loss == Loss::quantile ? prediction_count() * outputs_per_target(head_) : 0;
}

std::vector<std::string> OutputDecoder::quantile_names() const {
  std::vector<std::string> names;
  for (int64_t index = 0; index < quantile_count(); ++index) {
    const int64_t each = outputs_per_target(head_);
    names.push_back(fmt::format("quantile:{}", head_.quantiles[static_cast<std::size_t>(index % each)]));
    if (prediction_count() > 1) names.back() += ":" + targets_.columns[static_cast<std::size_t>(index / each)].name;
  }
  return names;
}

template <typename T>
T OutputDecoder::number(std::span<const T> outputs, int64_t target) const noexcept {
  const int64_t index = target * outputs_per_target(head_) + central_output(head_);
  return in_units(outputs[static_cast<std::size_t>(index)], target);
}

template <typename T>
T OutputDecoder::quantile(std::span<const T> outputs, int64_t index) const noexcept {
  return in_units(outputs[static_cast<std::size_t>(index)], index / outputs_per_target(head_));
}

std::vector<std::string> OutputDecoder::interval_names() const {
  std::vector<std::string> names;
  for (int64_t index = 0; index < interval_count(); ++index) {
    names.emplace_back(index % 2 == 0 ? "lower" : "upper");
    if (prediction_count() > 1) names.back() += ":" + targets_.columns[static_cast<std::size_t>(index / 2)].name;
  }
  return names;
}

template <typename T>
T OutputDecoder::interval_end(std::span<const T> outputs, int64_t index) const noexcept {
  const int64_t target = index / 2;
  const int64_t first = target * outputs_per_target(head_);
  const auto at = [&](int64_t k) {
    return static_cast<double>(in_units(outputs[static_cast<std::size_t>(k)], target));
  };
  const double margin = calibration_.margins[static_cast<std::size_t>(target)];
  const double lower = at(first) - margin;
  const double upper = at(first + outputs_per_target(head_) - 1) + margin;
  if (lower > upper) return static_cast<T>(0.5 * (lower + upper));
  return static_cast<T>(index % 2 == 0 ? lower : upper);
}

template <typename T>
bool OutputDecoder::in_set(std::span<const T> outputs, std::span<const T> probabilities, std::size_t k) const noexcept {
  if (static_cast<double>(probabilities[k]) >= calibration_.least_probability) return true;
  if (targets_.task == Task::multilabel) return false;
  return static_cast<std::size_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin()) == k;
}

template <typename T>
std::string OutputDecoder::set(std::span<const T> outputs, std::span<const T> probabilities) const {
  std::string text;
  bool first = true;
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    if (!in_set(outputs, probabilities, k)) continue;
    if (!first) text += '|';
    text += targets_.task == Task::multilabel ? targets_.columns[k].name : targets_.classes[k];
    first = false;
  }
  return text;
}

template <typename T>
T OutputDecoder::in_units(T output, int64_t target) const noexcept {
  const TargetColumn& column = targets_.columns[static_cast<std::size_t>(target)];
  return static_cast<T>(static_cast<double>(output) / column.scale + column.mean);
}

template void OutputDecoder::probabilities(std::span<const float>, std::span<float>) const noexcept;
template void OutputDecoder::probabilities(std::span<const double>, std::span<double>) const noexcept;
template int32_t OutputDecoder::predicted_class(std::span<const float>, std::span<const float>) const noexcept;
template int32_t OutputDecoder::predicted_class(std::span<const double>, std::span<const double>) const noexcept;
template float OutputDecoder::number(std::span<const float>, int64_t) const noexcept;
template double OutputDecoder::number(std::span<const double>, int64_t) const noexcept;
template float OutputDecoder::quantile(std::span<const float>, int64_t) const noexcept;
template double OutputDecoder::quantile(std::span<const double>, int64_t) const noexcept;

#define GRADUS_INSTANTIATE(T)                                                                              \
  template T OutputDecoder::interval_end(std::span<const T>, int64_t) const noexcept;                      \
  template bool OutputDecoder::in_set(std::span<const T>, std::span<const T>, std::size_t) const noexcept; \
  template std::string OutputDecoder::set(std::span<const T>, std::span<const T>) const;
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus
