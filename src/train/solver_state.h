// A solver's state as part of a run's.
#pragma once

#include <string>

#include "model/checkpoint_file.h"
#include "optim/rule_state.h"

namespace gradus {

template <typename T>
void add_solver(const RuleState<T>& solver, RunState& state) {
  for (const NamedArray<T>& array : solver.arrays) state.add("solver." + std::string(array.name), array.values);
  for (const NamedScalar& scalar : solver.scalars)
    state.add("solver." + std::string(scalar.name), *scalar.value, scalar.most);
}

}  // namespace gradus
