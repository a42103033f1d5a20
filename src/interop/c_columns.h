// Raw columns in C: the struct of a row, its categories, and the function that makes features of it.
#pragma once

#include <string>
#include <vector>

#include "interop/c_functions.h"
#include "interop/c_source.h"
#include "interop/pipeline.h"

namespace gradus {

/// The members of the row's struct, one a column.
std::vector<std::string> column_members(const Encoder& encoder);

void declare_row(const Encoder& encoder, const std::vector<std::string>& members, CSource& source);
void need_encoding(const Encoder& encoder, CFunctions& needed);
void define_encoding(const Pipeline& pipeline, const std::vector<std::string>& members, CSource& source);

}  // namespace gradus
