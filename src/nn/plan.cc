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

[[noreturn]] void refuse(const char* found, const char* expected) {
  throw Error(ErrorCode::usage, fmt::format("network: found {}, expected {}", found, expected));
}

void add_group(Plan& plan, ParameterKind kind, int64_t count, int64_t fan_in = 1) {
  if (count > kMaxParameters - plan.parameters) refuse("more than 2^40 parameters", "fewer");
  plan.groups.push_back({kind, plan.parameters, count, fan_in});
  plan.parameters += count;
}

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
  add_group(plan, ParameterKind::weight, planned.inputs * outputs, planned.inputs);
  add_group(plan, ParameterKind::bias, outputs);
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
  add_group(plan, ParameterKind::norm, 2 * norm.width);
  plan.norms.push_back(norm);
}

void check_column(const ColumnEmbedding& column) {
  check_at_least("embedding inputs", column.inputs, 1);
  check_range("embedding outputs", static_cast<double>(column.outputs), 1.0, 1e6);
  check_range("embedding hidden", static_cast<double>(column.hidden), 0.0, 1e6);
  check_range("embedding levels", static_cast<double>(column.levels), 0.0, 16777216.0);  // 2^24: exact in float32
  using Kind = ColumnEmbedding::Kind;
  const bool sound = column.kind == Kind::pass ? column.outputs == column.inputs && !column.hidden && !column.levels
                     : column.kind == Kind::periodic
                         ? column.inputs == 1 && column.outputs >= 2 && column.hidden >= 1 && !column.levels
                         : column.inputs == 1 && column.levels >= 1 && !column.hidden;
  if (!sound) refuse("an embedding whose sizes don't go together", "pass, periodic or category with its own sizes");
}

void add_embed(Plan& plan, PlannedOp& planned, const Embed& embed) {
  if (!plan.ops.empty()) refuse("an embed behind other ops", "it as the first");
  int64_t input = 0, output = 0;
  for (const ColumnEmbedding& column : embed.columns) {
    check_column(column);
    if (column.inputs > planned.inputs - input) refuse("an embed of more than all inputs", "each once");
    plan.embedded.push_back({column, input, output, plan.parameters});
    input += column.inputs;
    output += column.outputs;
    if (column.kind != ColumnEmbedding::Kind::pass) add_group(plan, ParameterKind::embedding, parameter_count(column));
  }
  if (input != planned.inputs) refuse("an embed of fewer than all inputs", "each once");
  planned.outputs = output;
}

void add_factors(Plan& plan, PlannedOp& planned, ParameterKind kind) {
  planned.factors = plan.parameters;
  add_group(plan, kind, planned.inputs);
}

void add_blend(Plan& plan, PlannedOp& planned) {
  const std::size_t count = plan.ops.size();
  if (count < 2 || !std::holds_alternative<Activate>(plan.ops.back().op) || plan.ops[count - 2].affine < 0)
    refuse("a blend elsewhere", "it right behind an affine and its activation");
  plan.ops[count - 2].skips.push_back(std::ssize(plan.ops));
  add_factors(plan, planned, ParameterKind::blend);
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

int64_t parameter_count(const ColumnEmbedding& column) noexcept {
  switch (column.kind) {
    case ColumnEmbedding::Kind::periodic:
      return 2 * column.hidden + (column.outputs - 1) * (column.hidden + 1);
    case ColumnEmbedding::Kind::category:
      return column.levels * column.outputs;
    case ColumnEmbedding::Kind::pass:
      break;
  }
  return 0;
}

int64_t last_learned_input(const Plan& plan) noexcept {
  int64_t last = -1;
  for (int64_t index = 0; index < plan.affine_ops.front(); ++index)
    if (plan.ops[static_cast<std::size_t>(index)].factors >= 0 || (index == 0 && !plan.embedded.empty())) last = index;
  return last;
}

bool only_affines(const Plan& plan) noexcept {
  return plan.groups.size() == 2 * plan.affines.size();
}

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
  plan.members = spec.members;
  check_range("network members", static_cast<double>(spec.members), 1.0, 4096.0);
  int64_t width = spec.inputs;
  for (const Op& op : spec.ops) {
    PlannedOp planned{.op = op, .inputs = width, .outputs = width, .skips = {}};
    if (const auto* affine = std::get_if<Affine>(&op)) add_affine(plan, planned, affine->outputs);
    if (const auto* dropout = std::get_if<Dropout>(&op)) check_below("dropout", dropout->rate, 0.0, 1.0);
    if (const auto* norm = std::get_if<BatchNorm>(&op)) add_norm(plan, planned, true, norm->epsilon);
    if (const auto* norm = std::get_if<LayerNorm>(&op)) add_norm(plan, planned, false, norm->epsilon);
    if (const auto* residual = std::get_if<Residual>(&op)) add_residual(plan, planned, residual->from);
    if (const auto* embed = std::get_if<Embed>(&op)) add_embed(plan, planned, *embed);
    if (std::holds_alternative<Scale>(op)) {
      if (!plan.affines.empty()) refuse("a scale behind an affine", "it before the first");
      add_factors(plan, planned, ParameterKind::scale);
    }
    if (std::holds_alternative<Blend>(op)) add_blend(plan, planned);
    width = planned.outputs;
    plan.ops.push_back(planned);
  }
  plan.outputs = width;
  constexpr int64_t kMostParts = int64_t{1} << 16;  // tensors have names, which take memory
  if (plan.members > 1 && plan.members * (std::ssize(plan.ops) + std::ssize(plan.embedded)) > kMostParts)
    refuse("members with more than 65536 ops and embedded columns in all", "fewer");
  add_running_statistics(plan);
  if (plan.parameters > kMaxParameters / plan.members) refuse("more than 2^40 parameters in all members", "fewer");
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
