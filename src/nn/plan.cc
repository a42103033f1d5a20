#include "nn/plan.h"

#include <fmt/format.h>

#include "gradus/error.h"

namespace gradus {
namespace {

constexpr int64_t kMaxWidth = int64_t{1} << 31;
constexpr int64_t kMaxParameters = int64_t{1} << 40;

void check_width(int64_t width, std::string_view what) {
  if (width < 1 || width > kMaxWidth)
    throw Error(ErrorCode::usage, fmt::format("{}: found {}, expected 1 to {}", what, width, kMaxWidth));
}

void check_rate(double rate) {
  if (!(rate >= 0.0 && rate < 1.0))
    throw Error(ErrorCode::usage, fmt::format("dropout: found {}, expected at least 0 and below 1", rate));
}

void add_affine(Plan& plan, PlannedOp& planned, int64_t outputs) {
  check_width(outputs, "layer width");
  planned.outputs = outputs;
  planned.affine = static_cast<int64_t>(plan.affines.size());
  // At most 2^62 + 2^31: no overflow before the comparison.
  const int64_t weights = planned.inputs * outputs;
  const int64_t bias_offset = plan.parameters + weights;
  if (bias_offset + outputs > kMaxParameters) {
    throw Error(ErrorCode::usage,
                fmt::format("network: layer {} of {} x {} weights takes {:.3g} GB in float32, expected at most {:.3g}",
                            planned.affine + 1, planned.inputs, outputs, static_cast<double>(weights) * 4e-9,
                            static_cast<double>(kMaxParameters) * 4e-9));
  }
  plan.affines.push_back({planned.inputs, outputs, plan.parameters, bias_offset});
  plan.parameters = bias_offset + outputs;
}

}  // namespace

Plan compile(const NetworkSpec& spec) {
  check_width(spec.inputs, "network inputs");
  if (spec.ops.empty() || !std::holds_alternative<Affine>(spec.ops.back()))
    throw Error(ErrorCode::usage, "network: expected an affine as the last op");
  Plan plan;
  plan.head = spec.head;
  plan.inputs = spec.inputs;
  int64_t width = spec.inputs;
  for (const Op& op : spec.ops) {
    PlannedOp planned{op, width, width, -1};
    if (const auto* affine = std::get_if<Affine>(&op)) add_affine(plan, planned, affine->outputs);
    if (const auto* dropout = std::get_if<Dropout>(&op)) check_rate(dropout->rate);
    width = planned.outputs;
    plan.ops.push_back(planned);
  }
  plan.outputs = width;
  return plan;
}

}  // namespace gradus
