#include "optim/settings.h"

#include <cmath>

#include "base/bounds.h"

namespace gradus {
namespace {

double usual_epsilon(Solver solver) noexcept {
  return solver == Solver::adagrad ? 1e-10 : solver == Solver::adadelta ? 1e-6 : 1e-8;
}

void check(const TrainerOptions& options, const RuleSettings& settings) {
  const double infinity = HUGE_VAL;
  check_below("learning rate", options.learning_rate, 0.0, infinity);
  check_below("momentum", settings.momentum, 0.0, 1.0);
  check_below("beta1", settings.beta1, 0.0, 1.0);
  check_below("beta2", settings.beta2, 0.0, 1.0);
  check_below("rho", settings.rho, 0.0, 1.0);
  check_below("epsilon", settings.epsilon, 0.0, infinity);
  check_below("l2", options.l2, 0.0, infinity);
  check_below("weight decay", options.weight_decay, 0.0, infinity);
}

}  // namespace

bool needs_all_rows(Solver solver) noexcept {
  return solver >= Solver::rprop;
}

bool uses_learning_rate(Solver solver) noexcept {
  return solver != Solver::cg && solver != Solver::lbfgs && solver != Solver::lm;
}
bool uses_schedule(Solver solver) noexcept {
  return !needs_all_rows(solver);
}
bool uses_momentum(Solver solver) noexcept {
  return solver == Solver::momentum || solver == Solver::nesterov;
}
bool uses_betas(Solver solver) noexcept {
  return solver == Solver::adam || solver == Solver::amsgrad || solver == Solver::adamax || solver == Solver::nadam ||
         solver == Solver::adamw || solver == Solver::lion;
}
bool uses_rho(Solver solver) noexcept {
  return solver == Solver::rmsprop || solver == Solver::adadelta;
}
bool uses_epsilon(Solver solver) noexcept {
  return (uses_betas(solver) && solver != Solver::lion) || uses_rho(solver) || solver == Solver::adagrad;
}
bool uses_epsilon_place(Solver solver) noexcept {
  return solver == Solver::adam || solver == Solver::amsgrad || solver == Solver::adamw;
}
bool uses_weight_decay(Solver solver) noexcept {
  return !needs_all_rows(solver) && solver != Solver::adam;  // adam with it is adamw
}
bool decays_itself(Solver solver) noexcept {
  return solver == Solver::adam || solver == Solver::amsgrad || solver == Solver::adamw || solver == Solver::lion;
}
bool uses_l1(Solver solver) noexcept {
  return solver != Solver::cg && solver != Solver::lbfgs && solver != Solver::lm;
}
bool is_minibatch_rule(Solver solver) noexcept {
  return !needs_all_rows(solver);
}

RuleSettings rule_settings(const TrainerOptions& options) {
  const Solver solver = options.solver;
  const RuleSettings settings = {
      .momentum = options.momentum,
      .beta1 = options.beta1,
      .beta2 = options.beta2.value_or(solver == Solver::lion ? 0.99 : 0.999),
      .rho = options.rho.value_or(solver == Solver::adadelta ? 0.9 : 0.99),
      .epsilon = options.epsilon.value_or(usual_epsilon(solver)),
      .weight_decay = uses_weight_decay(solver) ? options.weight_decay : 0.0,
      .epsilon_place = options.epsilon_place,
  };
  check(options, settings);
  return settings;
}

double usual_learning_rate(Solver solver) noexcept {
  switch (solver) {
    case Solver::sgd:
      return 0.1;
    case Solver::momentum:
    case Solver::nesterov:
    case Solver::adagrad:
    case Solver::rprop:
    case Solver::rprop_plus:
      return 0.01;
    case Solver::adadelta:
      return 1.0;
    case Solver::adamax:
    case Solver::nadam:
      return 2e-3;
    case Solver::lion:
      return 1e-4;
    case Solver::rmsprop:
    case Solver::adam:
    case Solver::amsgrad:
    case Solver::adamw:
    case Solver::cg:
    case Solver::lbfgs:
    case Solver::lm:
      return 1e-3;
  }
  return 1e-3;
}

}  // namespace gradus
