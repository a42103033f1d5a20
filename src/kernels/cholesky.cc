#include "kernels/cholesky.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "kernels/products.h"

namespace gradus::kernels {
namespace {

/// Takes off columns first .. first + count - 1, from row `first` down, what the columns before them make of them.
void take_off_left(MatrixView<double> a, int64_t first, int64_t count, double* scratch, ThreadPool& pool) noexcept {
  const int64_t rows = a.rows() - first;
  const MatrixView<const double> left = a.rows(first, rows).columns(0, first);
  const MatrixView<double> product(scratch, rows, count);
  product_nt<double>(left, left.rows(0, count), product, pool);
  for (int64_t i = 0; i < rows; ++i) {
    double* const row = &a(first + i, first);
    const int64_t below = std::min(i + 1, count);
    for (int64_t j = 0; j < below; ++j) row[j] -= product(i, j);
  }
}

/// Factors columns first .. first + count - 1 row by row. `turned` gets the block on the diagonal transposed, so that
/// the inner loop reads along a row.
bool factor_block(MatrixView<double> a, int64_t first, int64_t count, double* turned) noexcept {
  for (int64_t i = first; i < a.rows(); ++i) {
    double* const row = &a(i, first);
    const int64_t own = std::min(i - first, count);  // columns left of the diagonal
    const bool on_diagonal = own < count;
    const int64_t end = on_diagonal ? own + 1 : count;
    for (int64_t k = 0; k < own; ++k) {
      double* const column = turned + k * count;
      row[k] /= column[k];
      const double l = row[k];
      if (on_diagonal) column[own] = l;
      for (int64_t j = k + 1; j < end; ++j) row[j] -= l * column[j];
    }
    if (!on_diagonal) continue;
    if (!(row[own] > 0.0) || !std::isfinite(row[own])) return false;
    row[own] = std::sqrt(row[own]);
    turned[own * count + own] = row[own];
  }
  return true;
}

}  // namespace

bool cholesky(MatrixView<double> a, std::span<double> scratch, ThreadPool& pool) noexcept {
  GRADUS_DCHECK(a.rows() == a.columns() && std::ssize(scratch) >= cholesky_scratch(a.rows()));
  double* const turned = scratch.data() + a.rows() * kCholeskyBlock;
  for (int64_t first = 0; first < a.rows(); first += kCholeskyBlock) {
    const int64_t count = std::min(kCholeskyBlock, a.rows() - first);
    if (first > 0) take_off_left(a, first, count, scratch.data(), pool);
    if (!factor_block(a, first, count, turned)) return false;
  }
  return true;
}

void cholesky_solve(MatrixView<const double> factor, std::span<double> x) noexcept {
  const int64_t n = factor.rows();
  double* const at = x.data();
  for (int64_t i = 0; i < n; ++i) {
    const double* const row = &factor(i, 0);
    double rest = at[i];
    for (int64_t k = 0; k < i; ++k) rest -= row[k] * at[k];
    at[i] = rest / row[i];
  }
  for (int64_t i = n - 1; i >= 0; --i) {
    const double* const row = &factor(i, 0);
    at[i] /= row[i];
    for (int64_t k = 0; k < i; ++k) at[k] -= row[k] * at[i];
  }
}

}  // namespace gradus::kernels
