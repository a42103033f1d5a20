#include "nn/orthogonal.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/buffer.h"
#include "kernels/products.h"
#include "kernels/reductions.h"
#include "kernels/updates.h"

namespace gradus {
namespace {

constexpr int64_t kBlock = 64;

/// Takes out of each row of `block` what lies in the span of the rows of `above`.
void remove_span(MatrixView<const double> above, MatrixView<double> block, ThreadPool& pool) {
  AlignedBuffer<double> parts(block.rows() * above.rows()), span(block.rows() * block.columns());
  const MatrixView<double> coefficients(parts.data(), block.rows(), above.rows());
  const MatrixView<double> along(span.data(), block.rows(), block.columns());
  kernels::product_nt<double>(block, above, coefficients, pool);
  kernels::product_nn<double>(coefficients, above, nullptr, along, pool);
  for (int64_t i = 0; i < block.rows(); ++i) kernels::add_scaled<double>(along.row(i), -1.0, block.row(i));
}

void orthonormalize_block(MatrixView<double> block) {
  for (int64_t i = 0; i < block.rows(); ++i) {
    const std::span<double> row = block.row(i);
    for (int64_t j = 0; j < i; ++j)
      kernels::add_scaled<double>(block.row(j), -kernels::blocked_dot<double>(block.row(j), row), row);
    const double norm = std::sqrt(kernels::blocked_sum_of_squares<double>(row));
    for (double& value : row) value /= norm;
  }
}

}  // namespace

void orthonormalize_rows(MatrixView<double> q, ThreadPool& pool) {
  for (int64_t first = 0; first < q.rows(); first += kBlock) {
    const MatrixView<double> block = q.rows(first, std::min(kBlock, q.rows() - first));
    for (int pass = 0; pass < 2; ++pass) {
      if (first > 0) remove_span(q.rows(0, first), block, pool);
      orthonormalize_block(block);
    }
  }
}

}  // namespace gradus
