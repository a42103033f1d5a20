// Synthetic rows as the inputs of an ONNX graph, and its outputs beside what `predict` answers.
#pragma once

#include <string>
#include <vector>

#include "interop/onnx_steps.h"
#include "interop/onnx_tensor.h"
#include "interop/pipeline.h"
#include "interop/synthetic_rows.h"

namespace gradus {

OnnxTensors onnx_inputs(const std::vector<OnnxInput>& inputs, const std::vector<RawRow>& rows);

/// What the graph's outputs are by `answers`, under the same names.
OnnxTensors expected_outputs(const Pipeline& pipeline, const std::vector<Answer>& answers);

struct OnnxComparison {
  double largest_difference = 0.0;  ///< of probabilities, or of numbers over the scale of their target
  int64_t predicted_otherwise = 0;  ///< rows with another class, label or set, where no rounding explains it
};
OnnxComparison compare(const Pipeline& pipeline, const OnnxTensors& found, const OnnxTensors& expected);

/// {"inputs": {name: {"type", "shape", "data"}}, "outputs": ...}; NaN is null.
std::string vectors_json(const OnnxTensors& inputs, const OnnxTensors& outputs);

}  // namespace gradus
