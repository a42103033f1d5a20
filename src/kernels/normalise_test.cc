#include "kernels/normalise.h"

#include "kernels/naive.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class Normalise : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Normalise, Scalars);

/// Matrices of a stride of their own, and a value for each column and row.
template <typename T>
struct Problem {
  Problem(int64_t r, int64_t c) : rows(r), columns(c) {
    for (uint64_t i = 0; i < 3; ++i) matrices.push_back(draw<T>(rows * (columns + 3) + 1, i));
    for (uint64_t i = 3; i < 8; ++i) vectors.push_back(draw<T>(std::max(rows, columns) + 1, i));
  }
  MatrixView<T> matrix(std::size_t i) { return {matrices[i].data() + 1, rows, columns, columns + 3}; }
  T* vector(std::size_t i) { return vectors[i].data() + 1; }
  ColumnNorm<T> norm() { return {vector(0), vector(1), vector(2), vector(3)}; }
  int64_t rows, columns;
  std::vector<std::vector<T>> matrices, vectors;
};

template <typename T, typename Ours, typename Twin>
void expect_same(const Ours& ours, const Twin& twin) {
  on_every_target([&] {
    for (const int64_t rows : {1, 3, 17}) {
      for (int64_t columns = 1; columns <= 70; ++columns) {
        Problem<T> x(rows, columns), y(rows, columns);
        ours(x);
        twin(y);
        for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(same_bits(x.matrices[i], y.matrices[i])) << columns;
        for (std::size_t i = 0; i < 5; ++i) ASSERT_TRUE(same_bits(x.vectors[i], y.vectors[i])) << columns;
      }
    }
  });
}

TYPED_TEST(Normalise, ColumnsMatchTheirNaiveTwin) {
  using T = TypeParam;
  expect_same<T>([](Problem<T>& p) { normalise_columns<T>(p.matrix(0), p.norm(), p.matrix(1), p.matrix(2)); },
                 [](Problem<T>& p) { naive::normalise_columns<T>(p.matrix(0), p.norm(), p.matrix(1), p.matrix(2)); });
  expect_same<T>(
      [](Problem<T>& p) { normalise_columns_back<T>(p.matrix(0), p.vector(0), p.vector(1), p.vector(2), p.matrix(1)); },
      [](Problem<T>& p) {
        naive::normalise_columns_back<T>(p.matrix(0), p.vector(0), p.vector(1), p.vector(2), p.matrix(1));
      });
}

TYPED_TEST(Normalise, RowsMatchTheirNaiveTwin) {
  using T = TypeParam;
  expect_same<T>(
      [](Problem<T>& p) {
        normalise_rows<T>(p.matrix(0), T(1e-3), p.vector(0), p.vector(1), p.matrix(1), p.vector(4), p.matrix(2));
      },
      [](Problem<T>& p) {
        naive::normalise_rows<T>(p.matrix(0), T(1e-3), p.vector(0), p.vector(1), p.matrix(1), p.vector(4), p.matrix(2));
      });
  expect_same<T>(
      [](Problem<T>& p) { normalise_rows_back<T>(p.matrix(0), p.vector(4), p.vector(0), p.matrix(1)); },
      [](Problem<T>& p) { naive::normalise_rows_back<T>(p.matrix(0), p.vector(4), p.vector(0), p.matrix(1)); });
}

TEST(NormaliseRows, ByHand) {
  const double x[] = {1.0, 3.0, 5.0, 7.0}, scale[] = {1.0, 1.0, 2.0, 1.0}, shift[] = {0.0, 0.0, 1.0, 0.0};
  double kept[4], out[4], inverse[1];
  normalise_rows<double>({x, 1, 4}, 0.0, scale, shift, {kept, 1, 4}, inverse, {out, 1, 4});
  const double unit = 1.0 / std::sqrt(5.0);  // mean 4, variance (9 + 1 + 1 + 9) / 4
  EXPECT_DOUBLE_EQ(inverse[0], unit);
  EXPECT_DOUBLE_EQ(out[0], -3.0 * unit);
  EXPECT_DOUBLE_EQ(out[2], 1.0 + 2.0 * unit);
  EXPECT_DOUBLE_EQ(kept[3], 3.0 * unit);
}

}  // namespace
}  // namespace gradus::kernels
