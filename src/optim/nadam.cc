#include "optim/nadam.h"

#include <cmath>

namespace gradus {
namespace {

constexpr double kDecay = 0.9998367253526753;  // 0.96^0.004: its powers are repeated products, no pow

}  // namespace

template <typename T>
Nadam<T>::Nadam(int64_t parameters, const RuleSettings& settings)
    : first_moment_(parameters), second_moment_(parameters), settings_(settings) {}

template <typename T>
void Nadam<T>::begin_step(double learning_rate) noexcept {
  const auto momentum = [this](double power) { return settings_.beta1 * (1.0 - 0.5 * power); };
  beta2_power_ *= settings_.beta2;
  decay_power_ *= kDecay;
  const double now = momentum(decay_power_), next = momentum(decay_power_ * kDecay);
  momentum_product_ *= now;
  // PyTorch 1.13, whose paths the tests hold, counts `now` twice under `next`; in Dozat's report, and in later
  // releases, it stands there once. The two agree to 1e-4 of a step after ten steps.
  const double root_correction = std::sqrt(1.0 - beta2_power_);
  step_ = {
      .beta1 = static_cast<T>(settings_.beta1),
      .beta2 = static_cast<T>(settings_.beta2),
      .one_minus_beta1 = static_cast<T>(1.0 - settings_.beta1),
      .one_minus_beta2 = static_cast<T>(1.0 - settings_.beta2),
      .gradient_step = static_cast<T>(learning_rate * root_correction * (1.0 - now) / (1.0 - momentum_product_)),
      .moment_step = static_cast<T>(learning_rate * root_correction * next / (1.0 - momentum_product_ * now * next)),
      .epsilon = static_cast<T>(settings_.epsilon * root_correction),
  };
}

template <typename T>
void Nadam<T>::apply(int64_t first, std::span<T> theta, std::span<const T> gradients) noexcept {
  kernels::nadam_update<T>(theta, gradients, part(first_moment_, first, theta.size()),
                           part(second_moment_, first, theta.size()), step_);
}

template <typename T>
RuleState<T> Nadam<T>::state() noexcept {
  return {
      .arrays = {{"first_moment", first_moment_.span()}, {"second_moment", second_moment_.span()}},
      .scalars = {
          {"beta2_power", &beta2_power_}, {"decay_power", &decay_power_}, {"momentum_product", &momentum_product_}}};
}

template class Nadam<float>;
template class Nadam<double>;

}  // namespace gradus
