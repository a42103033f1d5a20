#include "train/full_batch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "gradus/table.h"
#include "gradus/train.h"

#include "base/random.h"
#include "source_path.h"

namespace gradus {
namespace {

// 1,500 rows are more than a chunk, in an order of their own.
TEST(TableObjective, ItsGradientIsTheCentralDifferenceOfItsValue) {
  const RandomStream draws(3, Purpose::gradcheck);
  constexpr int64_t kRows = 1500;
  std::vector<double> x(kRows * 3), y(kRows * 2);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 2.0 * draws.uniform(i) - 1.0;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = 2.0 * draws.uniform(10000 + i) - 1.0;
  std::vector<uint32_t> rows(kRows);
  std::iota(rows.rbegin(), rows.rend(), 0u);
  BasicNetwork<double> network(multilayer(3, std::vector<HiddenLayer>{{4, Activation::tanh, 0.0}}, 2, {}));
  network.initialize(1);
  TableObjective<double> objective(network.spec(), {{x.data(), kRows, 3}, {y.data(), kRows, 2}, rows}, {.l2 = 50.0});
  std::vector<double> theta(network.parameters().begin(), network.parameters().end());
  std::vector<double> gradient(theta.size()), unused(theta.size());
  objective(theta, gradient);
  for (std::size_t j = 0; j < theta.size(); ++j) {
    const double at = theta[j], h = 1e-5;
    theta[j] = at + h;
    const double above = objective(theta, unused);
    theta[j] = at - h;
    const double below = objective(theta, unused);
    theta[j] = at;
    EXPECT_NEAR(gradient[j], (above - below) / (2.0 * h), 1e-8) << j;
  }
}

Model trained(Solver solver, int threads, int64_t epochs) {
  return train(read_csv(source_path("data/iris.csv")), {.target = "species",
                                                        .validation_fraction = 0.0,
                                                        .hidden = "8",
                                                        .activation = Activation::tanh,
                                                        .solver = solver,
                                                        .epochs = epochs,
                                                        .l2 = 0.1,
                                                        .early_stopping = false,
                                                        .threads = threads});
}

TEST(FullBatch, LearnsIrisAndNeverGoesUp) {
  for (const Solver solver : {Solver::lbfgs, Solver::cg, Solver::rprop_plus}) {
    SCOPED_TRACE(name(solver));
    const Model model = trained(solver, 1, 100);
    EXPECT_LT(model.history().back().train_loss, 0.06);
    for (std::size_t i = 1; solver != Solver::rprop_plus && i < model.history().size(); ++i)
      EXPECT_LE(model.history()[i].train_loss, model.history()[i - 1].train_loss);
  }
}

TEST(FullBatch, ThreadsDoNotChangeABit) {
  for (const Solver solver : {Solver::lbfgs, Solver::cg}) {
    const Model one = trained(solver, 1, 10), three = trained(solver, 3, 10);
    for (std::size_t i = 0; i < one.history().size(); ++i)
      EXPECT_EQ(one.history()[i].train_loss, three.history()[i].train_loss);
  }
}

/// The mean squared error after 200 steps at most from `seed` of a network 1-10-1 on sin(3x), 64 points without noise.
template <typename T>
double error_on_a_sine(uint64_t seed) {
  constexpr int64_t kPoints = 64;
  std::vector<T> x(kPoints), y(kPoints);
  std::vector<uint32_t> rows(kPoints);
  std::iota(rows.begin(), rows.end(), 0u);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<T>(-1.0 + 2.0 * static_cast<double>(i) / (kPoints - 1));
    y[i] = static_cast<T>(std::sin(3.0 * static_cast<double>(x[i])));
  }
  BasicNetwork<T> network(multilayer(1, std::vector<HiddenLayer>{{10, Activation::tanh, 0.0}}, 1, {}));
  network.initialize(seed);
  const ObjectiveRows<T> data = {{x.data(), kPoints, 1}, {y.data(), kPoints, 1}, rows};
  FullBatchDescent<T> descent(network, data, {.solver = Solver::lm});
  for (int step = 0; step < 200; ++step)
    if (descent.iterate().converged) break;
  TableObjective<T> error(network.spec(), data, {});
  std::vector<T> unused(network.parameters().size());
  return 2.0 * error(network.parameters(), unused);  // J halves it
}

template <typename T>
int sines_learned() {
  int learned = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) learned += error_on_a_sine<T>(seed) <= 1e-10;
  return learned;
}

TEST(LeastSquaresDescent, LearnsASineToTenDigitsFromMostStarts) {
  EXPECT_GE(sines_learned<double>(), 8);
}

// The walk is in double; what is left is the rounding of weights and targets.
TEST(LeastSquaresDescent, LearnsASineAsWellIntoANetworkOfFloats) {
  EXPECT_GE(sines_learned<float>(), 8);
}

Model fitted(Solver solver, const std::string& hidden, int64_t epochs, int threads = 1) {
  return train(read_csv(source_path("data/iris.csv")), {.target = "petal_width",
                                                        .validation_fraction = 0.0,
                                                        .hidden = hidden,
                                                        .activation = Activation::tanh,
                                                        .precision = Precision::float64,
                                                        .solver = solver,
                                                        .epochs = epochs,
                                                        .l2 = 0.1,
                                                        .early_stopping = false,
                                                        .threads = threads});
}

// Without hidden layers the objective is a parabola, whose minimum both must find.
TEST(LeastSquaresDescent, FindsTheLeastSquaresLine) {
  EXPECT_NEAR(fitted(Solver::lm, "none", 20).history().back().train_loss,
              fitted(Solver::lbfgs, "none", 200).history().back().train_loss, 1e-10);
}

TEST(LeastSquaresDescent, FitsIrisLowerThanLbfgsInAsManyStepsAndNeverGoesUp) {
  const Model model = fitted(Solver::lm, "8", 50);
  for (std::size_t i = 1; i < model.history().size(); ++i)
    EXPECT_LE(model.history()[i].train_loss, model.history()[i - 1].train_loss);
  EXPECT_LE(model.history().back().train_loss, fitted(Solver::lbfgs, "8", 50).history().back().train_loss);
}

TEST(LeastSquaresDescent, ThreadsDoNotChangeABit) {
  const Model one = fitted(Solver::lm, "40", 5), three = fitted(Solver::lm, "40", 5, 3);
  ASSERT_EQ(one.history().size(), three.history().size());
  for (std::size_t i = 0; i < one.history().size(); ++i)
    EXPECT_EQ(one.history()[i].train_loss, three.history()[i].train_loss);
}

// Classes are learned by squared errors of their indicators.
TEST(LeastSquaresDescent, LearnsClassesBySquaredErrors) {
  TrainOptions options = {.target = "species", .hidden = "6", .loss = Loss::squared_error, .solver = Solver::lm};
  options.epochs = 30;
  EXPECT_GT(*evaluate(train(read_csv(source_path("data/iris.csv")), options), read_csv(source_path("data/iris.csv")))
                 .find("accuracy"),
            0.95);
}

}  // namespace
}  // namespace gradus
