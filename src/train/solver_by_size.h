// Which solver suits a table's task and size: what `--solver auto` goes by.
#pragma once

#include <string>

#include "gradus/options.h"

#include "train/recipe.h"

namespace gradus {

/// Resolves `options` for the first of lm (regressions), lbfgs (classes and labels) and adamw that takes every option
/// given and suits the size; the recipe says which and why. docs/solvers.md has the figures behind the bounds.
/// Throws Error(usage) as `resolve` does for adamw, and where the options name a solver as well.
Recipe resolve_by_size(TrainOptions options, const TableShape& shape);

}  // namespace gradus
