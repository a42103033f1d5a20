// Every op under every loss with every penalty, against central differences in float64 within 1e-6 relative:
//   every activation x loss x {no penalty, L1, L2, both}
//   {no norm, batch norm, layer norm} x residuals or none x dropout or none x every activation x loss, both penalties
//   {batch norm, layer norm} x residuals x loss x {no penalty, L1, L2}
//   weights of rows x {nothing, batch norm, layer norm} x dropout x loss
//   every output activation x loss of numbers; two targets of two quantiles
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/activations.h"
#include "nn/l1.h"
#include "nn/l2.h"
#include "nn/loss.h"
#include "nn/loss_kinks.h"
#include "nn/pass.h"

namespace gradus {
namespace {

constexpr int64_t kRows = 5;
constexpr double kStep = 1e-4;

/// What a problem has besides its layers and its loss.
struct Extras {
  double l1 = 0.3, l2 = 0.3;
  bool weighted = false;  ///< a last column of the targets with a weight for each row
  int64_t outputs = 2;
};
constexpr Extras kNoPenalty = {.l1 = 0.0, .l2 = 0.0}, kL1 = {.l2 = 0.0}, kL2 = {.l1 = 0.0}, kBoth = {};

/// 3-4-3-2.
std::vector<HiddenLayer> plain_layers(Activation hidden, double dropout) {
  return {{4, hidden, dropout}, {3, hidden, 0.0}};
}

/// J on fixed random rows for 3 inputs and these layers.
class SmallProblem {
 public:
  SmallProblem(const std::vector<HiddenLayer>& layers, const Head& head, const Extras& extras)
      : extras_(extras),
        plan_(compile(multilayer(3, layers, extras.outputs, head))),
        dropout_(std::any_of(layers.begin(), layers.end(), [](const HiddenLayer& l) { return l.dropout > 0.0; })),
        workspace_(plan_, kRows, true),
        theta_(static_cast<std::size_t>(plan_.parameters)),
        x_(kRows * 3),
        y_(static_cast<std::size_t>(kRows * target_columns())) {
    const RandomStream draws(7, Purpose::gradcheck);
    uint64_t index = 0;
    for (double& v : theta_) v = 2.0 * draws.uniform(index++) - 1.0;
    for (double& v : x_) v = 4.0 * draws.uniform(index++) - 2.0;
    for (double& v : y_) {
      v = draws.uniform(index++);
      if (has_softmax(head.loss) || head.loss == Loss::sigmoid_focal || head.loss == Loss::hinge)
        v = v < 0.5 ? 0.0 : 1.0;
      if (head.loss == Loss::quantile) v = 3.0 * v - 1.0;  // below, between and above the quantiles
    }
    for (int64_t i = 0; extras.weighted && i < kRows; ++i)
      y_[static_cast<std::size_t>((i + 1) * target_columns() - 1)] = 0.2 + 0.5 * static_cast<double>(i);
  }

  std::vector<double>& theta() { return theta_; }
  std::size_t trained() const { return static_cast<std::size_t>(plan_.trained); }

  double objective() {
    run_forward();
    loss_and_delta<double>(plan_.head, logits(), y(), 1.0, workspace_.outputs(kRows), {}, workspace_.losses(kRows));
    return mean_loss<double>(workspace_.losses(kRows)) + l2_penalty<double>(plan_, theta_, extras_.l2, kRows) +
           l1_penalty<double>(plan_, theta_, extras_.l1, kRows);
  }

  std::vector<double> gradient() {
    std::vector<double> g(theta_.size());
    run_forward();
    backward<double>(plan_, theta_, x(), y(), 1.0 / kRows, dropout_, workspace_, g, pool_);
    add_l2_gradient<double>(plan_, theta_, extras_.l2, kRows, g);
    add_l1_gradient<double>(plan_, theta_, extras_.l1, kRows, g);
    return g;
  }

  /// Every z in front of an activation, with the activation; relu stands for the kinks of the loss, at 0 like its own.
  std::vector<std::pair<Activation, double>> activation_inputs() {
    run_forward();
    std::vector<std::pair<Activation, double>> all;
    for (const double kink : loss_kinks<double>(plan_.head, logits(), values()))
      all.emplace_back(Activation::relu, kink);
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      const bool last = i + 1 == plan_.ops.size();
      const auto* next = last ? nullptr : std::get_if<Activate>(&plan_.ops[i + 1].op);
      if (!next && !last) continue;
      const MatrixView<double> z = workspace_.value(static_cast<int64_t>(i), kRows);
      for (int64_t k = 0; k < kRows * z.columns(); ++k)
        all.emplace_back(last ? plan_.head.activation : next->activation, z.data()[k]);
    }
    return all;
  }

 private:
  MatrixView<const double> x() const { return {x_.data(), kRows, 3}; }
  int64_t target_columns() const { return target_width(plan_.head, extras_.outputs) + (extras_.weighted ? 1 : 0); }
  MatrixView<const double> y() const { return {y_.data(), kRows, target_columns()}; }
  /// The targets without the weights.
  MatrixView<const double> values() const {
    return {y_.data(), kRows, target_width(plan_.head, extras_.outputs), target_columns()};
  }
  MatrixView<double> logits() { return workspace_.value(static_cast<int64_t>(plan_.ops.size()) - 1, kRows); }
  void run_forward() { forward<double>(plan_, theta_, x(), dropout_ ? &draws_ : nullptr, workspace_, pool_); }

  Extras extras_;
  Plan plan_;
  bool dropout_;
  DropoutDraws draws_{.seed = 3, .epoch = 1, .step = 2};
  Workspace<double> workspace_;
  std::vector<double> theta_, x_, y_;
  ThreadPool pool_;
};

void expect_gradient_holds(const std::vector<HiddenLayer>& layers, const Head& head, const Extras& extras = kBoth) {
  SCOPED_TRACE(std::string(name(layers[0].activation)) + " " + std::string(name(head.loss)) + " " +
               std::string(name(head.activation)));
  SmallProblem problem(layers, head, extras);
  std::vector<double> analytic = problem.gradient();
  analytic.resize(problem.trained());  // no gradient reaches running statistics
  int checked = 0;
  for (std::size_t i = 0; i < analytic.size(); ++i) {
    double& theta = problem.theta()[i];
    const double centre = theta;
    const auto at = [&](double steps) {
      theta = centre + steps * kStep;
      return problem.objective();
    };
    const double inner = at(1.0) - at(-1.0);
    const double above = at(2.0);
    const auto z_above = problem.activation_inputs();
    const double outer = above - at(-2.0);
    const auto z_below = problem.activation_inputs();
    theta = centre;
    bool kink = std::fabs(centre) <= 2.0 * kStep;  // of L1
    for (std::size_t k = 0; k < z_above.size(); ++k) {
      const auto [low, high] = std::minmax(z_below[k].second, z_above[k].second);
      kink = kink || (low != high && kernels::kink_between(z_above[k].first, low, high));
    }
    if (kink) continue;
    const double numeric = (8.0 * inner - outer) / (12.0 * kStep);
    // h^4 of the fifth derivative is left, since norms bend sharply; small entries are held to the size of the
    // gradient.
    EXPECT_NEAR(analytic[i], numeric, 1e-6 * std::max(std::fabs(numeric), 1e-1)) << "parameter " << i;
    ++checked;
  }
  EXPECT_GE(checked, static_cast<int>(analytic.size() * 3 / 4));
}

std::vector<Activation> all_activations() {
  std::vector<Activation> all;
  for (const std::string& text : names<Activation>()) all.push_back(parse<Activation>(text, "test"));
  return all;
}

/// Every loss, with parameters that are not their defaults.
std::vector<Head> all_heads() {
  std::vector<Head> all;
  for (const std::string& text : names<Loss>()) {
    Head head{parse<Loss>(text, "test"), Activation::identity};
    head.huber_delta = 0.7;
    head.focal_gamma = 1.7;
    if (head.loss == Loss::quantile) head.quantiles = {0.3, 0.8};  // two outputs: one target
    all.push_back(head);
    if (head.loss != Loss::softmax_cross_entropy && head.loss != Loss::sigmoid_cross_entropy) continue;
    head.label_smoothing = 0.3;
    all.push_back(head);
  }
  return all;
}

TEST(CentralDifferences, EveryActivationUnderEveryLoss) {
  for (const Head& head : all_heads())
    for (const Activation hidden : all_activations())
      for (const Extras& penalty : {kNoPenalty, kL1, kL2, kBoth})
        expect_gradient_holds(plain_layers(hidden, 0.0), head, penalty);
}

TEST(CentralDifferences, EveryOutputActivation) {
  for (const Activation output : all_activations())
    for (const Loss loss : {Loss::squared_error, Loss::absolute_error, Loss::huber, Loss::log_cosh})
      expect_gradient_holds(plain_layers(Activation::tanh, 0.0), {loss, output});
}

/// 3-4-4-4-2, the second and third hidden layer with a residual where asked.
std::vector<HiddenLayer> structured(Activation hidden, Normalization normalization, bool residual, double dropout) {
  return std::vector<HiddenLayer>(3, {4, hidden, dropout, normalization, residual});
}

TEST(CentralDifferences, NormsAndResidualsUnderEveryLoss) {
  for (const Head& head : all_heads())
    for (const Activation hidden : all_activations())
      for (const Normalization normalization : {Normalization::none, Normalization::batch, Normalization::layer})
        for (const double dropout : {0.0, 0.3})
          for (const bool residual : {false, true}) {
            SCOPED_TRACE(std::string(name(normalization)) + (residual ? " residual" : "") +
                         (dropout > 0.0 ? " dropout" : ""));
            expect_gradient_holds(structured(hidden, normalization, residual, dropout), head);
          }
}

TEST(CentralDifferences, PenaltiesLeaveNormsAlone) {
  for (const Head& head : all_heads())
    for (const Normalization normalization : {Normalization::batch, Normalization::layer})
      for (const bool residual : {false, true})
        for (const Extras& penalty : {kNoPenalty, kL1, kL2})
          expect_gradient_holds(structured(Activation::tanh, normalization, residual, 0.0), head, penalty);
}

TEST(CentralDifferences, WeightsOfRowsUnderEveryLoss) {
  for (const Head& head : all_heads())
    for (const Normalization normalization : {Normalization::none, Normalization::batch, Normalization::layer})
      for (const double dropout : {0.0, 0.3})
        expect_gradient_holds(structured(Activation::tanh, normalization, true, dropout), head, {.weighted = true});
}

TEST(CentralDifferences, TwoTargetsOfTwoQuantiles) {
  Head head{Loss::quantile, Activation::identity};
  head.quantiles = {0.3, 0.8};
  for (const bool weighted : {false, true})
    expect_gradient_holds(plain_layers(Activation::tanh, 0.0), head, {.weighted = weighted, .outputs = 4});
}

}  // namespace
}  // namespace gradus
