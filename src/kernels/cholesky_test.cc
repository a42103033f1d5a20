#include "kernels/cholesky.h"

#include "base/buffer.h"
#include "kernels/naive.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

/// B B^T + I, whose eigenvalues are 1 at least.
AwkwardMatrix<double> positive_definite(int64_t n, int64_t gap) {
  AwkwardMatrix<double> a(n, n, gap, 1);
  const AwkwardMatrix<double> b(n, n, 0, static_cast<uint64_t>(n));
  naive::product_nt<double>(b.view(), b.view(), a.view());
  for (int64_t i = 0; i < n; ++i) a.view()(i, i) += 1.0;
  return a;
}

bool factor(AwkwardMatrix<double>& a, ThreadPool& pool) {
  AlignedBuffer<double> scratch(cholesky_scratch(a.view().rows()));
  return cholesky(a.view(), scratch.span(), pool);
}

std::vector<double> lower(const AwkwardMatrix<double>& a) {
  std::vector<double> out;
  for (int64_t i = 0; i < a.view().rows(); ++i)
    for (int64_t j = 0; j <= i; ++j) out.push_back(a.view()(i, j));
  return out;
}

const std::vector<int64_t> kSizes = {1,  2,  3,   7,  kCholeskyBlock - 1, kCholeskyBlock, kCholeskyBlock + 1, 70, 95,
                                     96, 97, 150, 203};

TEST(Cholesky, MatchesItsNaiveTwinOnEveryTargetAndNumberOfThreads) {
  on_every_target([&] {
    for (const int threads : {1, 2, 3}) {
      ThreadPool pool(threads);
      for (const int64_t n : kSizes) {
        AwkwardMatrix<double> a = positive_definite(n, n % 5), expected = positive_definite(n, 0);
        EXPECT_TRUE(factor(a, pool));
        EXPECT_TRUE(naive::cholesky(expected.view()));
        EXPECT_TRUE(same_bits(lower(a), lower(expected))) << n;
        EXPECT_TRUE(a.frame_intact());
      }
    }
  });
}

TEST(Cholesky, TheFactorTimesItsTransposeIsTheMatrix) {
  ThreadPool pool;
  for (const int64_t n : kSizes) {
    AwkwardMatrix<double> a = positive_definite(n, 1);
    const AwkwardMatrix<double> given = a;
    ASSERT_TRUE(factor(a, pool));
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j <= i; ++j) {
        long double sum = 0.0L;
        for (int64_t k = 0; k <= j; ++k) sum += static_cast<long double>(a.view()(i, k)) * a.view()(j, k);
        EXPECT_NEAR(static_cast<double>(sum), given.view()(i, j), 1e-12 * given.view()(i, i)) << n;
      }
    }
  }
}

TEST(Cholesky, SolvesWhatItFactored) {
  ThreadPool pool;
  for (const int64_t n : kSizes) {
    AwkwardMatrix<double> a = positive_definite(n, 2);
    const AwkwardMatrix<double> given = a;
    const std::vector<double> wanted = draw<double>(n, 9);
    std::vector<double> x(wanted.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t j = 0; j < x.size(); ++j)
        x[i] += given.view()(static_cast<int64_t>(i), static_cast<int64_t>(j)) * wanted[j];
    ASSERT_TRUE(factor(a, pool));
    cholesky_solve(a.view(), x);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], wanted[i], 1e-9) << n;
  }
}

TEST(Cholesky, RefusesWhatIsNotPositiveDefinite) {
  ThreadPool pool;
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), HUGE_VAL}) {
    for (const int64_t place : {0, 5, 60}) {
      AwkwardMatrix<double> a = positive_definite(61, 0);
      a.view()(place, place) = bad;
      EXPECT_FALSE(factor(a, pool)) << bad << " at " << place;
    }
  }
}

}  // namespace
}  // namespace gradus::kernels
