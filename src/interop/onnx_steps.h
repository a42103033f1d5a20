// The deployed pipeline as ONNX nodes: columns to features, features to outputs, outputs to answers.
#pragma once

#include <string>
#include <vector>

#include "interop/onnx_graph.h"
#include "interop/pipeline.h"

namespace gradus {

/// A raw column's input, or with `single_input` all of them in one.
struct OnnxInput {
  std::string name;
  OnnxType type = OnnxType::float32;
  int64_t first_column = 0;
  int64_t columns = 1;
};

struct OnnxFeatures {
  std::string value;
  std::vector<OnnxInput> inputs;
};

/// Names that outputs have, whichever of them the task gives.
std::vector<std::string> onnx_output_names(const Pipeline& pipeline);

/// The inputs and the (N, features) value. Throws Error(usage) for `single_input` with a column that is not a float.
OnnxFeatures add_onnx_features(const Pipeline& pipeline, bool single_input, OnnxGraph& graph);
/// The (N, outputs) value behind the head, of the mean of the members' logits.
std::string add_onnx_network(const std::vector<Pipeline>& members, const std::string& features, OnnxGraph& graph);
void add_onnx_answers(const Pipeline& pipeline, const std::string& outputs, OnnxGraph& graph);

/// A constant of the network's precision. `shape` {} and one value: a scalar.
std::string real_constant(const Pipeline& pipeline, const std::vector<double>& values,
                          const std::vector<int64_t>& shape, OnnxGraph& graph);
inline OnnxType real_type(const Pipeline& pipeline) noexcept {
  return pipeline.single() ? OnnxType::float32 : OnnxType::float64;
}

}  // namespace gradus
