#include "kernels/products.h"

#include "kernels/naive.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

struct Shape {
  int64_t m, n, k;
};

/// Every size 1 .. 70 for m, n and k, in combinations that cover tiles, tails and depth blocks; and empty sides.
std::vector<Shape> shapes() {
  std::vector<Shape> out = {{0, 5, 3}, {5, 0, 3}, {5, 3, 0}, {3, 40, 600}, {26, 70, 257}, {1, 150, 300}, {2, 33, 512}};
  const RandomStream stream(7, Purpose::shuffle);
  for (int64_t size = 1; size <= 70; ++size) {
    const auto other = [&](uint64_t which) {
      return 1 + static_cast<int64_t>(stream.below(static_cast<uint64_t>(size) * 8 + which, 70));
    };
    out.push_back({size, other(0), other(1)});
    out.push_back({other(2), size, other(3)});
    out.push_back({other(4), other(5), size});
  }
  return out;
}

template <typename T>
class Products : public ::testing::Test {
 protected:
  ThreadPool pool_{1};
};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Products, Scalars);

template <typename T>
void expect_all_products(const Shape& s, int64_t gap, Values values, ThreadPool& pool) {
  SCOPED_TRACE(::testing::Message() << s.m << " x " << s.n << " x " << s.k);
  const uint64_t seed = static_cast<uint64_t>(s.m * 10000 + s.n * 100 + s.k);
  const AwkwardMatrix<T> a(s.m, s.k, gap, seed, values);
  const AwkwardMatrix<T> a_transposed(s.k, s.m, gap, seed + 1, values);
  const AwkwardMatrix<T> b(s.k, s.n, gap + 1, seed + 2, values);
  const AwkwardMatrix<T> b_transposed(s.n, s.k, gap, seed + 3, values);
  const std::vector<T> bias = draw<T>(s.n, seed + 4, values);
  AwkwardMatrix<T> c(s.m, s.n, gap, seed + 5);
  AwkwardMatrix<T> expected(s.m, s.n, 0, seed + 6);

  for (const T* start : {static_cast<const T*>(nullptr), bias.data()}) {
    product_nn<T>(a.view(), b.view(), start, c.view(), pool);
    naive::product_nn<T>(a.view(), b.view(), start, expected.view());
    EXPECT_TRUE(same_bits(c.values(), expected.values())) << "nn";
  }
  product_tn<T>(a_transposed.view(), b.view(), c.view(), pool);
  naive::product_tn<T>(a_transposed.view(), b.view(), expected.view());
  EXPECT_TRUE(same_bits(c.values(), expected.values())) << "tn";

  product_nt<T>(a.view(), b_transposed.view(), c.view(), pool);
  naive::product_nt<T>(a.view(), b_transposed.view(), expected.view());
  EXPECT_TRUE(same_bits(c.values(), expected.values())) << "nt";
  EXPECT_TRUE(c.frame_intact());
}

TYPED_TEST(Products, MatchTheirNaiveTwinsOnEveryTarget) {
  on_every_target([&] {
    int64_t gap = 0;
    for (const Shape& shape : shapes()) {
      gap = (gap + 1) % 6;
      expect_all_products<TypeParam>(shape, gap, Values::plain, this->pool_);
    }
  });
}

// Operands large enough to be packed: over blocks of rows and of depth, and with rows a power of two apart.
TYPED_TEST(Products, MatchTheirNaiveTwinsInBlocks) {
  const auto on = [&](const Shape& shape, int64_t gap) {
    expect_all_products<TypeParam>(shape, gap, Values::plain, this->pool_);
  };
  on({403, 150, 300}, 0);
  on({50, 259, 600}, 2);
  on({61, 512, 512}, 0);
  on_every_target([&] { on({70, 130, 256}, 256); });
}

/// What an epilogue was given: how often each element, and whether it was final.
template <typename T>
struct Visits {
  MatrixView<const T> c;
  MatrixView<const T> expected;
  std::vector<int> seen;
  bool final = true;

  static void see(const void* context, int64_t i, int64_t rows, int64_t j, int64_t columns) {
    auto& self = *static_cast<Visits*>(const_cast<void*>(context));
    for (int64_t r = i; r < i + rows; ++r) {
      for (int64_t column = j; column < j + columns; ++column) {
        ++self.seen[static_cast<std::size_t>(r * self.c.columns() + column)];
        self.final = self.final && same_bits(self.c(r, column), self.expected(r, column));
      }
    }
  }
};

TYPED_TEST(Products, ShowEachFinalElementToTheEpilogueOnce) {
  using T = TypeParam;
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    for (const Shape& s :
         {Shape{1, 70, 3}, Shape{7, 33, 300}, Shape{130, 90, 600}, Shape{30, 700, 257}, Shape{401, 3, 0}}) {
      const AwkwardMatrix<T> a(s.m, s.k, 1, 1), b(s.k, s.n, 2, 2), b_transposed(s.n, s.k, 0, 3);
      AwkwardMatrix<T> c(s.m, s.n, 1, 4), expected(s.m, s.n, 0, 5);
      const auto check = [&](const auto& product) {
        Visits<T> visits{c.view(), expected.view(), std::vector<int>(static_cast<std::size_t>(s.m * s.n))};
        product(ProductEpilogue{Visits<T>::see, &visits});
        EXPECT_TRUE(visits.final) << s.m << " x " << s.n << " x " << s.k;
        EXPECT_THAT(visits.seen, ::testing::Each(1)) << s.m << " x " << s.n << " x " << s.k;
      };
      naive::product_nn<T>(a.view(), b.view(), nullptr, expected.view());
      check([&](ProductEpilogue epilogue) { product_nn<T>(a.view(), b.view(), nullptr, c.view(), pool, epilogue); });
      naive::product_nt<T>(a.view(), b_transposed.view(), expected.view());
      check([&](ProductEpilogue epilogue) { product_nt<T>(a.view(), b_transposed.view(), c.view(), pool, epilogue); });
    }
  }
}

TYPED_TEST(Products, CarryNanInfinityAndDenormals) {
  on_every_target([&] {
    for (const Shape& shape : {Shape{13, 37, 3}, Shape{1, 70, 2}, Shape{26, 5, 17}, Shape{5, 64, 1}})
      expect_all_products<TypeParam>(shape, 3, Values::special, this->pool_);
  });
}

// Large enough to be split over threads, in both directions.
TYPED_TEST(Products, SameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  for (const Shape& shape : {Shape{301, 67, 70}, Shape{31, 500, 90}}) {
    for (const int threads : {2, 3, 8}) {
      SCOPED_TRACE(threads);
      ThreadPool pool(threads);
      expect_all_products<T>(shape, 1, Values::plain, pool);
    }
  }
}

TYPED_TEST(Products, ColumnSumsMatchTheirNaiveTwinOnEveryTarget) {
  using T = TypeParam;
  on_every_target([] {
    for (int64_t columns = 1; columns <= 140; ++columns) {
      for (const int64_t rows : {int64_t{0}, int64_t{1}, columns % 70 + 1}) {
        const AwkwardMatrix<T> a(rows, columns, columns % 5, static_cast<uint64_t>(columns), Values::plain);
        std::vector<T> out(static_cast<std::size_t>(columns + 1), T(7));
        std::vector<T> expected = out;
        column_sums<T>(a.view(), out.data());
        naive::column_sums<T>(a.view(), expected.data());
        EXPECT_TRUE(same_bits(out, expected)) << rows << " x " << columns;
      }
    }
  });
}

}  // namespace
}  // namespace gradus::kernels
