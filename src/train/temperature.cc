#include "train/temperature.h"

#include <algorithm>
#include <functional>
#include <span>

#include "kernels/math.h"
#include "kernels/reductions.h"

namespace gradus {
namespace {

constexpr int64_t kFolds = 5;

/// Which of the rows an objective sees.
struct Part {
  int64_t fold = -1;    ///< -1: all rows
  bool inside = false;  ///< the fold's rows, else all others

  bool has(std::size_t row) const noexcept {
    return fold < 0 || (static_cast<int64_t>(row) % kFolds == fold) == inside;
  }
};

class Losses {
 public:
  explicit Losses(const LabelledLogits& rows) : rows_(rows), scaled_(static_cast<std::size_t>(rows.classes)) {
    for (std::size_t i = 0; i < rows_.labels.size(); ++i) runners_up_.push_back(runner_up(i));
  }

  /// The mean of -log p, `doubt` of each row's weight on its runner-up.
  double mean(double beta, double doubt, const Part& part) {
    kernels::BlockedSum sum, weights;
    for (std::size_t i = 0; i < rows_.labels.size(); ++i) {
      if (!part.has(i)) continue;
      const double normaliser = scale(i, beta);
      const double label = normaliser - scaled_[static_cast<std::size_t>(rows_.labels[i])];
      const double runner_up = normaliser - scaled_[runners_up_[i]];
      sum.add(rows_.weights[i] * ((1.0 - doubt) * label + doubt * runner_up));
      weights.add(rows_.weights[i]);
    }
    return sum.total() / weights.total();
  }

  /// Golden sections of log beta, which narrow it to 1e-7: the log loss of a softmax has one minimum along it.
  double best_beta(const Part& part) {
    constexpr double kLogTen = 2.302585092994046;
    constexpr double kRatio = 0.6180339887498949;
    constexpr int kSections = 36;
    const double doubt = 1.0 / (static_cast<double>(rows_.labels.size()) + 2.0);
    const auto at = [&](double log_beta) { return mean(kernels::exp(log_beta), doubt, part); };
    double low = -kLogTen, high = kLogTen;
    double left = high - kRatio * (high - low), right = low + kRatio * (high - low);
    double at_left = at(left), at_right = at(right);
    for (int section = 0; section < kSections; ++section) {
      if (at_left < at_right) {
        high = right;
        right = left;
        at_right = at_left;
        left = high - kRatio * (high - low);
        at_left = at(left);
      } else {
        low = left;
        left = right;
        at_left = at_right;
        right = low + kRatio * (high - low);
        at_right = at(right);
      }
    }
    return kernels::exp(0.5 * (low + high));
  }

 private:
  std::span<const double> logits(std::size_t row) const {
    return std::span(rows_.z).subspan(row * scaled_.size(), scaled_.size());
  }

  /// The most probable class that isn't the row's own, the lowest of equal ones.
  std::size_t runner_up(std::size_t row) const {
    const std::span<const double> z = logits(row);
    const auto label = static_cast<std::size_t>(rows_.labels[row]);
    std::size_t best = label == 0 ? 1 : 0;
    for (std::size_t k = 0; k < z.size(); ++k)
      if (k != label && z[k] > z[best]) best = k;
    return best;
  }

  /// Leaves log p + constant of each class in scaled_, and returns that constant: log sum exp.
  double scale(std::size_t row, double beta) {
    const std::span<const double> z = logits(row);
    for (std::size_t k = 0; k < z.size(); ++k)
      scaled_[k] = rows_.sigmoids ? -kernels::softplus(-beta * z[k]) : beta * z[k];
    const double most = *std::max_element(scaled_.begin(), scaled_.end());
    double sum = 0.0;
    for (const double value : scaled_) sum += kernels::exp(value - most);
    return most + kernels::log(sum);
  }

  const LabelledLogits& rows_;
  std::vector<double> scaled_;
  std::vector<std::size_t> runners_up_;
};

/// Whether temperatures found on four parts of the rows lower the log loss of the fifth, over all five.
bool pays(const LabelledLogits& rows, Losses& losses) {
  if (static_cast<int64_t>(rows.labels.size()) < 2 * kFolds) return false;
  kernels::BlockedSum before, after;
  for (int64_t fold = 0; fold < kFolds; ++fold) {
    const Part inside = {fold, true};
    double weight = 0.0;
    for (std::size_t i = 0; i < rows.labels.size(); ++i) weight += inside.has(i) ? rows.weights[i] : 0.0;
    before.add(weight * losses.mean(1.0, 0.0, inside));
    after.add(weight * losses.mean(losses.best_beta({fold, false}), 0.0, inside));
  }
  return after.total() < before.total();
}

}  // namespace

double log_loss(const LabelledLogits& rows, double temperature) {
  return Losses(rows).mean(1.0 / temperature, 0.0, {});
}

TemperatureFit fit_temperature(const LabelledLogits& rows) {
  Losses losses(rows);
  TemperatureFit fit;
  fit.log_loss_before = fit.log_loss = losses.mean(1.0, 0.0, {});
  if (!pays(rows, losses)) return fit;
  const double beta = losses.best_beta({});
  const double after = losses.mean(beta, 0.0, {});
  if (!(after < fit.log_loss_before)) return fit;
  fit.temperature = 1.0 / beta;
  fit.log_loss = after;
  return fit;
}

}  // namespace gradus
