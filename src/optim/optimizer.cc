#include "optim/optimizer.h"

#include <fmt/format.h>

#include "gradus/error.h"

namespace gradus {

bool is_elementwise(Solver solver) noexcept {
  return solver <= Solver::rprop;
}

bool takes_factors(Solver solver) noexcept {
  return solver == Solver::sgd || solver == Solver::adam || solver == Solver::adamw;
}

template <typename T>
Optimizer<T> make_optimizer(const TrainerOptions& options, int64_t parameters) {
  const RuleSettings settings = rule_settings(options);
  switch (options.solver) {
    case Solver::sgd:
      return Sgd<T>();
    case Solver::momentum:
    case Solver::nesterov:
      return Momentum<T>(parameters, settings, options.solver == Solver::nesterov);
    case Solver::rmsprop:
      return RmsProp<T>(parameters, settings);
    case Solver::adagrad:
      return Adagrad<T>(parameters, settings);
    case Solver::adadelta:
      return Adadelta<T>(parameters, settings);
    case Solver::adam:
    case Solver::adamw:
      return Adam<T>(parameters, settings);
    case Solver::amsgrad:
      return AmsGrad<T>(parameters, settings);
    case Solver::adamax:
      return Adamax<T>(parameters, settings);
    case Solver::nadam:
      return Nadam<T>(parameters, settings);
    case Solver::lion:
      return Lion<T>(parameters, settings);
    case Solver::rprop:
      return Rprop<T>(parameters, settings);
    case Solver::rprop_plus:
    case Solver::cg:
    case Solver::lbfgs:
    case Solver::lm:
      throw Error(ErrorCode::usage,
                  fmt::format("solver: found {}, which needs all rows of a table at once and which train() "
                              "serves, expected one that takes steps, such as adamw or rprop",
                              name(options.solver)));
  }
  throw Error(ErrorCode::internal, "solver: found an unknown value");
}

template Optimizer<float> make_optimizer(const TrainerOptions&, int64_t);
template Optimizer<double> make_optimizer(const TrainerOptions&, int64_t);

}  // namespace gradus
