#include "optim/optimizer.h"

#include <cmath>

#include "gradus/error.h"

#include "base/bounds.h"

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

bool is_elementwise(Solver solver) noexcept {
  switch (solver) {
    case Solver::sgd:
    case Solver::momentum:
    case Solver::nesterov:
    case Solver::adam:
    case Solver::adamw:
      return true;
  }
  return false;
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

template Optimizer<float> make_optimizer(const TrainerOptions&, int64_t);
template Optimizer<double> make_optimizer(const TrainerOptions&, int64_t);

}  // namespace gradus
