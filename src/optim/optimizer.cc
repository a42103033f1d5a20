#include "optim/optimizer.h"

#include <cmath>

#include "gradus/error.h"

#include "base/bounds.h"
#include "kernels/updates.h"

namespace gradus {
namespace {

void check_options(const TrainerOptions& options) {
  const double infinity = HUGE_VAL;
  check_below("learning rate", options.learning_rate, 0.0, infinity);
  check_below("momentum", options.momentum, 0.0, 1.0);
  check_below("beta1", options.beta1, 0.0, 1.0);
  check_below("beta2", options.beta2, 0.0, 1.0);
  check_below("epsilon", options.epsilon, 0.0, infinity);
  check_below("l2", options.l2, 0.0, infinity);
  check_below("weight decay", options.weight_decay, 0.0, infinity);
}

}  // namespace

template <typename T>
void Sgd<T>::step(std::span<T> theta, std::span<const T> gradients, double learning_rate) noexcept {
  kernels::sgd_update<T>(theta, gradients, static_cast<T>(learning_rate));
}

template <typename T>
Momentum<T>::Momentum(int64_t parameters, double momentum, bool nesterov)
    : velocity_(parameters), momentum_(static_cast<T>(momentum)), nesterov_(nesterov) {}

template <typename T>
void Momentum<T>::step(std::span<T> theta, std::span<const T> gradients, double learning_rate) noexcept {
  kernels::momentum_update<T>(theta, gradients, velocity_.span(), static_cast<T>(learning_rate), momentum_, nesterov_);
}

template <typename T>
Adam<T>::Adam(int64_t parameters, const TrainerOptions& options)
    : first_moment_(parameters),
      second_moment_(parameters),
      beta1_(options.beta1),
      beta2_(options.beta2),
      epsilon_(options.epsilon),
      weight_decay_(options.solver == Solver::adamw ? options.weight_decay : 0.0) {}

template <typename T>
void Adam<T>::step(std::span<T> theta, std::span<const T> gradients, double learning_rate) noexcept {
  beta1_power_ *= beta1_;
  beta2_power_ *= beta2_;
  const kernels::AdamStep<T> step = {
      .beta1 = static_cast<T>(beta1_),
      .beta2 = static_cast<T>(beta2_),
      .one_minus_beta1 = static_cast<T>(1.0 - beta1_),
      .one_minus_beta2 = static_cast<T>(1.0 - beta2_),
      .step_size = static_cast<T>(learning_rate / (1.0 - beta1_power_)),
      .sqrt_correction = static_cast<T>(std::sqrt(1.0 - beta2_power_)),
      .epsilon = static_cast<T>(epsilon_),
      .decay = static_cast<T>(1.0 - learning_rate * weight_decay_),
  };
  kernels::adam_update<T>(theta, gradients, first_moment_.span(), second_moment_.span(), step);
}

template <typename T>
Optimizer<T> make_optimizer(const TrainerOptions& options, int64_t parameters) {
  check_options(options);
  switch (options.solver) {
    case Solver::sgd:
      return Sgd<T>();
    case Solver::momentum:
    case Solver::nesterov:
      return Momentum<T>(parameters, options.momentum, options.solver == Solver::nesterov);
    case Solver::adam:
    case Solver::adamw:
      return Adam<T>(parameters, options);
  }
  throw Error(ErrorCode::internal, "solver: found an unknown value");
}

template class Sgd<float>;
template class Sgd<double>;
template class Momentum<float>;
template class Momentum<double>;
template class Adam<float>;
template class Adam<double>;
template Optimizer<float> make_optimizer(const TrainerOptions&, int64_t);
template Optimizer<double> make_optimizer(const TrainerOptions&, int64_t);

}  // namespace gradus
