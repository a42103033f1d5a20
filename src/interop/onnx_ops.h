// Operators of ONNX, each as its specification says and no faster.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "interop/onnx_tensor.h"

namespace gradus {

/// x rounded to what `type` holds.
double rounded_to(OnnxType type, double x) noexcept;

/// One input, or two that are broadcast against each other, element by element. Nothing where `op` is no such operator.
std::optional<OnnxTensor> elementwise(const std::string& op, const std::vector<const OnnxTensor*>& inputs,
                                      const std::function<double(const char* attribute, double otherwise)>& number);

OnnxTensor onnx_where(const OnnxTensor& condition, const OnnxTensor& yes, const OnnxTensor& no);
/// a (N, k) times b (k, m), plus a row where `bias` is not null.
OnnxTensor onnx_product(const OnnxTensor& a, const OnnxTensor& b, const OnnxTensor* bias);
/// Along the second dimension.
OnnxTensor onnx_concat(const std::vector<const OnnxTensor*>& inputs);
OnnxTensor onnx_gather(const OnnxTensor& data, const OnnxTensor& indices);
/// Those of the first axis of a matrix.
OnnxTensor onnx_gather_rows(const OnnxTensor& data, const OnnxTensor& indices);
/// Row by row.
OnnxTensor onnx_softmax(const OnnxTensor& x);
OnnxTensor onnx_layer_norm(const OnnxTensor& x, const OnnxTensor& scale, const OnnxTensor& shift, double epsilon);
OnnxTensor onnx_argmax(const OnnxTensor& x);
OnnxTensor onnx_row_sum(const OnnxTensor& x);
OnnxTensor onnx_reshape(const OnnxTensor& x, const OnnxTensor& shape);

}  // namespace gradus
