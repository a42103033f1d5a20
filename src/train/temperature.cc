#include "train/temperature.h"

#include <algorithm>
#include <span>

#include "kernels/math.h"
#include "kernels/reductions.h"

namespace gradus {
namespace {

/// Half of what a chi-square of one degree of freedom exceeds in one case of a thousand: the log likelihood by which a
/// temperature must fall short of the best to be refuted (Wilks 1938). At one in a hundred the log loss of one split in
/// 140 of real tables got worse by more than 1 %, at one in a thousand that of none (docs/calibration.md).
constexpr double kRefuted = 0.5 * 10.827566170662733;

class Losses {
 public:
  explicit Losses(const LabelledLogits& rows) : rows_(rows), scaled_(static_cast<std::size_t>(rows.classes)) {
    for (std::size_t i = 0; i < rows_.labels.size(); ++i) runners_up_.push_back(runner_up(i));
  }

  /// The mean of -log p, `doubt` of each row's weight on its runner-up.
  double mean(double beta, double doubt) {
    kernels::BlockedSum sum, weights;
    for (std::size_t i = 0; i < rows_.labels.size(); ++i) {
      const double normaliser = scale(i, beta);
      const double label = normaliser - scaled_[static_cast<std::size_t>(rows_.labels[i])];
      const double runner_up = normaliser - scaled_[runners_up_[i]];
      sum.add(rows_.weights[i] * ((1.0 - doubt) * label + doubt * runner_up));
      weights.add(rows_.weights[i]);
    }
    return sum.total() / weights.total();
  }

  /// As `mean`, by log beta and with the doubt that fits so many rows.
  double doubted(double log_beta) {
    return mean(kernels::exp(log_beta), 1.0 / (static_cast<double>(rows_.labels.size()) + 2.0));
  }

  /// Golden sections of log beta, which narrow it to 1e-7: the log loss of a softmax has one minimum along it.
  double best_log_beta() {
    constexpr double kLogTen = 2.302585092994046;
    constexpr double kRatio = 0.6180339887498949;
    constexpr int kSections = 36;
    double low = -kLogTen, high = kLogTen;
    double left = high - kRatio * (high - low), right = low + kRatio * (high - low);
    double at_left = doubted(left), at_right = doubted(right);
    for (int section = 0; section < kSections; ++section) {
      if (at_left < at_right) {
        high = right;
        right = left;
        at_right = at_left;
        left = high - kRatio * (high - low);
        at_left = doubted(left);
      } else {
        low = left;
        left = right;
        at_left = at_right;
        right = low + kRatio * (high - low);
        at_right = doubted(right);
      }
    }
    return 0.5 * (low + high);
  }

  /// The log beta nearest to 0 that the rows don't refute, by halving; with `smoothed` the best one where that is
  /// above.
  double modest_log_beta(bool smoothed) {
    constexpr int kHalvings = 40;
    const double best = best_log_beta();
    if (smoothed && best > 0.0) return best;
    const double most = doubted(best) + kRefuted / effective_rows();
    if (doubted(0.0) <= most) return 0.0;
    double refuted = 0.0, kept = best;
    for (int halving = 0; halving < kHalvings; ++halving) {
      const double middle = 0.5 * (refuted + kept);
      (doubted(middle) <= most ? kept : refuted) = middle;
    }
    return kept;
  }

 private:
  std::span<const double> logits(std::size_t row) const {
    return std::span(rows_.z).subspan(row * scaled_.size(), scaled_.size());
  }

  /// As many rows of one weight as tell as much (Kish 1965).
  double effective_rows() const {
    kernels::BlockedSum sum, squares;
    for (const double weight : rows_.weights) {
      sum.add(weight);
      squares.add(weight * weight);
    }
    return sum.total() * sum.total() / squares.total();
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

}  // namespace

double log_loss(const LabelledLogits& rows, double temperature) {
  return Losses(rows).mean(1.0 / temperature, 0.0);
}

TemperatureFit fit_temperature(const LabelledLogits& rows, bool smoothed) {
  Losses losses(rows);
  TemperatureFit fit;
  fit.log_loss_before = fit.log_loss = losses.mean(1.0, 0.0);
  const double log_beta = losses.modest_log_beta(smoothed);
  if (log_beta == 0.0) return fit;
  const double after = losses.mean(kernels::exp(log_beta), 0.0);
  if (!(after < fit.log_loss_before)) return fit;
  fit.temperature = kernels::exp(-log_beta);
  fit.log_loss = after;
  return fit;
}

}  // namespace gradus
