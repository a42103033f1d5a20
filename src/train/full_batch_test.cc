#include "train/full_batch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
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

}  // namespace
}  // namespace gradus
