// The C source of the functions a network is made of. Operation for operation those of kernels/math-inl.h and its
// neighbours, so that the exported file computes the bits that `predict` computes.
#pragma once

#include <set>
#include <string>

#include "gradus/names.h"

#include "interop/c_source.h"
#include "interop/pipeline.h"

namespace gradus {

/// Names of what an exported file calls: "exp", "affine", "relu", "softmax", ...
using CFunctions = std::set<std::string>;

/// The function that applies `activation` to an array in place, "" for identity.
std::string c_activation(Activation activation);

/// Definitions of these and of what they call, in order.
void write_functions(const CFunctions& wanted, CSource& source);

}  // namespace gradus
