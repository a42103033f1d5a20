#include "kernels/periodic.h"

#include "kernels/blend.h"
#include "kernels/naive.h"
#include "kernels/test_support.h"

namespace gradus::kernels {
namespace {

template <typename T>
class Periodic : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Periodic, Scalars);

struct Shape {
  int64_t rows, hidden, mixtures;
};

/// A column's parameters, or their gradients, in one array.
template <typename T>
struct Column {
  Column(int64_t mixtures_, int64_t hidden_, uint64_t seed, Values values = Values::plain)
      : mixtures(mixtures_), hidden(hidden_), flat(draw<T>(2 * hidden + mixtures * (hidden + 1), seed, values)) {}
  PeriodicView<T> view() {
    T* weight = flat.data() + 2 * hidden;
    return {MatrixView<T>(weight, mixtures, hidden), flat.data(), flat.data() + hidden, weight + mixtures * hidden};
  }
  PeriodicView<const T> constant() {
    const PeriodicView<T> v = view();
    return {v.weight, v.frequency, v.phase, v.bias};
  }
  int64_t mixtures, hidden;
  std::vector<T> flat;
};

TYPED_TEST(Periodic, HasTheBitsOfItsNaiveTwinOnEveryTarget) {
  using T = TypeParam;
  for (const Values values : {Values::plain, Values::special}) {
    for (const Shape& shape : {Shape{1, 1, 1}, {7, 16, 3}, {70, 16, 3}, {33, 5, 4}, {16, 70, 9}}) {
      const int64_t rows = shape.rows, hidden = shape.hidden, mixtures = shape.mixtures;
      SCOPED_TRACE(testing::Message() << rows << " rows, " << hidden << " cosines, " << mixtures << " mixtures");
      Column<T> column(mixtures, hidden, 3, values);
      const AwkwardMatrix<T> x(rows, 1, 5, 11, values), delta(rows, 1 + mixtures, 2, 13, values);
      AwkwardMatrix<T> expected(rows, 1 + mixtures, 3, 17);
      Column<T> gradient(mixtures, hidden, 19);
      set_target("auto");
      naive::periodic_forward<T>(column.constant(), x.view(), expected.view());
      naive::periodic_backward<T>(column.constant(), x.view(), delta.view(), gradient.view());
      on_every_target([&] {
        AwkwardMatrix<T> out(rows, 1 + mixtures, 3, 23);
        Column<T> own(mixtures, hidden, 29);
        periodic_forward<T>(column.constant(), x.view(), out.view());
        periodic_backward<T>(column.constant(), x.view(), delta.view(), own.view());
        EXPECT_TRUE(same_bits(out.values(), expected.values()));
        EXPECT_TRUE(out.frame_intact());
        EXPECT_TRUE(same_bits(own.flat, gradient.flat));
      });
    }
  }
}

TYPED_TEST(Periodic, ByHand) {
  using T = TypeParam;
  Column<T> column(1, 2, 1);
  column.flat = {T(0.25), T(0), T(0), T(0), T(2), T(3), T(5)};  // frequencies, phases, weights, bias
  const T x[] = {T(0), T(1), T(2)};
  T out[6];
  periodic_forward<T>(column.constant(), {x, 3, 1}, {out, 3, 2});
  EXPECT_EQ(out[1], T(2 + 3 + 5));
  EXPECT_EQ(out[2], T(1));
  EXPECT_EQ(out[3], T(0 + 3 + 5));   // a quarter of a turn
  EXPECT_EQ(out[5], T(-2 + 3 + 5));  // half of one
}

TYPED_TEST(Periodic, BlendsHaveTheBitsOfTheirNaiveTwins) {
  using T = TypeParam;
  for (const int64_t count : {1, 3, 16, 17, 70}) {
    const std::vector<T> z = draw<T>(count, 3, Values::special), a = draw<T>(count, 5), share = draw<T>(count, 7);
    std::vector<T> expected(z.size()), back = draw<T>(count, 9, Values::special), to_z(z.size());
    const std::vector<T> sent = back;
    naive::blend<T>(z, a, share, expected);
    naive::blend_back<T>(share, back, to_z);
    on_every_target([&] {
      std::vector<T> out(z.size()), delta = sent, skipped(z.size());
      blend<T>(z, a, share, out);
      blend_back<T>(share, delta, skipped);
      EXPECT_TRUE(same_bits(out, expected));
      EXPECT_TRUE(same_bits(delta, back));
      EXPECT_TRUE(same_bits(skipped, to_z));
    });
  }
}

}  // namespace
}  // namespace gradus::kernels
