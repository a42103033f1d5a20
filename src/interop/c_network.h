// The network in C: its parameters as arrays, and the function from features to outputs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "interop/c_functions.h"
#include "interop/c_source.h"
#include "interop/int8.h"
#include "interop/pipeline.h"

namespace gradus {

/// Bytes of weights, biases and norms. `int8`: one for each affine, or none.
int64_t parameter_bytes(const Pipeline& pipeline, const std::vector<Int8Weight>& int8);

void need_network(const Pipeline& pipeline, bool int8, CFunctions& needed);
/// "", or "0_", "1_", ... for the members of an ensemble: it sets their names apart.
std::string c_member(const std::vector<Pipeline>& members, std::size_t index);
void define_parameters(const Pipeline& pipeline, const std::vector<Int8Weight>& int8, const std::string& member,
                       CSource& source);
/// Defines @network, which turns the features in `a` into outputs behind the head, and says in which of `a` and `b`
/// they are.
void define_network(const std::vector<Pipeline>& members, bool int8, CSource& source);

}  // namespace gradus
