// A network spec compiled: every op with its widths and the place of its parameters.
#pragma once

#include <cstdint>
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

struct Plan {
  std::vector<PlannedOp> ops;
  std::vector<AffineLayout> affines;
  std::vector<int64_t> affine_ops;  ///< where in `ops` each of them stands
  std::vector<NormLayout> norms;
  Head head;
  int64_t inputs = 0;
  int64_t outputs = 0;
  int64_t parameters = 0;
  int64_t trained = 0;  ///< how many of them, from the first on, are learned: all but running statistics
  /// In place of the head's loss where it has the precision at work.
  std::variant<std::monostate, BasicCustomLoss<float>, BasicCustomLoss<double>> custom_loss = {};
};

/// Whether some norm's statistics are over the rows of a minibatch.
bool has_batch_norm(const Plan& plan) noexcept;

/// Throws Error(usage) when a width, a rate or a parameter of the head is out of range, the last op is not an affine,
/// the ops exceed kMaxOps or the parameters 2^40.
Plan compile(const NetworkSpec& spec);

}  // namespace gradus
