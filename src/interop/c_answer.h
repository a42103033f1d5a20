// A prediction in C: its struct, and the function from the network's outputs to it.
#pragma once

#include "interop/c_source.h"
#include "interop/pipeline.h"

namespace gradus {

void declare_prediction(const Pipeline& pipeline, CSource& source);
/// The names of classes or targets.
void define_names(const Pipeline& pipeline, CSource& source);
/// @answer, from outputs to a prediction.
void define_answer(const Pipeline& pipeline, CSource& source);

}  // namespace gradus
