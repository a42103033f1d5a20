// The ONNX file put together, checked by evaluating its bytes, and written.
#include <fmt/format.h>

#include <algorithm>

#include "gradus/error.h"
#include "gradus/export.h"
#include "gradus/output_file.h"

#include "interop/onnx_evaluate.h"
#include "interop/onnx_graph.h"
#include "interop/onnx_steps.h"
#include "interop/onnx_vectors.h"
#include "interop/synthetic_rows.h"

namespace gradus {
namespace {

constexpr int64_t kMostCheckRows = 100'000;
constexpr uint64_t kCheckSeed = 1;
// Beyond rounding, by far: the graph says something else than the model.
constexpr double kFault = 1e-3;

void write_whole(const std::string& path, const std::string& bytes) {
  OutputFile output(path);
  output.write(bytes);
  output.commit();
}

}  // namespace

OnnxExportReport export_onnx(const Model& model, const std::string& path, const OnnxExportOptions& options) {
  if (options.check_rows < 1 || options.check_rows > kMostCheckRows)
    throw Error(ErrorCode::usage,
                fmt::format("--test-rows: found {}, expected from 1 to {}", options.check_rows, kMostCheckRows));
  const std::vector<Pipeline> members = make_pipelines(model.data());
  const Pipeline& pipeline = members.front();
  OnnxGraph graph;
  for (const std::string& name : onnx_output_names(pipeline)) graph.reserve(name);
  const OnnxFeatures features = add_onnx_features(pipeline, options.single_input, graph);
  add_onnx_answers(pipeline, add_onnx_network(members, features.value, graph), graph);
  const std::string bytes = graph.serialise(model.metadata());

  const std::vector<RawRow> rows = synthetic_rows(pipeline.encoder, options.check_rows, kCheckSeed);
  const OnnxTensors inputs = onnx_inputs(features.inputs, rows);
  const OnnxTensors expected = expected_outputs(pipeline, answers(model.data(), rows));
  const OnnxComparison comparison = compare(pipeline, evaluate_onnx(bytes, inputs), expected);
  OnnxExportReport report{.inputs = std::ssize(features.inputs),
                          .bytes = std::ssize(bytes),
                          .rows = options.check_rows,
                          .largest_difference = comparison.largest_difference,
                          .predicted_otherwise = comparison.predicted_otherwise,
                          .outputs = onnx_output_names(pipeline)};
  if (!(comparison.largest_difference <= kFault) || comparison.predicted_otherwise > 0)
    throw Error(ErrorCode::internal,
                fmt::format("ONNX: found a difference of {:.3g} between graph and model on {} synthetic rows, {} "
                            "predicted otherwise, expected rounding only",
                            comparison.largest_difference, options.check_rows, comparison.predicted_otherwise));
  if (!options.test_vectors.empty()) write_whole(options.test_vectors, vectors_json(inputs, expected));
  write_whole(path, bytes);
  return report;
}

}  // namespace gradus
