#include "interop/int8.h"

#include <gtest/gtest.h>

#include <memory>

#include "interop/synthetic_rows.h"

namespace gradus {
namespace {

/// Two numbers, from -4 to 12 and from 0 to 1, to two units.
ModelData two_by_two(float w00, float w01, float w10, float w11) {
  Network network(multilayer(2, {}, 2, {}));
  network.weight(0)(0, 0) = w00;
  network.weight(0)(0, 1) = w01;
  network.weight(0)(1, 0) = w10;
  network.weight(0)(1, 1) = w11;
  network.bias(0)[0] = 0.125f;
  ModelData model{.network = network};
  const NumericEncoding wide_range{.minimum = -4.0, .maximum = 12.0};
  const NumericEncoding unit{.minimum = 0.0, .maximum = 0.999};
  model.encoder = {.columns = {{.name = "a", .encoding = wide_range, .first = 0, .width = 1},
                               {.name = "b", .encoding = unit, .first = 1, .width = 1}},
                   .width = 2};
  model.targets.columns = {{.name = "y"}, {.name = "z", .scale = 0.5}};
  return model;
}

TEST(Int8, RoundsEachUnitByItsLargestWeight) {
  Pipeline pipeline = make_pipeline(two_by_two(1.27f, -0.5f, 0.307f, 0.1f));
  const std::vector<Int8Weight> weights = quantise(pipeline);
  ASSERT_EQ(weights.size(), 1u);
  EXPECT_EQ(weights[0].values, (std::vector<int8_t>{127, -127, 31, 25}));  // 0.307 / 0.01, 0.1 * 127 / 0.5 = 25.4
  EXPECT_FLOAT_EQ(static_cast<float>(weights[0].scales[0]), 0.01f);
  const Network& network = std::get<Network>(pipeline.network);
  EXPECT_FLOAT_EQ(network.weight(0)(1, 0), 0.31f);
  EXPECT_EQ(network.bias(0)[0], 0.125f);
}

TEST(Int8, ColumnsOfZerosStayZero) {
  Pipeline pipeline = make_pipeline(two_by_two(0.0f, 1e-45f, 0.0f, 0.0f));
  quantise(pipeline);
  for (const float w : std::get<Network>(pipeline.network).parameters().first(4)) EXPECT_EQ(w, 0.0f);
}

TEST(Int8, LossIsTheLargestDifferenceInDeviations) {
  const ModelData model = two_by_two(1.0f, 0.0f, 0.0f, 0.0f);
  ModelData other = two_by_two(1.0f, 0.25f, 0.0f, 0.0f);  // z moves by a / 4, in units of its scale by a / 8
  double largest = 0.0;
  for (const RawRow& row : synthetic_rows(model.encoder, 1000, 2))
    if (std::isfinite(row[0].number)) largest = std::max(largest, std::fabs(row[0].number) / 4.0);
  // What a network learns is scaled: z = output / 0.5, and a difference is taken times 0.5.
  EXPECT_NEAR(measure_loss(model, other).largest_difference, largest, 1e-6);
}

TEST(SyntheticRows, StayNearTheRangeAndMissSome) {
  const ModelData model = two_by_two(1.0f, 0.0f, 0.0f, 0.0f);
  int missing = 0;
  int outside = 0;
  for (const RawRow& row : synthetic_rows(model.encoder, 1000, 1)) {
    const double a = row[0].number;
    missing += std::isnan(a) ? 1 : 0;
    if (std::isnan(a)) continue;
    EXPECT_EQ(a, std::nearbyint(a));  // the range ends in whole numbers
    EXPECT_GE(a, -12.0);
    EXPECT_LE(a, 20.0);
    outside += a < -4.0 || a > 12.0 ? 1 : 0;
  }
  EXPECT_GT(missing, 30);
  EXPECT_LT(missing, 100);
  EXPECT_GT(outside, 30);
  EXPECT_LT(outside, 100);
}

TEST(SyntheticRows, AreTheSameForTheSameSeed) {
  const ModelData model = two_by_two(1.0f, 0.0f, 0.0f, 0.0f);
  const auto first = synthetic_rows(model.encoder, 5, 7);
  const auto again = synthetic_rows(model.encoder, 5, 7);
  const auto other = synthetic_rows(model.encoder, 5, 8);
  EXPECT_EQ(first[3][1].number, again[3][1].number);
  EXPECT_NE(first[3][1].number, other[3][1].number);
}

}  // namespace
}  // namespace gradus
