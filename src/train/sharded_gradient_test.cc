#include "train/sharded_gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "gradus/error.h"
#include "gradus/network.h"
#include "gradus/trainer.h"

#include "base/random.h"
#include "comm/test_ranks.h"
#include "nn/loss.h"
#include "nn/pass.h"
#include "train/step.h"

namespace gradus {
namespace {

constexpr int64_t kInputs = 3;
constexpr int64_t kClasses = 4;
constexpr DropoutDraws kDraws{7, 2, 5};

struct Batch {
  explicit Batch(int64_t rows) : x(static_cast<std::size_t>(rows * kInputs)), y(static_cast<std::size_t>(rows)) {
    const RandomStream draws(3, Purpose::gradcheck);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(4.0 * draws.uniform(i) - 2.0);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(draws.below(1000 + i, kClasses));
  }
  int64_t rows() const { return static_cast<int64_t>(y.size()); }
  MatrixView<const float> features() const { return {x.data(), rows(), kInputs}; }
  MatrixView<const float> targets() const { return {y.data(), rows(), 1}; }
  std::vector<float> x, y;
};

Network small_network(double dropout) {
  const std::vector<HiddenLayer> hidden = {{9, Activation::tanh, dropout}, {6, Activation::silu, dropout}};
  Network network(multilayer(kInputs, hidden, kClasses, {.loss = Loss::softmax_cross_entropy}));
  network.initialize(1);
  return network;
}

struct Gradient {
  std::vector<float> values;
  std::vector<float> losses;
  bool operator==(const Gradient&) const = default;
};

Gradient sharded(const Network& network, const Batch& batch, int64_t shards, bool dropout,
                 Communicator& group = local_communicator()) {
  const Plan plan = compile(network.spec());
  Workspace<float> workspace(plan, most_rows_in_shard(batch.rows(), shards), true);
  ThreadPool pool;
  ShardedGradient<float> gradient(plan, shards, batch.rows(), group);
  Gradient out{std::vector<float>(static_cast<std::size_t>(plan.parameters)), {}};
  gradient.run(network.parameters(), batch.features(), batch.targets(), dropout ? &kDraws : nullptr, workspace, pool,
               out.values);
  out.losses.assign(gradient.losses(batch.rows()).begin(), gradient.losses(batch.rows()).end());
  return out;
}

/// The whole minibatch in one pass.
Gradient whole(const Network& network, const Batch& batch, bool dropout) {
  const Plan plan = compile(network.spec());
  Workspace<float> workspace(plan, batch.rows(), true);
  ThreadPool pool;
  Gradient out{std::vector<float>(static_cast<std::size_t>(plan.parameters)), {}};
  forward<float>(plan, network.parameters(), batch.features(), dropout ? &kDraws : nullptr, workspace, pool);
  backward<float>(plan, network.parameters(), batch.features(), batch.targets(),
                  1.0f / static_cast<float>(batch.rows()), dropout, workspace, out.values, pool);
  const auto losses = workspace.losses(batch.rows());
  out.losses.assign(losses.begin(), losses.end());
  return out;
}

TEST(ShardedGradient, OneShardHasTheBitsOfOnePass) {
  const Network network = small_network(0.3);
  for (const int64_t rows : {1, 7, 40})
    EXPECT_EQ(sharded(network, Batch(rows), 1, true), whole(network, Batch(rows), true));
}

TEST(ShardedGradient, IsTheWholeGradientUpToRounding) {
  for (const double dropout : {0.0, 0.4}) {
    const Network network = small_network(dropout);
    for (const int64_t shards : {2, 3, 5, 8}) {
      for (const int64_t rows : {1, 2, 4, 5, 8, 33, 300}) {
        const Batch batch(rows);
        const Gradient apart = sharded(network, batch, shards, dropout > 0.0);
        const Gradient once = whole(network, batch, dropout > 0.0);
        EXPECT_EQ(apart.losses, once.losses) << shards << " " << rows;  // masks are named by the row in the minibatch
        for (std::size_t i = 0; i < once.values.size(); ++i)
          ASSERT_NEAR(apart.values[i], once.values[i], 2e-6f) << shards << " " << rows << " " << i;
      }
    }
  }
}

TEST(ShardedGradient, SameBitsOnOneTwoAndFourRanks) {
  const Network network = small_network(0.4);
  for (const int64_t shards : {4, 8, 12}) {
    for (const int64_t rows : {1, 3, 11, 64}) {
      const Batch batch(rows);
      const Gradient expected = sharded(network, batch, shards, true);
      for (const int ranks : {2, 4}) {
        on_ranks(ranks, [&](TestCommunicator& group) {
          EXPECT_EQ(sharded(network, batch, shards, true, group), expected) << shards << " " << rows << " " << ranks;
        });
      }
    }
  }
}

TEST(ShardedGradient, WantsShardsThatTheRanksDivide) {
  const Plan plan = compile(small_network(0.0).spec());
  on_ranks(2, [&](TestCommunicator& group) {
    try {
      ShardedGradient<float>(plan, 3, 10, group);
      ADD_FAILURE() << "expected an error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      EXPECT_EQ(error.message(), "--shards: found 3, expected a multiple of the 2 ranks, so that each has as many");
    }
  });
}

struct Trained {
  std::vector<double> losses;
  std::vector<float> parameters;
  bool operator==(const Trained&) const = default;
};

Trained trained(const Batch& batch, const TrainerOptions& options, Communicator& group) {
  Network network = small_network(0.2);
  TrainingStep<float> step(network, options, batch.rows(), group);
  Trained out;
  for (uint32_t i = 0; i < 5; ++i)
    out.losses.push_back(step.run(batch.features(), batch.targets(), batch.rows(), 0.05, {1, 0, i}).loss);
  out.parameters.assign(network.parameters().begin(), network.parameters().end());
  return out;
}

TEST(TrainingStepInShards, EveryRankKeepsTheSameNetwork) {
  const Batch batch(600);  // three blocks of losses
  const TrainerOptions options{.solver = Solver::adam, .l2 = 0.1, .shards = 4};
  const Trained expected = trained(batch, options, local_communicator());
  for (const int ranks : {2, 4})
    on_ranks(ranks, [&](TestCommunicator& group) { EXPECT_EQ(trained(batch, options, group), expected); });
}

TEST(TrainingStepInShards, TheFirstLossIsThatOfOneShard) {
  const Batch batch(600);
  const double once = trained(batch, {.shards = 1}, local_communicator()).losses[0];
  for (const int64_t shards : {2, 3, 5, 8})
    EXPECT_EQ(trained(batch, {.shards = shards}, local_communicator()).losses[0], once);
}

TEST(TrainingStepInShards, ABadRowIsFoundOnEveryRankAndChangesNothing) {
  Batch batch(10);
  batch.x[8 * kInputs] = std::numeric_limits<float>::quiet_NaN();
  for (const int ranks : {1, 2}) {
    on_ranks(ranks, [&](TestCommunicator& group) {
      Network network = small_network(0.0);
      const std::vector<float> before(network.parameters().begin(), network.parameters().end());
      TrainingStep<float> step(network, {.shards = 4}, 10, group);
      const StepResult result = step.run(batch.features(), batch.targets(), 10, 0.1, {});
      EXPECT_EQ(result.divergence, Divergence::loss);
      EXPECT_EQ(result.bad_layer, 1);
      EXPECT_TRUE(std::ranges::equal(std::as_const(network).parameters(), before));
    });
  }
}

TEST(TrainerInShards, ShardsOutOfRangeAreRefused) {
  Network network = small_network(0.0);
  for (const int64_t shards : {int64_t{0}, int64_t{-3}, kMostShards + 1})
    EXPECT_THROW(Trainer(network, {.shards = shards}, 10), Error) << shards;
}

}  // namespace
}  // namespace gradus
