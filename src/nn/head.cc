#include "nn/head.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "gradus/error.h"

#include "base/bounds.h"
#include "kernels/activations.h"
#include "kernels/losses.h"
#include "kernels/math.h"

namespace gradus {
namespace {

template <typename T>
void exponentials(MatrixView<const T> z, MatrixView<T> out) noexcept {
  for (int64_t row = 0; row < z.rows(); ++row) kernels::exp<T>(z.row(row), out.row(row));
}

void check_quantiles(const Head& head) {
  const std::vector<double>& taus = head.quantiles;
  if (head.loss != Loss::quantile && !taus.empty())
    throw Error(ErrorCode::usage, fmt::format("--loss: found quantiles with {}, expected quantile", name(head.loss)));
  if (head.loss == Loss::quantile && taus.empty())
    throw Error(ErrorCode::usage,
                "--loss: found quantile without its values, expected quantile:0.1,0.5,0.9 for instance");
  for (std::size_t i = 0; i < taus.size(); ++i) {
    if (!(taus[i] > 0.0 && taus[i] < 1.0))
      throw Error(ErrorCode::usage,
                  fmt::format("--loss: found the quantile {}, expected one between 0 and 1", taus[i]));
    if (i > 0 && !(taus[i] > taus[i - 1]))
      throw Error(ErrorCode::usage,
                  fmt::format("--loss: found the quantile {} after {}, expected them in ascending order", taus[i],
                              taus[i - 1]));
  }
}

void check_temperatures(const Head& head) {
  if (!head.temperatures.empty() && !has_softmax(head.loss) && !has_sigmoids(head.loss))
    throw Error(ErrorCode::usage,
                fmt::format("temperature: found one with {}, expected a loss over logits", name(head.loss)));
  if (head.temperatures.size() > 1 && has_softmax(head.loss))
    throw Error(ErrorCode::usage,
                fmt::format("temperature: found {} with a softmax, expected one", head.temperatures.size()));
  for (const double temperature : head.temperatures)
    if (!(temperature > 0.0 && std::isfinite(temperature)))
      throw Error(ErrorCode::usage, fmt::format("temperature: found {}, expected a number above 0", temperature));
}

/// Each logit over its temperature.
template <typename T>
void divide_by_temperatures(const Head& head, MatrixView<const T> logits, MatrixView<T> out) noexcept {
  const bool several = head.temperatures.size() > 1;
  for (int64_t k = 0; k < logits.columns(); ++k) {
    const auto temperature = static_cast<T>(head.temperatures[several ? static_cast<std::size_t>(k) : 0]);
    for (int64_t i = 0; i < logits.rows(); ++i) out(i, k) = logits(i, k) / temperature;
  }
}

template <typename T>
void activate_head(const Head& head, const MatrixView<const T>& logits, const MatrixView<T>& out) noexcept {
  if (has_softmax(head.loss)) return kernels::softmax_rows<T>(logits, out);
  if (has_sigmoids(head.loss)) return kernels::activate<T>(Activation::sigmoid, logits, out);
  if (head.loss == Loss::quantile) return kernels::quantile_outputs_rows<T>(logits, outputs_per_target(head), out);
  if (head.loss == Loss::poisson) return exponentials<T>(logits, out);
  kernels::activate<T>(head.activation, logits, out);
}

}  // namespace

bool has_output_activation(Loss loss) noexcept {
  return loss == Loss::squared_error || loss == Loss::absolute_error || loss == Loss::huber || loss == Loss::log_cosh;
}

bool has_softmax(Loss loss) noexcept {
  return loss == Loss::softmax_cross_entropy || loss == Loss::focal;
}

bool has_sigmoids(Loss loss) noexcept {
  return loss == Loss::sigmoid_cross_entropy || loss == Loss::sigmoid_focal || loss == Loss::hinge;
}

int64_t target_width(const Head& head, int64_t outputs) noexcept {
  return has_softmax(head.loss) ? 1 : outputs / outputs_per_target(head);
}

int64_t outputs_per_target(const Head& head) noexcept {
  return head.loss == Loss::quantile ? std::ssize(head.quantiles) : 1;
}

int64_t central_output(const Head& head) noexcept {
  if (head.loss != Loss::quantile) return 0;
  const auto distance = [](double tau) { return std::fabs(tau - 0.5); };
  const auto nearest = std::min_element(head.quantiles.begin(), head.quantiles.end(),
                                        [&](double a, double b) { return distance(a) < distance(b); });
  return nearest - head.quantiles.begin();
}

void check_head(const Head& head) {
  check_quantiles(head);
  check_temperatures(head);
  if (!(head.huber_delta > 0.0 && std::isfinite(head.huber_delta)))
    throw Error(ErrorCode::usage, fmt::format("--huber-delta: found {}, expected a number above 0", head.huber_delta));
  check_range("--focal-gamma", head.focal_gamma, 0.0, kMostFocalGamma);
  check_below("--label-smoothing", head.label_smoothing, 0.0, 1.0);
}

template <typename T>
void head_outputs(const Head& head, const MatrixView<const T>& logits, const MatrixView<T>& out) noexcept {
  if (head.temperatures.empty()) return activate_head<T>(head, logits, out);
  divide_by_temperatures<T>(head, logits, out);
  activate_head<T>(head, out, out);
}

std::string describe(const Head& head) {
  std::string text(name(head.loss));
  if (has_output_activation(head.loss) && head.activation != Activation::identity)
    text = fmt::format("{} outputs, {}", name(head.activation), text);
  if (head.loss == Loss::quantile) text += fmt::format(":{}", fmt::join(head.quantiles, ","));
  if (head.loss == Loss::huber) text += fmt::format(" (delta {})", head.huber_delta);
  if (head.loss == Loss::focal || head.loss == Loss::sigmoid_focal)
    text += fmt::format(" (gamma {})", head.focal_gamma);
  if (head.label_smoothing > 0.0) text += fmt::format(" (label smoothing {})", head.label_smoothing);
  if (!head.temperatures.empty()) text += fmt::format(" (temperature {:.4g})", fmt::join(head.temperatures, ", "));
  return text;
}

template void head_outputs(const Head&, const MatrixView<const float>&, const MatrixView<float>&) noexcept;
template void head_outputs(const Head&, const MatrixView<const double>&, const MatrixView<double>&) noexcept;

}  // namespace gradus
