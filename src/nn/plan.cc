#include "nn/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/error.h"

#include "base/bounds.h"
#include "nn/dropout.h"
#include "nn/head.h"

namespace gradus {
namespace {

// 4 TB in float32: beyond any machine this trains on, and far below any overflow of an offset in bytes.
constexpr int64_t kMaxParameters = int64_t{1} << 40;

void add_affine(Plan& plan, PlannedOp& planned, int64_t outputs) {
  check_at_least("layer width", outputs, 1);
  // In double: the product of two widths may exceed 64 bits.
  const double wanted = (static_cast<double>(planned.inputs) + 1.0) * static_cast<double>(outputs);
  if (static_cast<double>(plan.parameters) + wanted > static_cast<double>(kMaxParameters)) {
    throw Error(
        ErrorCode::usage,
        fmt::format("network: layer {} has {} x {} weights, {:.3g} GB in float32; expected at most {:.3g} GB in all",
                    plan.affines.size() + 1, planned.inputs, outputs, wanted * 4e-9,
                    static_cast<double>(kMaxParameters) * 4e-9));
  }
  planned.outputs = outputs;
  planned.affine = static_cast<int64_t>(plan.affines.size());
  plan.affine_ops.push_back(std::ssize(plan.ops));
  const int64_t bias_offset = plan.parameters + planned.inputs * outputs;
  plan.affines.push_back({planned.inputs, outputs, plan.parameters, bias_offset});
  plan.parameters = bias_offset + outputs;
}

void add_norm(Plan& plan, PlannedOp& planned, bool batch, double epsilon) {
  check_range("norm epsilon", epsilon, 1e-12, 1.0);
  const bool follows_affine = !plan.ops.empty() && plan.ops.back().affine >= 0;
  if (batch ? !follows_affine : plan.affines.empty())
    throw Error(ErrorCode::usage, batch ? "network: expected a batch norm right behind an affine"
                                        : "network: expected a layer norm behind an affine");
  planned.norm = static_cast<int64_t>(plan.norms.size());
  NormLayout norm = {std::ssize(plan.ops), std::ssize(plan.affines) - 1, planned.inputs, batch, epsilon};
  norm.scale_offset = plan.parameters;
  norm.shift_offset = norm.scale_offset + norm.width;
  plan.parameters = norm.shift_offset + norm.width;
  plan.norms.push_back(norm);
}

void add_residual(Plan& plan, const PlannedOp& planned, int64_t from) {
  const bool known = from >= 0 && from < std::ssize(plan.ops) && !plan.affine_ops.empty() && from >= plan.affine_ops[0];
  if (!known || plan.ops[static_cast<std::size_t>(from)].outputs != planned.inputs)
    throw Error(ErrorCode::usage,
                fmt::format("network: found a residual from op {}, expected an earlier op of width {}, "
                            "not before the first affine",
                            from, planned.inputs));
  plan.ops[static_cast<std::size_t>(from)].skips.push_back(std::ssize(plan.ops));
}

/// Behind everything that is learned.
void add_running_statistics(Plan& plan) {
  plan.trained = plan.parameters;
  for (NormLayout& norm : plan.norms) {
    if (!norm.batch) continue;
    norm.mean_offset = plan.parameters;
    norm.variance_offset = norm.mean_offset + norm.width;
    plan.parameters = norm.variance_offset + norm.width;
  }
}

}  // namespace

bool has_batch_norm(const Plan& plan) noexcept {
  return std::any_of(plan.norms.begin(), plan.norms.end(), [](const NormLayout& norm) { return norm.batch; });
}

Plan compile(const NetworkSpec& spec) {
  check_at_least("network inputs", spec.inputs, 1);
  if (spec.ops.empty() || !std::holds_alternative<Affine>(spec.ops.back()))
    throw Error(ErrorCode::usage, "network: expected an affine as the last op");
  if (std::ssize(spec.ops) > kMaxOps)
    throw Error(ErrorCode::usage, fmt::format("network: found {} operations, an affine, an activation and perhaps a "
                                              "dropout for each layer; expected at most {}",
                                              spec.ops.size(), kMaxOps));
  check_head(spec.head);
  Plan plan;
  plan.head = spec.head;
  plan.inputs = spec.inputs;
  int64_t width = spec.inputs;
  for (const Op& op : spec.ops) {
    PlannedOp planned{op, width, width, -1, -1, {}};
    if (const auto* affine = std::get_if<Affine>(&op)) add_affine(plan, planned, affine->outputs);
    if (const auto* dropout = std::get_if<Dropout>(&op)) check_below("dropout", dropout->rate, 0.0, 1.0);
    if (const auto* norm = std::get_if<BatchNorm>(&op)) add_norm(plan, planned, true, norm->epsilon);
    if (const auto* norm = std::get_if<LayerNorm>(&op)) add_norm(plan, planned, false, norm->epsilon);
    if (const auto* residual = std::get_if<Residual>(&op)) add_residual(plan, planned, residual->from);
    width = planned.outputs;
    plan.ops.push_back(planned);
  }
  plan.outputs = width;
  add_running_statistics(plan);
  if (width % outputs_per_target(spec.head) != 0)
    throw Error(ErrorCode::usage,
                fmt::format("network: found {} outputs, expected {} for each target, as many as quantiles", width,
                            outputs_per_target(spec.head)));
  const auto temperatures = std::ssize(spec.head.temperatures);
  if (temperatures > 1 && temperatures != width)
    throw Error(
        ErrorCode::usage,
        fmt::format("network: found {} temperatures, expected one or one for each of {} outputs", temperatures, width));
  return plan;
}

}  // namespace gradus
