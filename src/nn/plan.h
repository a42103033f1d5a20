// A network spec compiled: every op with its widths and the place of its parameters.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "gradus/custom_loss.h"
#include "gradus/network.h"

namespace gradus {

/// One op at work: (rows x inputs) -> (rows x outputs).
struct PlannedOp {
  Op op;
  int64_t inputs = 0;
  int64_t outputs = 0;
  int64_t affine = -1;         ///< index among the affine ops, -1 for other ops
  int64_t norm = -1;           ///< index among the norms
  int64_t factors = -1;        ///< scale and blend: where their parameters, one a unit, begin
  std::vector<int64_t> skips;  ///< the residual ops that add this one's value
};

/// Where a batch or layer norm finds its parameters, (width) values each.
struct NormLayout {
  int64_t op = 0;      ///< its place in `ops`
  int64_t affine = 0;  ///< the affine before it
  int64_t width = 0;
  bool batch = false;
  double epsilon = 0.0;
  int64_t scale_offset = 0;
  int64_t shift_offset = 0;
  int64_t mean_offset = -1;  ///< running, of a batch norm
  int64_t variance_offset = -1;
};

/// Where a column of an Embed finds its inputs, outputs and parameters.
struct EmbeddedColumn {
  ColumnEmbedding column;
  int64_t first_input = 0;
  int64_t first_output = 0;
  int64_t offset = 0;  ///< periodic: frequencies, phases, weight (outputs - 1 x hidden), bias; category: its table
};

/// What a run of parameters is, for factors on its rate and its decay.
enum class ParameterKind { weight, bias, norm, scale, embedding, blend };
struct ParameterGroup {
  ParameterKind kind;
  int64_t first = 0, count = 0;
  int64_t fan_in = 1;  ///< of a weight
};

struct Plan {
  std::vector<PlannedOp> ops;
  std::vector<AffineLayout> affines;
  std::vector<int64_t> affine_ops;  ///< where in `ops` each of them stands
  std::vector<NormLayout> norms;
  std::vector<EmbeddedColumn> embedded;  ///< of the first op where that is an Embed
  std::vector<ParameterGroup> groups;    ///< in order, all that is trained
  Head head;
  int64_t inputs = 0;
  int64_t outputs = 0;
  int64_t members = 1;
  int64_t parameters = 0;  ///< of one member
  int64_t trained = 0;     ///< how many of them, from the first on, are learned: all but running statistics
  /// In place of the head's loss where it has the precision at work.
  std::variant<std::monostate, BasicCustomLoss<float>, BasicCustomLoss<double>> custom_loss = {};
};

/// Member `index`'s part of the parameters of all.
template <typename T>
std::span<T> member_part(const Plan& plan, std::span<T> parameters, int64_t index) noexcept {
  const auto count = static_cast<std::size_t>(plan.parameters);
  return parameters.subspan(static_cast<std::size_t>(index) * count, count);
}

/// How many parameters a column has.
int64_t parameter_count(const ColumnEmbedding& column) noexcept;

/// The last op before the first affine with parameters, -1 for none: what the first affine's error goes back to.
int64_t last_learned_input(const Plan& plan) noexcept;

/// Whether affines have all the parameters.
bool only_affines(const Plan& plan) noexcept;

/// Whether some norm's statistics are over the rows of a minibatch.
bool has_batch_norm(const Plan& plan) noexcept;

/// Throws Error(usage) when a width, a rate or a parameter of the head is out of range, the last op is not an affine,
/// the ops exceed kMaxOps or the parameters 2^40.
Plan compile(const NetworkSpec& spec);

}  // namespace gradus
