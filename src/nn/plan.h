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
  int64_t affine = -1;  ///< index among the affine ops, -1 for other ops
};

struct Plan {
  std::vector<PlannedOp> ops;
  std::vector<AffineLayout> affines;
  std::vector<int64_t> affine_ops;  ///< where in `ops` each of them stands
  Head head;
  int64_t inputs = 0;
  int64_t outputs = 0;
  int64_t parameters = 0;
  /// In place of the head's loss where it has the precision at work.
  std::variant<std::monostate, BasicCustomLoss<float>, BasicCustomLoss<double>> custom_loss = {};
};

/// Throws Error(usage) when a width, a rate or a parameter of the head is out of range, the last op is not an affine,
/// the ops exceed kMaxOps or the parameters 2^40.
Plan compile(const NetworkSpec& spec);

}  // namespace gradus
