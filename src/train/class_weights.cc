#include "train/class_weights.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>

#include "gradus/error.h"

#include "base/quote.h"
#include "kernels/reductions.h"

namespace gradus {
namespace {

constexpr const char* kExpected = "none, balanced or weights such as \"a=2,b=1\"";

std::vector<double> balanced(std::size_t classes, std::span<const int32_t> labels, std::span<const double> weights) {
  std::vector<kernels::BlockedSum> sums(classes);
  kernels::BlockedSum all;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double weight = weights.empty() ? 1.0 : weights[i];
    sums[static_cast<std::size_t>(labels[i])].add(weight);
    all.add(weight);
  }
  std::vector<double> out;
  for (const kernels::BlockedSum& sum : sums)
    out.push_back(sum.total() > 0.0 ? all.total() / (static_cast<double>(classes) * sum.total()) : 1.0);
  return out;
}

void take_one(std::string_view item, const TargetEncoder& targets, std::vector<double>& weights) {
  const std::size_t equals = item.rfind('=');
  const std::string_view label = item.substr(0, equals);
  const std::string_view digits = equals == std::string_view::npos ? "" : item.substr(equals + 1);
  double weight = 0.0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
  if (status != std::errc() || end != digits.data() + digits.size() || !(weight > 0.0 && std::isfinite(weight)))
    throw Error(ErrorCode::usage,
                fmt::format("--class-weights: found {}, expected {}, each above 0", in_quotes(item), kExpected));
  const int64_t index = class_index(targets, label);
  if (index < 0) {
    const std::string near = nearest_name(label, targets.classes);
    throw Error(ErrorCode::usage,
                fmt::format("--class-weights: found no class {}{}, expected those of the target", in_quotes(label),
                            near.empty() ? "" : fmt::format(" (did you mean {}?)", in_quotes(near))));
  }
  weights[static_cast<std::size_t>(index)] = weight;
}

}  // namespace

std::vector<double> class_weights(const std::string& text, const TargetEncoder& targets,
                                  std::span<const int32_t> labels, std::span<const double> weights) {
  if (text.empty() || text == "none") return {};
  if (targets.task != Task::classification)
    throw Error(ErrorCode::usage, fmt::format("--class-weights: found with a {} target, expected classes; --weights "
                                              "serves every target",
                                              name(targets.task)));
  if (text == "balanced") return balanced(targets.classes.size(), labels, weights);
  std::vector<double> given(targets.classes.size(), 1.0);
  // A comma belongs to a label where no '=' has come since the last one.
  std::size_t begin = 0;
  for (std::size_t end = 0; end <= text.size(); ++end) {
    if (end < text.size() && text[end] != ',') continue;
    const std::string_view item = std::string_view(text).substr(begin, end - begin);
    if (item.find('=') == std::string_view::npos && end < text.size()) continue;
    take_one(item, targets, given);
    begin = end + 1;
  }
  return given;
}

}  // namespace gradus
