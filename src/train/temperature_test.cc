#include "train/temperature.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace gradus {
namespace {

/// Logits of `classes` at random, labels drawn from their probabilities at temperature `true_temperature`.
LabelledLogits drawn(int64_t rows, int64_t classes, double true_temperature, bool sigmoids = false) {
  LabelledLogits all{.classes = classes, .sigmoids = sigmoids};
  const RandomStream draws(3, Purpose::gradcheck);
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

TEST(Temperature, FindsTheOneThatLabelsWereDrawnAt) {
  for (const double temperature : {0.5, 2.5, 5.0}) {
    EXPECT_NEAR(fit_temperature(drawn(6000, 4, temperature)).temperature / temperature, 1.0, 0.06) << temperature;
    EXPECT_NEAR(fit_temperature(drawn(6000, 2, temperature)).temperature / temperature, 1.0, 0.1) << temperature;
  }
  EXPECT_NEAR(fit_temperature(drawn(6000, 3, 2.0, true)).temperature, 2.0, 0.2);
}

// sigmoid(z / T) is the part of the rows that are right, the doubt of 1 in (rows + 2) off: T = z / logit(p).
TEST(Temperature, OfOneLogitIsByHand) {
  const LabelledLogits rows = constant(80, 60, 4.0);
  const double doubt = 1.0 / 82.0;
  const double p = (1.0 - doubt) * 0.75 + doubt * 0.25;
  const TemperatureFit fit = fit_temperature(rows);
  EXPECT_NEAR(fit.temperature, 4.0 / std::log(p / (1.0 - p)), 1e-5);
  EXPECT_NEAR(fit.log_loss_before, std::log1p(std::exp(-4.0)) + 0.25 * 4.0, 1e-12);
  EXPECT_NEAR(fit.log_loss, log_loss(rows, fit.temperature), 1e-15);
  EXPECT_LT(fit.log_loss, fit.log_loss_before);
}

// Rows that are all right would be most probable at temperature 0; the doubt bounds it.
TEST(Temperature, RowsThatAreAllRightAskForNoCertainty) {
  EXPECT_NEAR(fit_temperature(constant(40, 40, 1.0)).temperature, 1.0 / std::log(41.0), 1e-5);
}

TEST(Temperature, IsOneWhereItDoesNotPay) {
  const TemperatureFit few = fit_temperature(drawn(9, 3, 5.0));
  EXPECT_EQ(few.temperature, 1.0);
  EXPECT_EQ(few.log_loss, few.log_loss_before);
  // The first four parts are right and the fifth is wrong: what four say is worse for the fifth.
  LabelledLogits rows = constant(50, 50, 2.0);
  for (std::size_t row = 4; row < 50; row += 5) rows.labels[row] = 0;
  rows.weights.assign(50, 1.0);
  for (std::size_t row = 0; row < 50; ++row) rows.z[2 * row + 1] = std::log(4.0);  // right already
  EXPECT_EQ(fit_temperature(rows).temperature, 1.0);
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

}  // namespace
}  // namespace gradus
