// Monotone columns: predictions that never fall (or never rise) as the column does, by the signs of the weights alone.
//
// Every unit is given a sign: +1, its value never falls as a constrained input rises (a decreasing column counted
// backwards); -1, it never rises; 0, no constrained input reaches it. A weight from a unit of sign s to one of sign t
// must be 0 or have the sign of s t; from a free unit (0) it may be anything; from a constrained to a free one it is 0.
// With activations that never fall, induction over the layers gives the guarantee, in rounded arithmetic too, since
// each rounding keeps order. Units of both signs let even a relu network bend both ways (compare Runje &
// Shankaranarayana 2023, who flip the activation instead), and their weights cancel in the mean, so the usual
// initialisers stay right.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gradus/names.h"
#include "gradus/network.h"
#include "gradus/trainer.h"

#include "nn/plan.h"

namespace gradus {

/// Whether g never falls: all but gelu, silu and mish.
bool never_falls(Activation activation) noexcept;

/// The signs of a network's units. After construction nothing allocates.
template <typename T>
class MonotoneSigns {
 public:
  /// `inputs`: +1, -1 or 0 for each input; empty: no constraint. `outputs`: +1 or -1 for each; empty: all +1.
  /// Throws Error(usage) when they don't fit the network or it has an activation that falls somewhere.
  MonotoneSigns(const Plan& plan, std::span<const int> inputs, std::span<const int> outputs);

  bool none() const noexcept { return units_.empty(); }
  /// Sets every weight of a wrong sign to 0: the nearest weights that are allowed.
  void project(std::span<T> parameters) const noexcept;
  /// For weights just drawn: the other sign where it is wrong, 0 where neither is allowed.
  void turn(std::span<T> parameters) const noexcept;

 private:
  const Plan& plan_;
  std::vector<std::vector<T>> units_;  // [l]: what affine l reads; the last: the outputs
};

/// Makes a network's first weights fit what `options` say of monotone columns.
template <typename T>
void impose_signs(BasicNetwork<T>& network, const TrainerOptions& options);

}  // namespace gradus
