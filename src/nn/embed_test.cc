#include "nn/embed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradus/error.h"

#include "base/random.h"
#include "kernels/target.h"
#include "nn/head.h"
#include "nn/loss.h"
#include "nn/packed_network.h"
#include "nn/pass.h"

namespace gradus {
namespace {

using Kind = ColumnEmbedding::Kind;

constexpr int64_t kRows = 37;
const Embed kEmbed = {{{.inputs = 2, .outputs = 2},
                       {.kind = Kind::periodic, .outputs = 4, .hidden = 5},
                       {.kind = Kind::category, .outputs = 3, .levels = 4},
                       {.kind = Kind::periodic, .outputs = 2, .hidden = 1}}};

/// Every op there is before the first layer and around activations, between others.
NetworkSpec full_spec() {
  return {5,
          {kEmbed, Scale{}, Dropout{0.3}, Affine{6}, Activate{Activation::tanh}, Blend{}, Affine{6}, LayerNorm{},
           Activate{Activation::selu}, Residual{5}, Affine{4}, Activate{Activation::mish}, Blend{}, Dropout{0.2},
           Affine{2}},
          {}};
}

struct Rows {
  Rows() : x(kRows * 5), y(kRows * 2) {
    const RandomStream draws(5, Purpose::gradcheck);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 4.0 * draws.uniform(i) - 2.0;
    for (std::size_t row = 0; row < kRows; ++row) x[5 * row + 3] = static_cast<double>(row % 4);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = draws.uniform(1000 + i);
  }
  std::vector<double> x, y;
};

TEST(InputOps, GradientsAgreeWithCentralDifferences) {
  const Rows rows;
  BasicNetwork<double> network(full_spec());
  network.initialize(3);
  const RandomStream draws(7, Purpose::gradcheck);
  for (std::size_t i = 0; i < network.parameters().size(); ++i)  // away from the 1 and 0 of a start
    network.parameters()[i] += 0.2 * (draws.uniform(i) - 0.5);
  const Plan plan = compile(network.spec());
  ThreadPool pool;
  Workspace<double> workspace(plan, kRows, true);
  const DropoutDraws masks{1, 2, 3};
  const MatrixView<const double> x(rows.x.data(), kRows, 5), y(rows.y.data(), kRows, 2);
  const auto loss = [&] {
    forward<double>(plan, std::as_const(network).parameters(), x, &masks, workspace, pool);
    std::vector<double> losses(kRows);
    loss_and_delta<double>(plan.head, workspace.value(std::ssize(plan.ops) - 1, kRows), y, 1.0,
                           workspace.outputs(kRows), {}, losses);
    double sum = 0.0;
    for (const double value : losses) sum += value;
    return sum;
  };
  std::vector<double> g(static_cast<std::size_t>(plan.parameters));
  loss();
  backward<double>(plan, std::as_const(network).parameters(), x, y, 1.0, true, workspace, g, pool);
  for (std::size_t i = 0; i < g.size(); ++i) {
    double& theta = network.parameters()[i];
    const double here = theta, step = 1e-5;
    theta = here + step;
    const double above = loss();
    theta = here - step;
    const double below = loss();
    theta = here;
    EXPECT_NEAR(g[i], (above - below) / (2.0 * step), 1e-7 * std::max(1.0, std::fabs(g[i]))) << "parameter " << i;
  }
}

TEST(InputOps, SameBitsOnEveryTargetAndThreadCount) {
  const Rows rows;
  const std::vector<float> x(rows.x.begin(), rows.x.end()), y(rows.y.begin(), rows.y.end());
  Network network(full_spec());
  network.initialize(3);
  const Plan plan = compile(network.spec());
  std::vector<float> first;
  for (const std::string& target : kernels::available_targets()) {
    ASSERT_TRUE(kernels::set_target(target));
    for (const int threads : {1, 3}) {
      ThreadPool pool(threads);
      Workspace<float> workspace(plan, kRows, true);
      std::vector<float> g(static_cast<std::size_t>(plan.parameters));
      forward<float>(plan, std::as_const(network).parameters(), {x.data(), kRows, 5}, nullptr, workspace, pool);
      backward<float>(plan, std::as_const(network).parameters(), {x.data(), kRows, 5}, {y.data(), kRows, 2}, 1.0f,
                      false, workspace, g, pool);
      if (first.empty()) first = g;
      EXPECT_EQ(g, first) << target << ", " << threads << " threads";
    }
  }
  kernels::set_target("auto");
}

TEST(InputOps, PredictionHasTheBitsOfForward) {
  const Rows rows;
  const std::vector<float> x(rows.x.begin(), rows.x.end());
  Network network(full_spec());
  network.initialize(3);
  const Plan plan = compile(network.spec());
  ThreadPool pool;
  Workspace<float> workspace(plan, kRows, false);
  const MatrixView<float> expected =
      forward<float>(plan, std::as_const(network).parameters(), {x.data(), kRows, 5}, nullptr, workspace, pool);
  const PackedNetwork<float> packed(network);
  AlignedBuffer<float> scratch(packed.scratch_size(kRows));
  std::vector<float> out(kRows * 2), row(2);
  packed.run({x.data(), kRows, 5}, {out.data(), kRows, 2}, scratch.data());
  for (int64_t i = 0; i < kRows; ++i) {
    packed.run_row(x.data() + 5 * i, row.data(), scratch.data());
    for (int64_t k = 0; k < 2; ++k) {
      EXPECT_EQ(out[static_cast<std::size_t>(2 * i + k)], expected(i, k));
      EXPECT_EQ(row[static_cast<std::size_t>(k)], expected(i, k));
    }
  }
}

TEST(InputOps, AnIndexBeyondATableTakesItsLastRow) {
  BasicNetwork<double> network(
      NetworkSpec{1, {Embed{{{.kind = Kind::category, .outputs = 1, .levels = 3}}}, Affine{1}}, {}});
  const std::vector<double> values = {10.0, 20.0, 30.0, 1.0, 0.0};
  std::ranges::copy(values, network.parameters().begin());
  const Plan plan = compile(network.spec());
  ThreadPool pool;
  Workspace<double> workspace(plan, 6, false);
  const double x[] = {0.0, 1.0, 2.0, 3.0, -1.0, std::nan("")};
  const MatrixView<double> out =
      forward<double>(plan, std::as_const(network).parameters(), {x, 6, 1}, nullptr, workspace, pool);
  const std::vector<double> expected = {10.0, 20.0, 30.0, 30.0, 30.0, 30.0};
  for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(out(i, 0), expected[static_cast<std::size_t>(i)]);
}

TEST(InputOps, StandWhereTheyMay) {
  const auto refused = [](std::vector<Op> ops) { EXPECT_THROW(parameter_count({5, std::move(ops), {}}), Error); };
  refused({Scale{}, kEmbed, Affine{1}});
  refused({Affine{5}, Scale{}, Affine{1}});
  refused({Affine{5}, Blend{}, Affine{1}});
  refused({Affine{5}, Activate{}, Dropout{0.1}, Blend{}, Affine{1}});
  refused({Embed{{{.inputs = 4, .outputs = 4}}}, Affine{1}});
  refused({Embed{{{.inputs = 6, .outputs = 6}}}, Affine{1}});
  refused({Embed{{{.inputs = 5, .outputs = 4}}}, Affine{1}});
  refused({Embed{{{.inputs = 4, .outputs = 4}, {.kind = Kind::periodic, .outputs = 1, .hidden = 2}}}, Affine{1}});
  refused({Embed{{{.inputs = 4, .outputs = 4}, {.kind = Kind::category, .outputs = 8, .levels = 0}}}, Affine{1}});
}

TEST(InputOps, ParametersAreNamedAndGroupedInOrder) {
  std::vector<std::string> names;
  int64_t next = 0;
  for (const TensorLayout& tensor : tensor_layout(full_spec())) {
    EXPECT_EQ(tensor.offset, next) << tensor.name;
    next += tensor.size;
    names.push_back(tensor.name);
  }
  const Plan plan = compile(full_spec());
  EXPECT_EQ(next, plan.parameters);
  EXPECT_EQ(names[0], "embeddings.1.frequency");
  EXPECT_EQ(names[4], "embeddings.2.table");
  EXPECT_EQ(std::ranges::count(names, "scales.0.factor"), 1);
  EXPECT_EQ(std::ranges::count(names, "blends.1.share"), 1);
  int64_t covered = 0;
  for (const ParameterGroup& group : plan.groups) {
    EXPECT_EQ(group.first, covered);
    covered += group.count;
  }
  EXPECT_EQ(covered, plan.trained);
}

TEST(Members, TheirMeanLogitsEnterTheHead) {
  const Rows rows;
  NetworkSpec spec = full_spec();
  spec.ops.pop_back();
  spec.ops.push_back(Affine{2});
  spec.head.loss = Loss::softmax_cross_entropy;
  spec.head.temperatures = {2.0};
  std::vector<BasicNetwork<double>> members(3, BasicNetwork<double>(spec));
  for (std::size_t m = 0; m < members.size(); ++m) members[m].initialize(m + 1);
  const auto all = joined(std::span<const BasicNetwork<double>>(members));
  EXPECT_EQ(all.spec().members, 3);
  EXPECT_EQ(parameter_count(all.spec()), 3 * parameter_count(spec));
  EXPECT_EQ(tensor_layout(all.spec()).back().name, "members.2.layers.3.bias");
  const MatrixView<const double> x(rows.x.data(), kRows, 5);
  ThreadPool pool;
  std::vector<double> sums(kRows * 2);
  for (std::size_t m = 0; m < members.size(); ++m) {
    EXPECT_TRUE(
        std::ranges::equal(member(all, static_cast<int64_t>(m)).parameters(), std::as_const(members[m]).parameters()));
    const Plan plan = compile(spec);
    Workspace<double> workspace(plan, kRows, false);
    const MatrixView<double> z =
        forward<double>(plan, std::as_const(members[m]).parameters(), x, nullptr, workspace, pool);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += z.data()[i];
  }
  const Plan plan = compile(all.spec());
  Workspace<double> workspace(plan, kRows, false);
  const MatrixView<double> mean = forward<double>(plan, all.parameters(), x, nullptr, workspace, pool);
  for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(mean.data()[i], sums[i] / 3.0);
  const PackedNetwork<double> packed(all);
  AlignedBuffer<double> scratch(packed.scratch_size(kRows));
  std::vector<double> out(kRows * 2), expected(kRows * 2);
  packed.run(x, {out.data(), kRows, 2}, scratch.data());
  head_outputs<double>(all.spec().head, mean, {expected.data(), kRows, 2});
  EXPECT_EQ(out, expected);
}

TEST(Members, AreOfOneSpecAndBounded) {
  const std::vector<BasicNetwork<float>> two = {BasicNetwork<float>({2, {Affine{1}}, {}}),
                                                BasicNetwork<float>({3, {Affine{1}}, {}})};
  EXPECT_THROW(joined(std::span<const BasicNetwork<float>>(two)), Error);
  EXPECT_THROW(joined(std::span<const BasicNetwork<float>>()), Error);
  EXPECT_THROW(parameter_count({2, {Affine{1}}, {}, 0}), Error);
  EXPECT_THROW(parameter_count({2, {Affine{1}}, {}, 4097}), Error);
  EXPECT_THROW(parameter_count({int64_t{1} << 30, {Affine{512}}, {}, 4096}), Error);
}

}  // namespace
}  // namespace gradus
