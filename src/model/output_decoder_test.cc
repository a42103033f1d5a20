#include "model/output_decoder.h"

#include <gtest/gtest.h>

#include "base/test_files.h"

namespace gradus {
namespace {

ModelData model_of(TargetEncoder targets, Loss loss, int64_t outputs) {
  ModelData model;
  model.targets = std::move(targets);
  model.network = Network(multilayer(1, {}, outputs, {loss, Activation::sigmoid}));
  return model;
}

TargetEncoder classes(std::vector<std::string> labels) {
  return {Task::classification, {{"y"}}, std::move(labels), false};
}

std::vector<float> probabilities(const OutputDecoder& decoder, const std::vector<float>& outputs) {
  std::vector<float> p(outputs.size());
  decoder.probabilities<float>(outputs, p);
  return p;
}

TEST(OutputDecoder, NamesItsColumns) {
  const ModelData one = model_of(classes({"a", "b"}), Loss::softmax_cross_entropy, 2);
  EXPECT_EQ(OutputDecoder(one, {}).prediction_names(), std::vector<std::string>{"prediction"});
  EXPECT_EQ(OutputDecoder(one, {}).probability_names(), (std::vector<std::string>{"probability:a", "probability:b"}));
  const ModelData labels = model_of({Task::multilabel, {{"p"}, {"q"}}, {}, false}, Loss::sigmoid_cross_entropy, 2);
  EXPECT_EQ(OutputDecoder(labels, {}).prediction_names(), (std::vector<std::string>{"prediction:p", "prediction:q"}));
  EXPECT_EQ(OutputDecoder(labels, {}).probability_names(),
            (std::vector<std::string>{"probability:p", "probability:q"}));
  const ModelData number = model_of({Task::regression, {{"y"}}, {}, false}, Loss::squared_error, 1);
  EXPECT_EQ(OutputDecoder(number, {}).prediction_names(), std::vector<std::string>{"prediction"});
  EXPECT_TRUE(OutputDecoder(number, {}).probability_names().empty());
}

TEST(OutputDecoder, SoftmaxProbabilitiesPassUnchanged) {
  const ModelData model = model_of(classes({"a", "b"}), Loss::softmax_cross_entropy, 2);
  EXPECT_EQ(probabilities(OutputDecoder(model, {}), {0.3f, 0.7f}), (std::vector<float>{0.3f, 0.7f}));
}

TEST(OutputDecoder, OtherHeadsAreNormalised) {
  const ModelData model = model_of(classes({"a", "b", "c"}), Loss::sigmoid_cross_entropy, 3);
  const OutputDecoder decoder(model, {});
  EXPECT_EQ(probabilities(decoder, {0.5f, 1.0f, 0.5f}), (std::vector<float>{0.25f, 0.5f, 0.25f}));
  EXPECT_EQ(probabilities(decoder, {-1.0f, 1.0f, 1.0f}), (std::vector<float>{0.0f, 0.5f, 0.5f}));
  EXPECT_EQ(probabilities(decoder, {0.0f, 0.0f, 0.0f}), std::vector<float>(3, 1.0f / 3.0f));
}

TEST(OutputDecoder, LargestOutputWinsTheLowestOfEqualOnes) {
  const ModelData model = model_of(classes({"a", "b", "c"}), Loss::softmax_cross_entropy, 3);
  const std::vector<float> outputs = {0.2f, 0.4f, 0.4f};
  EXPECT_EQ(OutputDecoder(model, {}).predicted_class<float>(outputs, outputs), 1);
}

TEST(OutputDecoder, SetsHoldWhatIsProbableEnoughAndTheMostProbable) {
  ModelData model = model_of(classes({"a", "b", "c"}), Loss::softmax_cross_entropy, 3);
  EXPECT_FALSE(OutputDecoder(model, {}).has_set());
  model.calibration = {.coverage = 0.9, .coverage_rows = 10, .least_probability = 0.3};
  const auto set = [&](const std::vector<float>& outputs) {
    return OutputDecoder(model, {}).set<float>(outputs, outputs);
  };
  EXPECT_EQ(set({0.4f, 0.2f, 0.4f}), "a|c");
  EXPECT_EQ(set({0.1f, 0.85f, 0.05f}), "b");
  model.calibration.least_probability = 0.95;
  EXPECT_EQ(set({0.1f, 0.85f, 0.05f}), "b");
  model.targets = {Task::multilabel, {{"p"}, {"q"}}, {}, false};
  model.network = Network(multilayer(1, {}, 2, {Loss::sigmoid_cross_entropy, Activation::identity}));
  model.calibration.least_probability = 0.5;
  EXPECT_EQ(set({0.4f, 0.2f}), "");
  EXPECT_EQ(set({0.6f, 0.7f}), "p|q");
}

TEST(OutputDecoder, IntervalsReachBeyondThePredictionOrItsQuantiles) {
  ModelData model = model_of({Task::regression, {{"y", 10.0, 0.5}}, {}, false}, Loss::squared_error, 1);
  EXPECT_TRUE(OutputDecoder(model, {}).interval_names().empty());
  model.calibration = {.coverage = 0.9, .coverage_rows = 10, .margins = {3.0}};
  const std::vector<float> one = {0.5f};  // 0.5 / 0.5 + 10 = 11
  EXPECT_EQ(OutputDecoder(model, {}).interval_names(), (std::vector<std::string>{"lower", "upper"}));
  EXPECT_EQ(OutputDecoder(model, {}).interval_end<float>(one, 0), 8.0f);
  EXPECT_EQ(OutputDecoder(model, {}).interval_end<float>(one, 1), 14.0f);
  Head head;
  head.loss = Loss::quantile;
  head.quantiles = {0.1, 0.5, 0.9};
  model.targets = {Task::regression, {{"y", 10.0, 0.5}, {"z"}}, {}, false};
  model.network = Network(multilayer(1, {}, 6, head));
  model.calibration.margins = {-1.0, -5.0};
  const std::vector<float> six = {0.0f, 0.5f, 2.0f, 1.0f, 2.0f, 3.0f};  // y: 10, 11, 14; z: 1, 2, 3
  const OutputDecoder decoder(model, {});
  EXPECT_EQ(decoder.interval_names(), (std::vector<std::string>{"lower:y", "upper:y", "lower:z", "upper:z"}));
  EXPECT_EQ(decoder.interval_end<float>(six, 0), 11.0f);
  EXPECT_EQ(decoder.interval_end<float>(six, 1), 13.0f);
  EXPECT_EQ(decoder.interval_end<float>(six, 2), 2.0f);  // turned over: the middle
  EXPECT_EQ(decoder.interval_end<float>(six, 3), 2.0f);
}

TEST(OutputDecoder, ThresholdIncludesItself) {
  const ModelData model = model_of(classes({"a", "b"}), Loss::softmax_cross_entropy, 2);
  const std::vector<double> even = {0.5, 0.5};
  EXPECT_EQ(OutputDecoder(model, {}).predicted_class<double>(even, even), 0);
  EXPECT_EQ(OutputDecoder(model, 0.5).predicted_class<double>(even, even), 1);
  EXPECT_EQ(OutputDecoder(model, 0.51).predicted_class<double>(even, even), 0);
}

TEST(OutputDecoder, RefusesAThresholdThatMeansNothing) {
  const ModelData two = model_of(classes({"a", "b"}), Loss::softmax_cross_entropy, 2);
  const ModelData three = model_of(classes({"a", "b", "c"}), Loss::softmax_cross_entropy, 3);
  const ModelData number = model_of({Task::regression, {{"y"}}, {}, false}, Loss::squared_error, 1);
  EXPECT_EQ(error_of([&] { OutputDecoder(two, 1.5); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { OutputDecoder(two, std::numeric_limits<double>::quiet_NaN()); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { OutputDecoder(three, 0.5); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { OutputDecoder(number, 0.5); }).code(), ErrorCode::usage);
}

TEST(OutputDecoder, NumbersReturnToTheirUnits) {
  const ModelData model =
      model_of({Task::regression, {{"y", 10.0, 0.25, 0.0, 20.0}}, {}, false}, Loss::squared_error, 1);
  const std::vector<float> outputs = {0.5f};
  EXPECT_EQ(OutputDecoder(model, {}).number<float>(outputs, 0), 12.0f);
}

TEST(OutputDecoder, QuantilesAreNamedAndReturnToTheirUnits) {
  ModelData model = model_of({Task::regression, {{"y", 10.0, 0.25}, {"z"}}, {}, false}, Loss::squared_error, 1);
  model.network = Network(multilayer(1, {}, 6, {.loss = Loss::quantile, .quantiles = {0.1, 0.4, 0.75}}));
  const OutputDecoder decoder(model, {});
  EXPECT_EQ(decoder.quantile_names(),
            (std::vector<std::string>{"quantile:0.1:y", "quantile:0.4:y", "quantile:0.75:y", "quantile:0.1:z",
                                      "quantile:0.4:z", "quantile:0.75:z"}));
  const std::vector<float> outputs = {-1.0f, 0.5f, 1.0f, 5.0f, 6.0f, 7.0f};
  EXPECT_EQ(decoder.number<float>(outputs, 0), 12.0f) << "0.4 is the nearest to 1/2";
  EXPECT_EQ(decoder.number<float>(outputs, 1), 6.0f);
  EXPECT_EQ(decoder.quantile<float>(outputs, 2), 14.0f);
  EXPECT_EQ(decoder.quantile<float>(outputs, 5), 7.0f);
}

}  // namespace
}  // namespace gradus
