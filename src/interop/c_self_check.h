// The self-test of an exported C file: synthetic rows and what `predict` answers on them.
#pragma once

#include <string>
#include <vector>

#include "interop/c_source.h"
#include "interop/pipeline.h"
#include "interop/synthetic_rows.h"

namespace gradus {

/// Defines a main() that predicts the rows, prints the largest difference, and fails where it is beyond what rounding
/// explains.
void define_self_test(const Pipeline& pipeline, const std::vector<RawRow>& rows, const std::vector<Answer>& expected,
                      CSource& source);

}  // namespace gradus
