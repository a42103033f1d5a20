#include "train/solver_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/error.h"

#include "optim/levenberg_marquardt.h"
#include "optim/optimizer.h"
#include "optim/settings.h"

namespace gradus {
namespace {

/// The batch size that the options or the preset ask for, 0 (all rows) and more than the rows both resolved.
int64_t batch_size(int64_t asked, int64_t rows) {
  return asked == 0 || asked > rows ? std::max<int64_t>(rows, 1) : asked;
}

/// Throws Error(usage) when `flag` was given and `solver` doesn't listen to it.
void check_heard(std::string_view flag, bool given, bool (*uses)(Solver) noexcept, Solver solver,
                 std::string_view hint = "") {
  if (!given || uses(solver)) return;
  std::vector<std::string> listeners;
  for (const std::string& candidate : names<Solver>())
    if (uses(parse<Solver>(candidate, flag))) listeners.push_back(candidate);
  throw Error(ErrorCode::usage, fmt::format("{}: found with solver {}, expected {}{}", flag, name(solver),
                                            fmt::join(listeners, listeners.size() > 2 ? ", " : " or "), hint));
}

void check_rule_options(const TrainOptions& options, Solver solver) {
  check_heard("--learning-rate", options.learning_rate.has_value(), uses_learning_rate, solver);
  check_heard("--schedule", options.schedule.has_value(), uses_schedule, solver);
  check_heard("--warmup", options.warmup.has_value(), uses_schedule, solver);
  check_heard("--momentum", options.momentum.has_value(), uses_momentum, solver);
  check_heard("--beta1", options.beta1.has_value(), uses_betas, solver);
  check_heard("--beta2", options.beta2.has_value(), uses_betas, solver);
  check_heard("--rho", options.rho.has_value(), uses_rho, solver);
  check_heard("--epsilon", options.epsilon.has_value(), uses_epsilon, solver);
  check_heard("--epsilon-place", options.epsilon_place.has_value(), uses_epsilon_place, solver);
  check_heard("--weight-decay", options.weight_decay.has_value(), uses_weight_decay, solver,
              "; adamw is adam with it, and --l2 serves every solver");
  check_heard("--l1", options.l1.value_or(0.0) > 0.0, uses_l1, solver);
  check_heard("--clip-value", options.clip_value.has_value(), is_minibatch_rule, solver);
  check_heard("--clip-norm", options.clip_norm.has_value(), is_minibatch_rule, solver);
  check_heard("--max-norm", options.max_norm.has_value(), is_minibatch_rule, solver);
  check_heard("--input-noise", options.input_noise.has_value(), is_minibatch_rule, solver);
  check_heard("--ema", options.ema.has_value(), is_minibatch_rule, solver);
  check_heard("--swa", options.swa.has_value(), is_minibatch_rule, solver);
  check_heard("--monotone", !options.monotone.empty(), is_minibatch_rule, solver);
}

bool in_adam_family(Solver solver) {
  return uses_betas(solver) && solver != Solver::lion;
}

/// The preset's rate belongs to its own solver and that one's relatives.
double learning_rate(const TrainOptions& options, const PresetDefaults& defaults, Solver solver) {
  if (options.learning_rate) return *options.learning_rate;
  const bool by_width = defaults.tabular.parametrization == Parametrization::ntk;
  const bool related = solver == defaults.solver || (in_adam_family(solver) && in_adam_family(defaults.solver) &&
                                                     (takes_factors(solver) || !by_width));
  return related ? defaults.learning_rate : usual_learning_rate(solver);
}

}  // namespace

TrainerOptions choose_solver(const TrainOptions& options, const PresetDefaults& defaults, int64_t training_rows) {
  TrainerOptions trainer;
  const Solver solver = options.solver.value_or(defaults.solver);
  check_rule_options(options, solver);
  trainer.solver = solver;
  trainer.learning_rate = learning_rate(options, defaults, solver);
  trainer.momentum = options.momentum.value_or(trainer.momentum);
  trainer.beta1 = options.beta1.value_or(trainer.beta1);
  trainer.beta2 = options.beta2;
  if (!trainer.beta2 && in_adam_family(solver)) trainer.beta2 = defaults.beta2;
  trainer.rho = options.rho;
  trainer.epsilon = options.epsilon;
  trainer.epsilon_place = options.epsilon_place.value_or(defaults.epsilon_place);
  trainer.l2 = options.l2.value_or(defaults.l2);
  trainer.l1 = options.l1.value_or(0.0);
  const bool preset_decays = solver == Solver::adamw || solver == Solver::lion;  // for others it is the caller's wish
  trainer.weight_decay = options.weight_decay.value_or(preset_decays ? defaults.weight_decay : 0.0);
  trainer.clip_value = options.clip_value.value_or(0.0);
  trainer.clip_norm = options.clip_norm.value_or(0.0);
  trainer.max_norm = options.max_norm.value_or(0.0);
  trainer.input_noise = options.input_noise.value_or(0.0);
  const int64_t usual_batch = needs_all_rows(solver) ? 0 : defaults.batch_size;
  trainer.batch_size = batch_size(options.batch_size.value_or(usual_batch), training_rows);
  if (needs_all_rows(solver) && trainer.batch_size < training_rows)
    throw Error(ErrorCode::usage, fmt::format("--batch-size: found {} with solver {}, expected all, which it needs",
                                              *options.batch_size, name(solver)));
  trainer.shards = options.shards.value_or(1);
  if (trainer.shards > 1 && !is_elementwise(solver))
    throw Error(ErrorCode::usage, fmt::format("--shards: found {} with solver {}, expected 1: it sums over all rows in "
                                              "an order of its own",
                                              trainer.shards, name(solver)));
  trainer.frozen = options.freeze;
  if (!trainer.frozen.empty() && !is_elementwise(solver))
    throw Error(ErrorCode::usage, fmt::format("--freeze: found with solver {}, which moves all parameters as one, "
                                              "expected one that updates each on its own, such as adamw",
                                              name(solver)));
  trainer.seed = options.seed;
  return trainer;
}

PresetDefaults suited(PresetDefaults defaults, const TrainOptions& options, Task task, Solver solver) {
  if (!uses_betas(solver) || !takes_factors(solver)) {
    // Rates by width and their cycles are Adam's; methods for all rows see standardised columns as they are.
    defaults.tabular.parametrization = Parametrization::standard;
    defaults.tabular.rate_factors = defaults.tabular.decay_factors = {};
    if (defaults.schedule == Schedule::log_cosine) defaults.schedule = Schedule::cosine;
  }
  if (needs_all_rows(solver)) {
    defaults.tabular = {};
    defaults.label_smoothing = 0.0;
    defaults.members = 1;
  }
  if (options.preset != Preset::standard || options.init_model) return defaults;
  if (solver == Solver::lm) {
    defaults.hidden = "16,8";
    defaults.l2 = 0.3;
  } else if (solver == Solver::lbfgs && task != Task::regression) {
    defaults.l2 = 3.0;
  }
  return defaults;
}

void check_lm_loss(const TrainerOptions& trainer, const NetworkSpec& network) {
  if (trainer.solver == Solver::lm && network.head.loss != Loss::squared_error)
    throw Error(ErrorCode::usage, fmt::format("--loss: found {} with solver lm, expected squared_error, for its steps "
                                              "rest on residuals",
                                              name(network.head.loss)));
}

void check_lm_size(const TrainerOptions& trainer, const NetworkSpec& network) {
  for (const Op& op : network.ops)
    if (trainer.solver == Solver::lm &&
        (std::holds_alternative<Embed>(op) || std::holds_alternative<Scale>(op) || std::holds_alternative<Blend>(op)))
      throw Error(ErrorCode::usage,
                  "solver: found lm with embeddings, a learned scale or parametric activations, "
                  "expected layers alone, of which it knows the residuals' slopes");
  const int64_t parameters = parameter_count(network);
  if (trainer.solver == Solver::lm && parameters > kMostLmParameters)
    throw Error(
        ErrorCode::usage,
        fmt::format("--hidden: found {} parameters with solver lm, whose matrices would take {:.3g} GB, "
                    "expected at most {} parameters ({:.3g} GB)",
                    parameters, static_cast<double>(levenberg_marquardt_bytes(parameters)) * 1e-9, kMostLmParameters,
                    static_cast<double>(levenberg_marquardt_bytes(kMostLmParameters)) * 1e-9));
}

void describe_solver(const TrainerOptions& trainer, OptionList& list) {
  const RuleSettings settings = rule_settings(trainer);
  const Solver solver = trainer.solver;
  const auto add = [&list](const char* option, double value) { list.emplace_back(option, fmt::format("{}", value)); };
  if (uses_momentum(solver)) add("momentum", settings.momentum);
  if (uses_betas(solver)) {
    add("beta1", settings.beta1);
    add("beta2", settings.beta2);
  }
  if (uses_rho(solver)) add("rho", settings.rho);
  if (uses_epsilon(solver)) add("epsilon", settings.epsilon);
  if (uses_epsilon_place(solver)) list.emplace_back("epsilon_place", std::string(name(settings.epsilon_place)));
  if (solver == Solver::adamw || solver == Solver::lion || settings.weight_decay > 0.0)
    add("weight_decay", settings.weight_decay);
}

}  // namespace gradus
