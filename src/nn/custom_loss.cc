#include "gradus/custom_loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradus/error.h"

#include "base/float_mode.h"
#include "kernels/reductions.h"

namespace gradus {
namespace {

/// The sum of the losses near the logits given, and delta at them.
class LossAt {
 public:
  LossAt(const BasicCustomLoss<double>& loss, MatrixView<const double> logits, MatrixView<const double> targets)
      : loss_(loss),
        targets_(targets),
        width_(logits.columns()),
        losses_(static_cast<std::size_t>(logits.rows())),
        delta_(losses_.size() * static_cast<std::size_t>(width_)) {
    for (int64_t row = 0; row < logits.rows(); ++row)
      logits_.insert(logits_.end(), logits.row(row).begin(), logits.row(row).end());
  }

  double sum() {
    const auto rows = static_cast<int64_t>(losses_.size());
    loss_.rows({logits_.data(), rows, width_}, targets_, {delta_.data(), rows, width_}, losses_);
    return kernels::blocked_sum<double>(losses_);
  }
  std::vector<double> delta() {
    sum();
    return delta_;
  }
  /// The derivative of the sum by logit `at`: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h.
  double derivative(std::size_t at) {
    const double centre = logits_[at];
    const double step = 1e-3 * std::max(1.0, std::fabs(centre));
    const auto value = [&](double steps) {
      logits_[at] = centre + steps * step;
      return sum();
    };
    const double inner = value(1.0) - value(-1.0);
    const double outer = value(2.0) - value(-2.0);
    logits_[at] = centre;
    return (8.0 * inner - outer) / (12.0 * step);
  }

 private:
  const BasicCustomLoss<double>& loss_;
  MatrixView<const double> targets_;
  int64_t width_;
  std::vector<double> losses_, delta_, logits_;
};

void check_shapes(const BasicCustomLoss<double>& loss, MatrixView<const double> logits,
                  MatrixView<const double> targets) {
  if (!loss.rows) throw Error(ErrorCode::usage, "custom loss: found no function, expected one");
  const int64_t width = loss.target_width > 0 ? loss.target_width : logits.columns();
  if (logits.rows() < 1 || targets.rows() != logits.rows() || targets.columns() != width)
    throw Error(ErrorCode::usage, fmt::format("custom loss: found targets {} x {}, expected {} x {}, at least one row",
                                              targets.rows(), targets.columns(), logits.rows(), width));
}

}  // namespace

LossCheck check_custom_loss(const BasicCustomLoss<double>& loss, MatrixView<const double> logits,
                            MatrixView<const double> targets) {
  check_shapes(loss, logits, targets);
  const FloatMode float_mode;
  LossAt at(loss, logits, targets);
  const std::vector<double> delta = at.delta();
  double floor = 1e-12;
  for (const double value : delta) floor = std::max(floor, 1e-4 * std::fabs(value));
  LossCheck check;
  bool finite = true;
  for (std::size_t i = 0; i < delta.size(); ++i) {
    const double numeric = at.derivative(i);
    const double difference =
        std::fabs(delta[i] - numeric) / std::max({std::fabs(delta[i]), std::fabs(numeric), floor});
    finite = finite && std::isfinite(difference);
    if (i > 0 && std::isfinite(difference) && difference <= check.largest_relative_difference) continue;
    const auto place = static_cast<int64_t>(i);
    check.largest_relative_difference = difference;
    check.row = place / logits.columns();
    check.output = place % logits.columns();
    check.analytic = delta[i];
    check.numeric = numeric;
    if (!finite) break;
  }
  check.passed = finite && check.largest_relative_difference <= check.tolerance;
  return check;
}

}  // namespace gradus
