#include "model/calibration_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "gradus/error.h"

#include "base/test_files.h"
#include "model/model_file.h"
#include "model/test_models.h"

namespace gradus {
namespace {

using ::testing::HasSubstr;

ModelData calibrated(ModelData model, std::vector<double> temperatures) {
  NetworkSpec network = spec(model);
  network.head.temperatures = std::move(temperatures);
  model.network = Network(network);
  model.calibration = {.temperature_rows = 61,
                       .log_loss_before = 0.1 + 0.2,
                       .log_loss = 0.25,
                       .coverage = 0.9,
                       .coverage_rows = 82,
                       .least_probability = 0.07};
  return model;
}

ModelData with_margins() {
  ModelData model = small_regression();
  model.calibration = {.coverage = 0.95, .coverage_rows = 100, .margins = {0.1, -1e-3}};
  return model;
}

std::string refusal(const ModelData& model, const std::function<void(Json&)>& edit) {
  const Error error = error_of([&] { parse_model(edit_json(file_of(model), edit), "m"); });
  EXPECT_EQ(error.code(), ErrorCode::bad_data);
  return error.what();
}

TEST(CalibrationInAModelFile, ReadsBackAsItWas) {
  for (const ModelData& model : {calibrated(small_model<float>(), {1.25}), with_margins()}) {
    const ModelData read = parse_model(file_of(model), "m");
    EXPECT_EQ(read.calibration, model.calibration);
    EXPECT_EQ(spec(read), spec(model));
    EXPECT_EQ(file_of(read), file_of(model));
  }
  EXPECT_EQ(file_of(small_model<float>()).find("calibration"), std::string::npos);
}

TEST(CalibrationInAModelFile, WhatIsNoneIsRefused) {
  const auto refused = [](const char* field, const Json& value) {
    return refusal(calibrated(small_model<float>(), {1.25}), [&](Json& json) { json["calibration"][field] = value; });
  };
  EXPECT_THAT(refused("coverage", 1.0), HasSubstr("coverage\": found 1.0, expected a number between 0 and 1"));
  EXPECT_THAT(refused("coverage", "x"), HasSubstr("coverage\": found"));
  EXPECT_THAT(refused("coverage_rows", 0), HasSubstr("coverage_rows\": found 0"));
  EXPECT_THAT(refused("least_probability", nullptr), HasSubstr("least_probability\": found null"));
  EXPECT_THAT(refused("temperature_rows", -1), HasSubstr("temperature_rows\": found -1"));
  EXPECT_THAT(refused("log_loss", nullptr), HasSubstr("log_loss\": found null"));
  EXPECT_THAT(refusal(with_margins(), [](Json& json) { json["calibration"]["margins"] = {1.0}; }),
              HasSubstr("margins\": found an array of 1, expected one for each target"));
  EXPECT_THAT(refusal(with_margins(), [](Json& json) { json["calibration"].erase("margins"); }),
              HasSubstr("margins\": found nothing"));
}

TEST(CalibrationInAModelFile, TemperaturesThatDoNotFitAreRefused) {
  const auto refused = [](const Json& value) {
    return refusal(small_model<float>(), [&](Json& json) { json["network"]["head"]["temperatures"] = value; });
  };
  EXPECT_THAT(refused({0.0}), HasSubstr("temperatures[0]\": found 0.0, expected a number above 0"));
  EXPECT_THAT(refused({nullptr}), HasSubstr("temperatures[0]\": found null"));
  EXPECT_THAT(refused({1.0, 2.0}), HasSubstr("found 2 with a softmax, expected one"));
  EXPECT_THAT(refusal(small_regression(), [](Json& json) { json["network"]["head"]["temperatures"] = {2.0}; }),
              HasSubstr("found one with squared_error, expected a loss over logits"));
}

}  // namespace
}  // namespace gradus
