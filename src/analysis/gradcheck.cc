#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "gradus/analysis.h"

#include "base/float_mode.h"
#include "data/dataset.h"
#include "kernels/activations.h"
#include "nn/l1.h"
#include "nn/l2.h"
#include "nn/loss.h"
#include "nn/loss_kinks.h"
#include "nn/pass.h"
#include "train/prepare.h"

namespace gradus {
namespace {

/// J(theta) on fixed rows in float64, without dropout.
class Objective {
 public:
  Objective(BasicNetwork<double>& network, MatrixView<const double> x, MatrixView<const double> y,
            const TrainerOptions& options)
      : network_(network),
        plan_(compile(network.spec())),
        x_(x),
        y_(y),
        l1_(options.l1),
        l2_(options.l2),
        workspace_(plan_, x.rows(), true) {}

  double value() {
    forward<double>(plan_, parameters(), x_, nullptr, workspace_, pool_);
    loss_and_delta<double>(plan_.head, logits(), y_, 1.0, workspace_.outputs(x_.rows()), {}, losses());
    return mean_loss<double>(losses()) + l2_penalty<double>(plan_, parameters(), l2_, x_.rows()) +
           l1_penalty<double>(plan_, parameters(), l1_, x_.rows());
  }

  std::vector<double> gradient() {
    std::vector<double> g(static_cast<std::size_t>(plan_.parameters));
    forward<double>(plan_, parameters(), x_, nullptr, workspace_, pool_);
    backward<double>(plan_, parameters(), x_, y_, 1.0 / static_cast<double>(x_.rows()), false, workspace_, g, pool_);
    add_l2_gradient<double>(plan_, parameters(), l2_, x_.rows(), g);
    add_l1_gradient<double>(plan_, parameters(), l1_, x_.rows(), g);
    return g;
  }

  /// Every z that enters an activation, and what the loss has a kink in, to see whether a step crosses one.
  std::vector<double> kink_inputs() {
    std::vector<double> all = loss_kinks<double>(plan_.head, logits(), y_);
    for (std::size_t i = 1; i < plan_.ops.size(); ++i) {
      if (!std::holds_alternative<Activate>(plan_.ops[i].op)) continue;
      const MatrixView<double> z = workspace_.value(static_cast<int64_t>(i) - 1, x_.rows());
      all.insert(all.end(), z.data(), z.data() + z.rows() * z.columns());
    }
    const MatrixView<double> z = logits();
    if (has_output_activation(plan_.head.loss)) all.insert(all.end(), z.data(), z.data() + z.rows() * z.columns());
    return all;
  }

  /// The activation behind each value of `kink_inputs`; relu stands for the loss, whose kinks are at 0 too.
  std::vector<Activation> activations() {
    std::vector<Activation> all(loss_kinks<double>(plan_.head, logits(), y_).size(), Activation::relu);
    const auto add = [&](Activation activation, int64_t width) {
      all.insert(all.end(), static_cast<std::size_t>(width * x_.rows()), activation);
    };
    for (std::size_t i = 1; i < plan_.ops.size(); ++i)
      if (const auto* activate = std::get_if<Activate>(&plan_.ops[i].op))
        add(activate->activation, plan_.ops[i].outputs);
    if (has_output_activation(plan_.head.loss)) add(plan_.head.activation, plan_.outputs);
    return all;
  }

  /// L1 has a kink where a weight is 0.
  bool penalty_has_kink(double theta, double step) const { return l1_ > 0.0 && std::fabs(theta) <= step; }

  const Plan& plan() const { return plan_; }
  const NetworkSpec& spec() const { return network_.spec(); }

 private:
  std::span<const double> parameters() const { return std::as_const(network_).parameters(); }
  std::span<double> losses() { return workspace_.losses(x_.rows()); }
  MatrixView<double> logits() { return workspace_.value(static_cast<int64_t>(plan_.ops.size()) - 1, x_.rows()); }

  BasicNetwork<double>& network_;
  Plan plan_;
  MatrixView<const double> x_;
  MatrixView<const double> y_;
  double l1_, l2_;
  Workspace<double> workspace_;
  ThreadPool pool_;
};

bool crosses_kink(const std::vector<Activation>& activations, const std::vector<double>& one,
                  const std::vector<double>& other) {
  for (std::size_t i = 0; i < activations.size(); ++i) {
    const auto [low, high] = std::minmax(one[i], other[i]);
    if (low != high && kernels::kink_between(activations[i], low, high)) return true;
  }
  return false;
}

/// "layer 2 weight (17, 3)": the unit it leaves and the unit it enters, counted from 1.
std::string place_of(const Plan& plan, const NetworkSpec& spec, int64_t index) {
  for (std::size_t l = 0; l < plan.affines.size(); ++l) {
    const AffineLayout& layout = plan.affines[l];
    if (index < layout.bias_offset) {
      const int64_t at = index - layout.weight_offset;
      return fmt::format("layer {} weight ({}, {})", l + 1, at / layout.outputs + 1, at % layout.outputs + 1);
    }
    if (index < layout.bias_offset + layout.outputs)
      return fmt::format("layer {} bias {}", l + 1, index - layout.bias_offset + 1);
  }
  for (const NormLayout& norm : plan.norms) {
    if (index < norm.scale_offset || index >= norm.scale_offset + 2 * norm.width) continue;
    const bool shift = index >= norm.shift_offset;
    return fmt::format("layer {} norm {} {}", norm.affine + 1, shift ? "shift" : "scale",
                       index - (shift ? norm.shift_offset : norm.scale_offset) + 1);
  }
  for (const TensorLayout& tensor : tensor_layout(spec))
    if (index >= tensor.offset && index < tensor.offset + tensor.size)
      return fmt::format("{} {}", tensor.name, index - tensor.offset + 1);
  return "";
}

/// Compares one parameter's gradient with the five-point central difference: its error is about h^4, so that h can stay
/// wide enough for rounding, about 1e-16 / h, to stay below 1e-12.
class Comparison {
 public:
  Comparison(Objective& objective, std::span<double> parameters, GradcheckResult& result)
      : objective_(objective),
        parameters_(parameters),
        result_(result),
        activations_(objective.activations()),
        gradient_(objective.gradient()) {
    // Where a gradient is zero but for rounding, its relative difference means nothing: it is taken against the scale
    // of the gradient as a whole.
    for (const double g : gradient_) floor_ = std::max(floor_, 1e-4 * std::fabs(g));
  }

  void check(int64_t index) {
    constexpr double kStep = 5e-4;
    double& theta = parameters_[static_cast<std::size_t>(index)];
    const double centre = theta;
    const auto at = [&](double steps) {
      theta = centre + steps * kStep;
      return objective_.value();
    };
    const double inner = at(1.0) - at(-1.0);
    const double above = at(2.0);
    const std::vector<double> z_above = objective_.kink_inputs();
    const double outer = above - at(-2.0);
    const bool kink = objective_.penalty_has_kink(centre, 2.0 * kStep) ||
                      crosses_kink(activations_, objective_.kink_inputs(), z_above);
    theta = centre;
    if (kink) {
      ++result_.skipped_at_kinks;
    } else {
      record(index, (8.0 * inner - outer) / (12.0 * kStep));
    }
  }

 private:
  void record(int64_t index, double numeric) {
    ++result_.checked;
    const double analytic = gradient_[static_cast<std::size_t>(index)];
    const double scale = std::max({std::fabs(analytic), std::fabs(numeric), floor_, 1e-12});
    const double difference = std::fabs(analytic - numeric) / scale;
    if (difference < result_.largest_relative_difference) return;
    result_.largest_relative_difference = difference;
    result_.where = place_of(objective_.plan(), objective_.spec(), index);
    result_.analytic = analytic;
    result_.numeric = numeric;
  }

  Objective& objective_;
  std::span<double> parameters_;
  GradcheckResult& result_;
  std::vector<Activation> activations_;
  std::vector<double> gradient_;
  double floor_ = 0.0;
};

}  // namespace

GradcheckResult gradcheck(Table table, const TrainOptions& options, int64_t max_rows, int64_t max_parameters) {
  const FloatMode float_mode;
  const Preparation p = prepare(table, options, false);
  const auto rows = std::span(p.rows).first(std::min(p.rows.size(), static_cast<std::size_t>(max_rows)));
  const Dataset<double> data = encode_dataset<double>(std::move(table), p.encoder, p.targets, p.feature_columns,
                                                      p.target_columns, rows, p.label_index());
  std::vector<uint32_t> every_row(static_cast<std::size_t>(data.rows()));
  std::iota(every_row.begin(), every_row.end(), uint32_t{0});
  BasicNetwork<double> network = initial_network<double>(p.recipe, data.features(), every_row);
  // A zero bias would put every unit of an all-zero row exactly on relu's kink.
  for (int64_t affine = 0; affine < network.affine_count(); ++affine)
    for (std::size_t i = 0; i < network.bias(affine).size(); ++i)
      network.bias(affine)[i] = 0.01 * (static_cast<double>(i % 7) + 1.0);
  Objective objective(network, data.features(), data.targets(), p.recipe.trainer);
  GradcheckResult result;
  result.rows = data.rows();
  result.parameters = objective.plan().trained;
  result.objective = objective.value();
  Comparison comparison(objective, network.parameters(), result);
  const int64_t checks = std::min(max_parameters, result.parameters);
  for (int64_t i = 0; i < checks; ++i) comparison.check(i * result.parameters / checks);
  result.passed = result.checked > 0 && result.largest_relative_difference <= result.tolerance;
  return result;
}

}  // namespace gradus
