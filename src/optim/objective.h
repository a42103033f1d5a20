// What the methods for all rows minimise.
#pragma once

#include <functional>
#include <span>

namespace gradus {

/// J at `theta`, and its gradient written to `gradient` (the same size). May return NaN or infinity; must not throw.
template <typename T>
using Objective = std::function<double(std::span<const T> theta, std::span<T> gradient)>;

/// One iteration of a method for all rows.
struct Iteration {
  double objective = 0.0;  ///< at the parameters it leaves, where the method knows it, else at those it was given
  double step = 0.0;       ///< along its direction, of lm its damping; 0 when it stayed
  bool converged = false;  ///< no further step can be expected to help
};

}  // namespace gradus
