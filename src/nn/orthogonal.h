// Rows made orthonormal.
#pragma once

#include "gradus/matrix_view.h"

#include "base/thread_pool.h"

namespace gradus {

/// Replaces the rows of `q` (k x n, k <= n, linearly independent) by an orthonormal basis of what they span, row i in
/// the span of the first i: Gram and Schmidt's method, twice (Giraud et al. 2005), in blocks of 64 rows through the
/// engine's products, so that no register width and no number of threads changes a bit.
void orthonormalize_rows(MatrixView<double> q, ThreadPool& pool);

}  // namespace gradus
