#include "kernels/reductions.h"

#include "kernels/naive.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class Reductions : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Reductions, Scalars);

TYPED_TEST(Reductions, BlockedSumsMatchTheirNaiveTwins) {
  using T = TypeParam;
  for (const int64_t count : {0, 1, 2, 70, 255, 256, 257, 512, 700, 2047, 2048, 2049, 5000, 70001}) {
    SCOPED_TRACE(count);
    const std::vector<T> a = draw<T>(count, 1), b = draw<T>(count, 2);
    EXPECT_TRUE(same_bits(blocked_sum<T>(a), naive::blocked_sum<T>(a)));
    EXPECT_TRUE(same_bits(blocked_sum_of_squares<T>(a), naive::blocked_dot<T>(a, a)));
    EXPECT_TRUE(same_bits(blocked_dot<T>(a, b), naive::blocked_dot<T>(a, b)));
    BlockedSum one_by_one;
    for (const T value : a) one_by_one.add(static_cast<double>(value));
    EXPECT_TRUE(same_bits(one_by_one.total(), naive::blocked_sum<T>(a)));
    EXPECT_EQ(one_by_one.count(), count);
  }
}

TYPED_TEST(Reductions, AllFiniteSeesEveryPosition) {
  using T = TypeParam;
  on_every_target([] {
    for (std::size_t count = 0; count <= 70; ++count) {
      std::vector<T> values(count, std::numeric_limits<T>::max());
      EXPECT_TRUE(all_finite<T>(values));
      for (std::size_t i = 0; i < count; ++i) {
        for (const T bad : {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::infinity()}) {
          values[i] = bad;
          EXPECT_FALSE(all_finite<T>(values));
        }
        values[i] = std::numeric_limits<T>::denorm_min();
      }
    }
  });
}

}  // namespace
}  // namespace gradus::kernels
