// The Jacobian of a network's outputs: one row for each of a minibatch's rows.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"
#include "nn/plan.h"
#include "nn/workspace.h"

namespace gradus {

/// After a forward pass on `x`, dropout off, no batch norm: what moves the logits of row i by `seed` row i, by
/// parameter, into row i of `jacobian` (rows x plan.trained). That is, sum_k seed(i, k) dz_k/dtheta.
/// `seed`: (rows x outputs).
void row_jacobian(const Plan& plan, std::span<const double> parameters, MatrixView<const double> x,
                  MatrixView<const double> seed, Workspace<double>& workspace, ThreadPool& pool,
                  MatrixView<double> jacobian) noexcept;

}  // namespace gradus
