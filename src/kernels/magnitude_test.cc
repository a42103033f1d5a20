#include "kernels/magnitude.h"

#include <cmath>
#include <limits>

#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class Magnitude : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Magnitude, Scalars);

template <typename T>
T naive_magnitude(const std::vector<T>& values) {
  T largest = T(0);
  for (const T value : values) largest = std::fmax(largest, std::abs(value));
  return largest;
}

TYPED_TEST(Magnitude, IsTheLargestOnEveryTarget) {
  using T = TypeParam;
  on_every_target([] {
    for (int64_t columns = 0; columns <= 70; ++columns) {
      for (const int64_t rows : {0, 1, 3}) {
        for (const int64_t gap : {0, 2}) {
          const AwkwardMatrix<T> values(rows, columns, gap, static_cast<uint64_t>(columns));
          EXPECT_EQ(largest_magnitude<T>(values.view()), naive_magnitude(values.values())) << rows << " x " << columns;
        }
      }
    }
  });
}

TYPED_TEST(Magnitude, SaysWhenAValueIsNotFinite) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  on_every_target([] {
    for (const T bad : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), -Limits::quiet_NaN()}) {
      for (int64_t at = 0; at < 67; ++at) {
        std::vector<T> values(67, T(-1));
        values[static_cast<std::size_t>(at)] = bad;
        EXPECT_FALSE(std::isfinite(largest_magnitude<T>({values.data(), 1, 67}))) << bad << " at " << at;
      }
    }
    const T denormal = Limits::denorm_min();
    EXPECT_EQ(largest_magnitude<T>({&denormal, 1, 1}), denormal);
  });
}

}  // namespace
}  // namespace gradus::kernels
