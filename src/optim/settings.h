// The settings that a rule's step is made of, with the rule's usual values where the caller said nothing.
#pragma once

#include "gradus/trainer.h"

namespace gradus {

struct RuleSettings {
  double momentum, beta1, beta2, rho, epsilon, weight_decay;
  EpsilonPlace epsilon_place;
};

/// PyTorch's values; Lion's are its paper's. Weight decay is 0 for rules that have none.
/// Throws Error(usage) for a setting out of range.
RuleSettings rule_settings(const TrainerOptions& options);

/// Whether `solver` only makes sense with the gradient over all rows.
bool needs_all_rows(Solver solver) noexcept;

/// Which settings `solver` listens to.
bool uses_learning_rate(Solver solver) noexcept;
bool uses_schedule(Solver solver) noexcept;
bool uses_momentum(Solver solver) noexcept;
bool uses_betas(Solver solver) noexcept;
bool uses_rho(Solver solver) noexcept;
bool uses_epsilon(Solver solver) noexcept;
bool uses_epsilon_place(Solver solver) noexcept;
bool uses_weight_decay(Solver solver) noexcept;
/// Whether its own update decays the weights; for others that use it the step does.
bool decays_itself(Solver solver) noexcept;
/// Whether an objective with kinks doesn't break what its steps rest on.
bool uses_l1(Solver solver) noexcept;
/// Whether its steps are many and small, so that clipping, noise and averages make sense.
bool is_minibatch_rule(Solver solver) noexcept;

/// A learning rate to start from, for a caller who names the solver alone.
double usual_learning_rate(Solver solver) noexcept;

}  // namespace gradus
