#include "train/solver_by_size.h"

#include <fmt/format.h>

#include "gradus/error.h"

#include "train/solver_choice.h"

namespace gradus {
namespace {

constexpr double kMostWorkForLm = 5e8;  // rows times parameters squared, the work of a step
constexpr int64_t kMostRowsForLbfgs = 1500;

bool suits_task(Solver solver, Task task) {
  return solver == Solver::adamw || (solver == Solver::lm) == (task == Task::regression);
}

bool suits_size(const Recipe& recipe, const TableShape& shape) {
  const auto parameters = static_cast<double>(parameter_count(recipe.network));
  const Solver solver = recipe.trainer.solver;
  if (solver == Solver::lm)
    return parameter_count(recipe.network) <= kMostLmParameters &&
           static_cast<double>(shape.training_rows) * parameters * parameters <= kMostWorkForLm;
  return solver == Solver::adamw || shape.training_rows <= kMostRowsForLbfgs;
}

/// "58 training rows by 177 parameters", what the bound of the solver is on.
std::string size_text(const Recipe& recipe, const TableShape& shape) {
  const std::string rows = fmt::format("{} training rows", shape.training_rows);
  if (recipe.trainer.solver != Solver::lm) return rows;
  return fmt::format("{} by {} parameters", rows, parameter_count(recipe.network));
}

}  // namespace

Recipe resolve_by_size(TrainOptions options, const TableShape& shape) {
  if (options.solver)
    throw Error(ErrorCode::usage,
                fmt::format("--solver: found auto and {}, expected one of them", name(*options.solver)));
  if (options.preset == Preset::best)
    throw Error(ErrorCode::usage, "--solver: found auto with --preset best, expected adamw, which its recipe is for");
  options.auto_solver = false;
  std::string why_none;  // of those before
  for (const Solver solver : {Solver::lm, Solver::lbfgs, Solver::adamw}) {
    if (!suits_task(solver, shape.task)) continue;
    options.solver = solver;
    try {
      Recipe recipe = resolve(options, shape);
      if (suits_size(recipe, shape)) {
        const std::string why =
            solver == Solver::adamw ? why_none : fmt::format("few enough: {}", size_text(recipe, shape));
        recipe.solver_reason = fmt::format("{}: {}", name(solver), why);
        return recipe;
      }
      why_none = fmt::format("{} are too many for {}", size_text(recipe, shape), name(solver));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::usage || solver == Solver::adamw) throw;
      const std::string& message = error.message();  // "--flag: found ..."
      why_none = fmt::format("{} does not go with {}", name(solver), message.substr(0, message.find(':')));
    }
  }
  throw Error(ErrorCode::internal, "--solver auto: found no solver, expected adamw at last");
}

}  // namespace gradus
