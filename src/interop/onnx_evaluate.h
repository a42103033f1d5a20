// Runs an ONNX file that this program wrote, from its bytes alone: nothing of the network's own code takes part.
#pragma once

#include <string_view>

#include "interop/onnx_tensor.h"

namespace gradus {

/// The graph's outputs by name. `inputs`: (N, width) each. Throws Error(internal) for what the exporter doesn't write.
OnnxTensors evaluate_onnx(std::string_view bytes, OnnxTensors inputs);

}  // namespace gradus
