// A tensor of the small ONNX evaluator.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "interop/onnx_graph.h"

namespace gradus {

/// Numbers of every type as doubles, each already rounded to its type; texts beside them.
struct OnnxTensor {
  OnnxType type = OnnxType::float32;
  std::vector<int64_t> shape;
  std::vector<double> numbers;
  std::vector<std::string> texts;

  int64_t size() const noexcept {
    int64_t count = 1;
    for (const int64_t dimension : shape) count *= dimension;
    return count;
  }
};

using OnnxTensors = std::map<std::string, OnnxTensor>;

}  // namespace gradus
