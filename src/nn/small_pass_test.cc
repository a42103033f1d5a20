#include "nn/small_pass.h"

#include <memory>
#include <optional>
#include <vector>

#include "kernels/reductions.h"
#include "kernels/test_support.h"
#include "kernels/updates.h"
#include "nn/l2.h"
#include "nn/loss.h"
#include "nn/pass.h"

namespace gradus {
namespace {

using kernels::same_bits;
using kernels::Values;

/// Numbers below `count` from one stream.
class Dice {
 public:
  explicit Dice(uint64_t seed) : stream_(seed, Purpose::gradcheck) {}
  int64_t below(int64_t count) { return static_cast<int64_t>(stream_.below(next_++, static_cast<uint64_t>(count))); }

 private:
  RandomStream stream_;
  uint64_t next_ = 0;
};

/// One to four affine ops of 1 .. 40 units, most with an activation behind them, under any head.
NetworkSpec drawn_network(Dice& dice) {
  NetworkSpec spec;
  spec.inputs = 1 + dice.below(40);
  spec.head.loss = static_cast<Loss>(dice.below(int64_t{1} + static_cast<int64_t>(Loss::hinge)));
  spec.head.activation = static_cast<Activation>(dice.below(13));
  if (spec.head.loss == Loss::quantile) spec.head.quantiles = {0.1, 0.7};
  spec.head.label_smoothing = dice.below(3) == 0 ? 0.1 : 0.0;
  const int64_t affines = 1 + dice.below(4);
  for (int64_t l = 0; l < affines; ++l) {
    const bool last = l + 1 == affines;
    // Few outputs are the usual case, and one has a way of its own.
    const int64_t width = last ? 1 + dice.below(dice.below(2) == 0 ? 2 : 40) : 1 + dice.below(40);
    spec.ops.emplace_back(Affine{last && spec.head.loss == Loss::quantile ? 2 * width : width});
    if (!last && dice.below(5) > 0) spec.ops.emplace_back(Activate{static_cast<Activation>(dice.below(13))});
  }
  return spec;
}

/// Rows for a network, and all that a pass over them leaves.
template <typename T>
class Pass {
 public:
  Pass(const NetworkSpec& spec, int64_t rows, uint64_t seed, Values values = Values::plain)
      : plan_(compile(spec)),
        workspace_(plan_, rows, true),
        rows_(rows),
        target_width_(target_width(spec.head, plan_.outputs) + 1),
        x_(kernels::draw<T>(rows * spec.inputs, seed, values)),
        y_(kernels::draw<T>(rows * target_width_, seed + 1)),
        theta_(kernels::draw<T>(plan_.parameters, seed + 2)) {
    for (T& parameter : theta_) parameter *= T(0.25);
    for (std::size_t i = 0; i < y_.size(); ++i)
      if (has_softmax(spec.head.loss) && i % 2 == 0) y_[i] = static_cast<T>(static_cast<int64_t>(i) % plan_.outputs);
    gradients_.resize(theta_.size());
  }

  /// In single products, the regulariser added behind them.
  void general(double lambda) {
    forward<T>(plan_, theta_, x(), nullptr, workspace_, pool_);
    backward<T>(plan_, theta_, x(), y(), T(1) / static_cast<T>(rows_), false, workspace_, gradients_, pool_);
    add_l2_gradient<T>(plan_, theta_, lambda, kTrainingRows, gradients_);
  }
  bool small(double lambda) {
    SmallPass<T> pass(plan_, workspace_, pool_);
    pass.forward(theta_, x(), y());
    return pass.backward(theta_, x(), static_cast<T>(lambda / kTrainingRows), gradients_);
  }

  /// The same, and theta moved.
  bool descend(double lambda) {
    SmallPass<T> pass(plan_, workspace_, pool_);
    pass.forward(theta_, x(), y());
    return pass.descend(theta_, x().row(0), static_cast<T>(lambda / kTrainingRows), kRate);
  }
  void general_descend(double lambda) {
    general(lambda);
    kernels::sgd_update<T>(theta_, gradients_, kRate);
  }

  const Plan& plan() const { return plan_; }
  const std::vector<T>& theta() const { return theta_; }
  const std::vector<T>& gradients() const { return gradients_; }
  std::vector<T> losses() { return copied(MatrixView<T>(workspace_.losses(rows_).data(), 1, rows_)); }
  std::vector<T> delta(int64_t affine) { return copied(workspace_.delta(affine, rows_)); }
  std::vector<T> value(int64_t index) { return copied(workspace_.value(index, rows_)); }
  T& input(int64_t i) { return x_[static_cast<std::size_t>(i)]; }
  T& parameter(int64_t i) { return theta_[static_cast<std::size_t>(i)]; }

 private:
  static constexpr int64_t kTrainingRows = 50;
  static constexpr T kRate = T(0.05);
  MatrixView<const T> x() const { return {x_.data(), rows_, plan_.inputs}; }
  MatrixView<const T> y() const { return {y_.data(), rows_, target_width_}; }
  static std::vector<T> copied(MatrixView<T> view) { return {view.data(), view.data() + view.rows() * view.columns()}; }

  Plan plan_;
  ThreadPool pool_;
  Workspace<T> workspace_;
  int64_t rows_, target_width_;
  std::vector<T> x_, y_, theta_, gradients_;
};

template <typename T>
void expect_same_bits(Pass<T>& found, Pass<T>& expected) {
  EXPECT_TRUE(same_bits(found.gradients(), expected.gradients())) << "gradients";
  EXPECT_TRUE(same_bits(found.losses(), expected.losses())) << "losses";
  for (int64_t l = 0; l < std::ssize(found.plan().affines); ++l)
    EXPECT_TRUE(same_bits(found.delta(l), expected.delta(l))) << "delta " << l;
  for (int64_t i = 0; i < std::ssize(found.plan().ops); ++i)
    EXPECT_TRUE(same_bits(found.value(i), expected.value(i))) << "value " << i;
}

template <typename T>
void check_drawn_networks(Values values) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Dice dice(seed);
    const NetworkSpec spec = drawn_network(dice);
    const int64_t rows = dice.below(2) == 0 ? 1 : 1 + dice.below(20);
    const double lambda = dice.below(2) == 0 ? 0.0 : 0.3;
    SCOPED_TRACE(::testing::Message() << "seed " << seed << ", " << rows << " rows, " << describe(spec.head));
    Pass<T> expected(spec, rows, seed, values);
    ASSERT_TRUE(SmallPass<T>::suits(expected.plan()));
    kernels::set_target("auto");
    expected.general(lambda);
    kernels::on_every_target([&] {
      Pass<T> found(spec, rows, seed, values);
      const bool finite = found.small(lambda);
      expect_same_bits(found, expected);
      EXPECT_TRUE(!finite || kernels::all_finite<T>(std::span(expected.gradients())));
      EXPECT_TRUE(finite || values == Values::special);
    });
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(SmallPass, HasTheBitsOfSingleProductsForAnyNetworkOnEveryTarget) {
  check_drawn_networks<float>(Values::plain);
  check_drawn_networks<double>(Values::plain);
}

TEST(SmallPass, HasThemForNumbersOutOfTheOrdinaryToo) {
  check_drawn_networks<float>(Values::special);
  check_drawn_networks<double>(Values::special);
}

template <typename T>
void check_descent(Values values) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Dice dice(seed);
    const NetworkSpec spec = drawn_network(dice);
    const double lambda = dice.below(2) == 0 ? 0.0 : 0.3;
    SCOPED_TRACE(::testing::Message() << "seed " << seed << ", " << describe(spec.head));
    Pass<T> expected(spec, 1, seed, values);
    const std::vector<T> before = expected.theta();
    expected.general_descend(lambda);
    kernels::on_every_target([&] {
      Pass<T> found(spec, 1, seed, values);
      const bool moved = found.descend(lambda);
      EXPECT_TRUE(same_bits(found.theta(), moved ? expected.theta() : before));
      EXPECT_TRUE(moved || values == Values::special);
    });
  }
}

TEST(SmallPass, DescendsFromOneRowToTheBitsOfGradientAndUpdate) {
  check_descent<float>(Values::plain);
  check_descent<double>(Values::plain);
  check_descent<float>(Values::special);
  check_descent<double>(Values::special);
}

TEST(SmallPass, TellsWhenAGradientIsNotFinite) {
  const NetworkSpec spec = multilayer(5, std::vector<HiddenLayer>{{19, Activation::identity, 0.0}}, 1, {});
  for (const int64_t rows : {1, 2}) {
    EXPECT_TRUE(Pass<float>(spec, rows, 1).small(0.0));
    for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
      Pass<float> input(spec, rows, 1), weight(spec, rows, 1);
      input.input(4) = bad;
      weight.parameter(3 * 19 + 18) = bad;
      EXPECT_FALSE(input.small(0.0)) << bad;
      EXPECT_FALSE(weight.small(0.0)) << bad;
    }
    // An input that no unit hears overflows in its own gradient only.
    Pass<float> unheard(spec, rows, 1), last_bias(spec, rows, 1), regularised(spec, rows, 1);
    unheard.input(4) = 3e38f;
    for (int64_t unit = 0; unit < 19; ++unit) unheard.parameter(4 * 19 + unit) = 0.0f;
    unheard.parameter(unheard.plan().parameters - 1) = 1000.0f;
    EXPECT_FALSE(unheard.small(0.0));
    last_bias.parameter(last_bias.plan().parameters - 1) = std::numeric_limits<float>::infinity();
    EXPECT_FALSE(last_bias.small(0.0));
    regularised.parameter(19) = 100.0f;
    EXPECT_TRUE(regularised.small(1e6));
    EXPECT_FALSE(regularised.small(5e38));
  }
}

TEST(SmallPass, SuitsPlainNetworksOfFewWeightsAndRows) {
  const auto suits = [](std::vector<Op> ops) {
    return SmallPass<float>::suits(compile({.inputs = 16, .ops = std::move(ops), .head = {}}));
  };
  EXPECT_TRUE(suits({Affine{32}, Activate{}, Affine{1}}));
  EXPECT_TRUE(suits({Affine{32}, Affine{1}}));
  EXPECT_FALSE(suits({Affine{5000}, Activate{}, Affine{1}}));
  EXPECT_FALSE(suits({Activate{}, Affine{1}}));
  EXPECT_FALSE(suits({Affine{32}, Activate{}, Activate{}, Affine{1}}));
  EXPECT_FALSE(suits({Affine{32}, Dropout{0.5}, Affine{1}}));
  EXPECT_FALSE(suits({Affine{32}, Activate{}, Dropout{0.5}, Affine{1}}));
}

}  // namespace
}  // namespace gradus
