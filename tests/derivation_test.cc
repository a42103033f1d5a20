// The founding derivation on a 2-2-1 net, worked by hand: each line below is arithmetic on the lines above it, in the
// names of docs/numerics.md. exp(-x) was taken to 12 digits from tables; nothing here comes from the library.
#include <gtest/gtest.h>

#include <vector>

#include "nn/pass.h"

namespace gradus {
namespace {

//   Theta^(1): bias (0.1, -0.2); unit 1 (0.3, 0.4); unit 2 (-0.5, 0.6).     Theta^(2): bias 0.2; units 0.7, -0.8.
//   a^(1) = (1, 2), d = 1.
//   z^(2) = (0.1 + 0.3 - 1.0, -0.2 + 0.4 + 1.2) = (-0.6, 1.4)
//   a^(2) = (1/(1 + e^0.6), 1/(1 + e^-1.4)),   e^0.6 = 1.822118800391, e^-1.4 = 0.246596963942
//         = (0.354343693774, 0.802183888559)
//   z^(3) = 0.2 + 0.7 * 0.354343693774 - 0.8 * 0.802183888559 = -0.193706525205
//   a^(3) = 1/(1 + e^0.193706525205) = 0.451724225560         e^0.193706525205 = 1.213740028568
constexpr double kA2[] = {0.354343693774, 0.802183888559};
constexpr double kZ3 = -0.193706525205;

class FoundingNetwork {
 public:
  explicit FoundingNetwork(Loss loss)
      : plan_(compile(multilayer(2, std::vector<HiddenLayer>{{2, Activation::sigmoid, 0.0}}, 1,
                                 {loss, loss == Loss::squared_error ? Activation::sigmoid : Activation::identity}))),
        workspace_(plan_, 1, true),
        gradients_(9) {
    const DeltaObserver<double> record = [this](int64_t index, MatrixView<const double> delta) {
      if (index == 0) delta2_ = {delta(0, 0), delta(0, 1)};
      if (index == 2) delta3_ = delta(0, 0);
    };
    const MatrixView<const double> x(x_.data(), 1, 2);
    const MatrixView<const double> d(d_.data(), 1, 1);
    logit_ = forward<double>(plan_, parameters_, x, nullptr, workspace_, pool_)(0, 0);
    backward<double>(plan_, parameters_, x, d, 1.0, false, workspace_, gradients_, pool_, &record);
  }

  double logit() const { return logit_; }
  double loss() { return workspace_.losses(1)[0]; }
  double hidden(int64_t unit) { return workspace_.value(1, 1)(0, unit); }
  double delta3() const { return delta3_; }
  const std::vector<double>& delta2() const { return delta2_; }
  const std::vector<double>& gradients() const { return gradients_; }

 private:
  Plan plan_;
  std::vector<double> x_ = {1.0, 2.0};
  std::vector<double> d_ = {1.0};
  std::vector<double> parameters_ = {0.3, 0.4, -0.5, 0.6, 0.1, -0.2, 0.7, -0.8, 0.2};  // weight, bias; weight, bias
  Workspace<double> workspace_;
  std::vector<double> gradients_;
  ThreadPool pool_;
  std::vector<double> delta2_;
  double delta3_ = 0.0;
  double logit_ = 0.0;
};

void expect_derivation(FoundingNetwork& net, double loss, double delta3) {
  constexpr double kDigits = 1e-10;  // what twelve-digit arithmetic by hand leaves
  EXPECT_NEAR(net.hidden(0), kA2[0], kDigits);
  EXPECT_NEAR(net.hidden(1), kA2[1], kDigits);
  EXPECT_NEAR(net.logit(), kZ3, kDigits);
  EXPECT_NEAR(net.loss(), loss, kDigits);
  EXPECT_NEAR(net.delta3(), delta3, kDigits);
  // (1) the error propagated: Theta^(2) delta^(3); (2) the hidden gradient: a (1 - a); (1) x (2) the hidden delta.
  const double delta2[] = {0.7 * delta3 * kA2[0] * (1.0 - kA2[0]), -0.8 * delta3 * kA2[1] * (1.0 - kA2[1])};
  EXPECT_NEAR(net.delta2()[0], delta2[0], kDigits);
  EXPECT_NEAR(net.delta2()[1], delta2[1], kDigits);
  // dJ/dTheta^(1)_{ji} = a^(1)_j delta^(2)_i with a^(1) = (1, 2); dJ/dTheta^(2)_j = a^(2)_j delta^(3); bias: a_0 = 1.
  const double expected[] = {delta2[0], delta2[1],       2.0 * delta2[0], 2.0 * delta2[1], delta2[0],
                             delta2[1], kA2[0] * delta3, kA2[1] * delta3, delta3};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(net.gradients()[i], expected[i], kDigits) << "parameter " << i;
}

// J = (a - d)^2 / 2; a - d = -0.548275774440, times a (1 - a) = 0.247669449602 gives delta^(3).
TEST(FoundingDerivation, SquaredErrorByHand) {
  FoundingNetwork net(Loss::squared_error);
  constexpr double kA3 = 0.451724225560;
  expect_derivation(net, 0.5 * (kA3 - 1.0) * (kA3 - 1.0), (kA3 - 1.0) * kA3 * (1.0 - kA3));
}

// J = -log a; delta^(3) = a - y.
TEST(FoundingDerivation, CrossEntropyByHand) {
  FoundingNetwork net(Loss::sigmoid_cross_entropy);
  constexpr double kA3 = 0.451724225560;
  constexpr double kMinusLogA3 = 0.794683405792;
  expect_derivation(net, kMinusLogA3, kA3 - 1.0);
}

}  // namespace
}  // namespace gradus
