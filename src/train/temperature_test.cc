#include "train/temperature.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace gradus {
namespace {

/// Logits of `classes` at random, labels drawn from their probabilities at temperature `true_temperature`.
LabelledLogits drawn(int64_t rows, int64_t classes, double true_temperature, bool sigmoids = false, uint64_t seed = 3) {
  LabelledLogits all{.classes = classes, .sigmoids = sigmoids};
  const RandomStream draws(seed, Purpose::gradcheck);
  uint64_t index = 0;
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<double> p;
    double sum = 0.0;
    for (int64_t k = 0; k < classes; ++k) {
      const double z = 8.0 * draws.uniform(index++) - 4.0;
      all.z.push_back(z);
      p.push_back(sigmoids ? 1.0 / (1.0 + std::exp(-z / true_temperature)) : std::exp(z / true_temperature));
      sum += p.back();
    }
    double left = draws.uniform(index++) * sum;
    int32_t label = 0;
    while (label + 1 < classes && left >= p[static_cast<std::size_t>(label)])
      left -= p[static_cast<std::size_t>(label++)];
    all.labels.push_back(label);
    all.weights.push_back(1.0);
  }
  return all;
}

/// Two classes: logits 0 and `z` in every row, the first `right` rows of the second class.
LabelledLogits constant(int64_t rows, int64_t right, double z) {
  LabelledLogits all{.classes = 2};
  for (int64_t row = 0; row < rows; ++row) {
    all.z.insert(all.z.end(), {0.0, z});
    all.labels.push_back(row < right ? 1 : 0);
    all.weights.push_back(1.0);
  }
  return all;
}

// Nearest to 1 among those the rows allow: short of the true one by about 3.3 standard errors.
TEST(Temperature, ComesNearTheOneThatLabelsWereDrawnAt) {
  const auto expect_short_of = [](double truth, const LabelledLogits& rows) {
    const double part = std::log(fit_temperature(rows).temperature) / std::log(truth);
    EXPECT_GT(part, 0.7) << truth;
    EXPECT_LT(part, 1.01) << truth;
  };
  for (const double temperature : {0.5, 2.5, 5.0}) {
    expect_short_of(temperature, drawn(4000, 4, temperature));
    expect_short_of(temperature, drawn(4000, 2, temperature));
  }
  expect_short_of(2.0, drawn(4000, 3, 2.0, true));
}

// sigmoid(z / T) = p of two classes against the part q of the rows that are right, the doubt of 1 in (rows + 2) off:
// the log likelihood falls short of the best, p = q, by rows x KL(q, p), and a chi-square exceeds twice that in 1 of
// 1000 cases where it is 5.413783085331366.
void expect_at_the_edge(int64_t rows, int64_t right, double z) {
  const auto count = static_cast<double>(rows);
  const double doubt = 1.0 / (count + 2.0), part = static_cast<double>(right) / count;
  const double q = (1.0 - doubt) * part + doubt * (1.0 - part);
  const LabelledLogits all = constant(rows, right, z);
  const TemperatureFit fit = fit_temperature(all);
  const double p = 1.0 / (1.0 + std::exp(-z / fit.temperature));
  EXPECT_NEAR(count * (q * std::log(q / p) + (1.0 - q) * std::log((1.0 - q) / (1.0 - p))), 5.413783085331366, 1e-5);
  const double best = z / std::log(q / (1.0 - q));
  EXPECT_LT(std::fabs(std::log(fit.temperature)), std::fabs(std::log(best)));
  EXPECT_GT(std::log(fit.temperature) * std::log(best), 0.0);  // and on its side of 1
  EXPECT_NEAR(fit.log_loss, log_loss(all, fit.temperature), 1e-15);
  EXPECT_LT(fit.log_loss, fit.log_loss_before);
}

TEST(Temperature, OfOneLogitIsByHand) {
  expect_at_the_edge(80, 60, 4.0);
  EXPECT_NEAR(fit_temperature(constant(80, 60, 4.0)).log_loss_before, std::log1p(std::exp(-4.0)) + 0.25 * 4.0, 1e-12);
}

// Rows that are all right would be most probable at temperature 0; the doubt bounds it.
TEST(Temperature, RowsThatAreAllRightAskForNoCertainty) {
  expect_at_the_edge(40, 40, 1.0);
}

TEST(Temperature, IsOneWhereTheRowsDoNotRefuteIt) {
  const TemperatureFit right = fit_temperature(constant(50, 40, std::log(4.0)));
  EXPECT_EQ(right.temperature, 1.0);
  EXPECT_EQ(right.log_loss, right.log_loss_before);
  EXPECT_EQ(fit_temperature(constant(50, 38, std::log(4.0))).temperature, 1.0);  // 38 or 42 of 50 are chance
  EXPECT_EQ(fit_temperature(constant(50, 42, std::log(4.0))).temperature, 1.0);
  EXPECT_GT(fit_temperature(constant(50, 25, std::log(4.0))).temperature, 1.0);
}

// What the theory says of many draws: calibrated rows are scaled in one case of a thousand, and rows that are not are
// scaled too far in half a case.
TEST(Temperature, SeldomGoesTooFar) {
  constexpr uint64_t kTimes = 500;
  int moved = 0, too_far = 0, helped = 0;
  for (uint64_t seed = 1; seed <= kTimes; ++seed) {
    moved += fit_temperature(drawn(60, 3, 1.0, false, seed)).temperature != 1.0;
    const double found = fit_temperature(drawn(60, 3, 1.8, false, seed)).temperature;
    too_far += found > 1.8;
    helped += found > 1.0;
  }
  EXPECT_LE(moved, 3);    // 0.5 expected
  EXPECT_LE(too_far, 2);  // 0.25 expected
  EXPECT_GE(helped, 250);
}

TEST(Temperature, TheUnitOfTheWeightsIsNothing) {
  LabelledLogits rows = drawn(300, 3, 3.0);
  const double temperature = fit_temperature(rows).temperature;
  rows.weights.assign(300, 7.0);
  EXPECT_NEAR(fit_temperature(rows).temperature, temperature, 1e-6);
  for (std::size_t row = 0; row < 300; ++row) rows.weights[row] = row % 3 == 0 ? 1.0 : 0.0;
  LabelledLogits few{.classes = 3};
  for (std::size_t row = 0; row < 300; row += 3) {
    few.z.insert(few.z.end(), rows.z.begin() + static_cast<std::ptrdiff_t>(3 * row),
                 rows.z.begin() + static_cast<std::ptrdiff_t>(3 * row + 3));
    few.labels.push_back(rows.labels[row]);
    few.weights.push_back(1.0);
  }
  // But for the doubt, which goes by all rows.
  EXPECT_NEAR(fit_temperature(rows).temperature / fit_temperature(few).temperature, 1.0, 0.05);
}

TEST(Temperature, ARowOfWeightTwoIsTwoRows) {
  LabelledLogits once = drawn(200, 3, 2.0), twice = once;
  for (std::size_t row = 0; row < 200; row += 2) {
    once.weights[row] = 2.0;
    for (std::size_t k = 0; k < 3; ++k) twice.z.push_back(once.z[3 * row + k]);
    twice.labels.push_back(once.labels[row]);
    twice.weights.push_back(1.0);
  }
  EXPECT_NEAR(log_loss(once, 1.7), log_loss(twice, 1.7), 1e-13);
}

TEST(Temperature, SmoothedLabelsSayThatProbabilitiesAreTooModest) {
  const LabelledLogits few = drawn(40, 3, 0.6);  // too few to refute 1 by themselves
  ASSERT_EQ(fit_temperature(few).temperature, 1.0);
  EXPECT_LT(fit_temperature(few, true).temperature, 0.95);
  // What speaks for less sharp ones is believed no sooner than without smoothing.
  const LabelledLogits flat = drawn(40, 3, 1.4);
  EXPECT_EQ(fit_temperature(flat, true).temperature, fit_temperature(flat).temperature);
}

}  // namespace
}  // namespace gradus
