#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "gradus/error.h"
#include "gradus/export.h"

#include "base/test_files.h"
#include "interop/onnx_evaluate.h"
#include "interop/onnx_ops.h"
#include "interop/onnx_vectors.h"

namespace gradus {
namespace {

/// A number with an indicator, a wide number and a text, to two classes or, by `regression`, two numbers.
ModelData mixed_model(bool regression) {
  const std::vector<HiddenLayer> hidden = {{.width = 5, .activation = Activation::gelu},
                                           {.width = 5, .activation = Activation::selu, .residual = true}};
  Head head;
  head.loss = regression ? Loss::huber : Loss::softmax_cross_entropy;
  if (!regression) head.temperatures = {1.7};
  Network network(multilayer(7, hidden, 2, head));
  network.initialize(3);
  ModelData model{.network = network};
  const NumericEncoding narrow{
      .mean = 2.0, .scale = 0.5, .fill = 2.5, .minimum = 0.0, .maximum = 4.0, .indicator = true};
  const NumericEncoding wide{
      .mean = 1.6e9, .scale = 1e-4, .fill = 1.6e9, .minimum = 1.6e9, .maximum = 1.6001e9, .wide = true};
  model.encoder = {.columns = {{.name = "text", .encoding = CategoryEncoding{{"a", "b"}, true}, .first = 0, .width = 4},
                               {.name = "x", .encoding = narrow, .first = 4, .width = 2},
                               {.name = "time", .encoding = wide, .first = 6, .width = 1}},
                   .width = 7};
  model.targets.columns = {{.name = "y", .mean = 10.0, .scale = 0.25}};
  if (regression) {
    model.targets.columns.push_back({.name = "z", .mean = -1.0, .scale = 4.0});
    model.calibration = {.coverage = 0.9, .coverage_rows = 10, .margins = {1.0, 0.5}};
  } else {
    model.targets.task = Task::classification;
    model.targets.classes = {"no", "yes"};
    model.calibration = {.coverage = 0.9, .coverage_rows = 10, .least_probability = 0.4};
  }
  return model;
}

Model model_of(ModelData data) {
  return Model(std::make_shared<const ModelData>(std::move(data)));
}

TEST(OnnxExport, SaysWhatTheModelSays) {
  const TemporaryFolder folder;
  for (const bool regression : {false, true}) {
    const OnnxExportReport report = export_onnx(model_of(mixed_model(regression)), folder / "m.onnx");
    EXPECT_LT(report.largest_difference, 1e-5);
    EXPECT_GT(report.largest_difference, 0.0);  // another evaluator rounds otherwise somewhere in 1,000 rows
    EXPECT_EQ(report.predicted_otherwise, 0);
    EXPECT_EQ(report.inputs, 3);
    EXPECT_EQ(report.outputs.size(), 3u);
  }
}

TEST(OnnxExport, NoSingleInputForTexts) {
  const TemporaryFolder folder;
  EXPECT_THROW(export_onnx(model_of(mixed_model(true)), folder / "m.onnx", {.single_input = true}), Error);
}

TEST(OnnxCompare, NoticesAnotherModel) {
  const ModelData model = mixed_model(false);
  ModelData other = model;
  std::get<Network>(other.network).bias(2)[0] += 1.0f;
  const Pipeline pipeline = make_pipeline(model);
  const std::vector<RawRow> rows = synthetic_rows(model.encoder, 100, 1);
  const OnnxTensors wanted = expected_outputs(pipeline, answers(model, rows));
  EXPECT_EQ(compare(pipeline, wanted, wanted).predicted_otherwise, 0);
  const OnnxComparison comparison = compare(pipeline, expected_outputs(pipeline, answers(other, rows)), wanted);
  EXPECT_GT(comparison.largest_difference, 0.01);
  EXPECT_GT(comparison.predicted_otherwise, 0);
  OnnxTensors broken = wanted;
  broken["probabilities"].numbers[7] = std::nan("");
  EXPECT_TRUE(std::isinf(compare(pipeline, broken, wanted).largest_difference));
}

TEST(OnnxOps, BroadcastAsNumpyDoes) {
  const OnnxTensor column{OnnxType::float32, {2, 1}, {1, 2}, {}};
  const OnnxTensor row{OnnxType::float32, {1, 3}, {10, 20, 30}, {}};
  const OnnxTensor scalar{OnnxType::float32, {}, {5}, {}};
  const auto none = [](const char*, double otherwise) { return otherwise; };
  const auto sum = elementwise("Add", {&column, &row}, none);
  EXPECT_EQ(sum->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(sum->numbers, (std::vector<double>{11, 21, 31, 12, 22, 32}));
  EXPECT_EQ(elementwise("Sub", {&scalar, &column}, none)->numbers, (std::vector<double>{4, 3}));
  EXPECT_EQ(elementwise("Equal", {&column, &row}, none)->type, OnnxType::boolean);
  EXPECT_FALSE(elementwise("NoSuchOperator", {&row}, none));
}

TEST(OnnxOps, ByHand) {
  const OnnxTensor x{OnnxType::float64, {2, 2}, {1, 3, 2, 2}, {}};
  const OnnxTensor w{OnnxType::float64, {2, 2}, {1, -1, 2, 0.5}, {}};
  const OnnxTensor b{OnnxType::float64, {2}, {10, 20}, {}};
  EXPECT_EQ(onnx_product(x, w, &b).numbers, (std::vector<double>{17, 20.5, 16, 19}));
  EXPECT_EQ(onnx_argmax(x).numbers, (std::vector<double>{1, 0}));  // the first of equal ones
  EXPECT_EQ(onnx_row_sum(x).numbers, (std::vector<double>{4, 4}));
  EXPECT_EQ(onnx_concat({&x, &w}).numbers, (std::vector<double>{1, 3, 1, -1, 2, 2, 2, 0.5}));
  EXPECT_EQ(onnx_gather(x, {OnnxType::int64, {1}, {1}, {}}).numbers, (std::vector<double>{3, 2}));
  EXPECT_NEAR(onnx_softmax(x).numbers[0], 1.0 / (1.0 + std::exp(2.0)), 1e-15);
  const std::vector<double> normal = onnx_layer_norm(x, {OnnxType::float64, {2}, {2, 2}, {}}, b, 0.0).numbers;
  EXPECT_NEAR(normal[0], 8.0, 1e-15);
  EXPECT_NEAR(normal[1], 22.0, 1e-15);
  EXPECT_EQ(onnx_reshape(x, {OnnxType::int64, {3}, {-1, 2, 1}, {}}).shape, (std::vector<int64_t>{2, 2, 1}));
}

TEST(OnnxEvaluate, RefusesBytesThatAreNoModel) {
  EXPECT_THROW(evaluate_onnx("no model", {}), Error);
}

}  // namespace
}  // namespace gradus
