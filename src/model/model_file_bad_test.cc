// Files that someone made on purpose: each has a right SHA-256, so that only the check in question can refuse it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>

#include "gradus/error.h"

#include "base/test_files.h"
#include "model/model_file.h"
#include "model/test_models.h"

namespace gradus {
namespace {

using ::testing::HasSubstr;

/// The message of the refusal of these bytes.
std::string refusal(const std::string& bytes) {
  const Error error = error_of([&] { parse_model(bytes, "m"); });
  EXPECT_EQ(error.code(), ErrorCode::bad_data);
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line";
  return error.what();
}

const std::string& classifier() {
  static const std::string bytes = file_of(small_model<float>());
  return bytes;
}

const std::string& regression() {
  static const std::string bytes = file_of(small_regression());
  return bytes;
}

std::string header_refusal(const std::function<void(Json&)>& edit) {
  return refusal(edit_header(classifier(), edit));
}

std::string json_refusal(const std::function<void(Json&)>& edit) {
  return refusal(edit_json(classifier(), edit));
}

/// The header's text with `from` replaced, for what no JSON library would write.
std::string replaced(std::string bytes, const std::string& from, const std::string& to) {
  const std::size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  bytes.replace(at, from.size(), to);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  length += to.size() - from.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  return with_sum(bytes);
}

// The edits themselves must not be what is refused.
TEST(BadModelFile, AnEditThatChangesNothingIsAccepted) {
  EXPECT_NO_THROW(parse_model(edit_header(classifier(), [](Json&) {}), "m"));
  EXPECT_NO_THROW(parse_model(edit_json(classifier(), [](Json&) {}), "m"));
  EXPECT_NO_THROW(parse_model(edit_data(classifier(), [](std::string&) {}), "m"));
}

TEST(BadModelFile, UnknownFieldsOfTheSameMajorVersionAreIgnored) {
  const std::string bytes = edit_json(classifier(), [](Json& json) {
    json["format"]["minor"] = 7;
    json["invented_later"] = {1, 2, 3};
    json["network"]["also_later"] = "x";
  });
  EXPECT_NO_THROW(parse_model(bytes, "m"));
}

TEST(BadModelFile, AnotherMajorVersionIsNamed) {
  EXPECT_THAT(json_refusal([](Json& json) {
                json["format"]["major"] = 2;
                json["program"] = "gradus 9.1.0";
              }),
              HasSubstr("found model format 2.0, written by \"gradus 9.1.0\", expected 1.x"));
}

TEST(BadModelFile, HeaderLengthsAreCheckedBeforeAllocating) {
  for (const uint64_t length : {uint64_t{1} << 63, UINT64_MAX, uint64_t{33'554'433}}) {
    std::string bytes = classifier();
    std::memcpy(bytes.data(), &length, sizeof length);
    EXPECT_THAT(refusal(with_sum(bytes)), HasSubstr("expected at most 33554432"));
  }
  std::string bytes = classifier();
  const uint64_t length = bytes.size() - 7;
  std::memcpy(bytes.data(), &length, sizeof length);
  EXPECT_THAT(refusal(with_sum(bytes)), HasSubstr("the file is cut short"));
}

TEST(BadModelFile, ShapesThatOverflow) {
  const uint64_t big = uint64_t{1} << 32;
  EXPECT_THAT(header_refusal([&](Json& header) {
                header["layers.0.weight"]["shape"] = {big, big};
              }),
              HasSubstr("more than 2^63"));
  EXPECT_THAT(header_refusal([&](Json& header) {
                header["layers.0.weight"]["shape"] = {UINT64_MAX, 1};
              }),
              HasSubstr("expected an integer from 0 to"));
}

TEST(BadModelFile, DimensionsThatAreNotNaturalNumbers) {
  for (const Json& dimension : {Json(-5), Json(5.0), Json(2.5), Json(1e30), Json("5"), Json(nullptr)}) {
    EXPECT_THAT(header_refusal([&](Json& header) { header["layers.0.weight"]["shape"][0] = dimension; }),
                HasSubstr("shape[0]\": found " + (dimension.is_string() ? "\"5\"" : dimension.dump())));
  }
}

TEST(BadModelFile, TooManyDimensions) {
  EXPECT_THAT(header_refusal([](Json& header) {
                header["layers.0.weight"]["shape"] = {1, 5, 3};
              }),
              HasSubstr("at most 2 dimensions"));
  EXPECT_THAT(header_refusal([](Json& header) { header["layers.0.weight"]["shape"] = std::vector<int>(100000, 1); }),
              HasSubstr("found an array of 100000, expected at most 2 dimensions"));
}

TEST(BadModelFile, OffsetsThatOverlapLeaveGapsOrRunBackwards) {
  const auto set = [](const char* tensor, int64_t begin, int64_t end) {
    return header_refusal([&](Json& header) { header[tensor]["data_offsets"] = {begin, end}; });
  };
  // layers.0: weight 5 x 3 in 0..60, bias 3 in 60..72; layers.1: weight 3 x 2 in 72..96, bias 2 in 96..104.
  EXPECT_THAT(set("layers.0.bias", 56, 68), HasSubstr("neither overlap nor leave gaps"));
  EXPECT_THAT(set("layers.0.bias", 64, 76), HasSubstr("neither overlap nor leave gaps"));
  EXPECT_THAT(set("layers.0.bias", 0, 12), HasSubstr("neither overlap nor leave gaps"));
  EXPECT_THAT(set("layers.0.bias", 72, 60), HasSubstr("expected an integer from 72 to 104"));
  EXPECT_THAT(set("layers.1.bias", 100, 108), HasSubstr("expected an integer from 100 to 104"));
  EXPECT_THAT(set("layers.1.bias", -8, 0), HasSubstr("found -8"));
  EXPECT_THAT(set("layers.0.bias", 60, 71), HasSubstr("found 11 bytes from 60 to 71, expected 12 bytes"));
  EXPECT_THAT(header_refusal([](Json& header) {
                header["layers.1.bias"]["data_offsets"] = {UINT64_MAX - 7, 0};
              }),
              HasSubstr("expected an integer from 0 to 104"));
  EXPECT_THAT(header_refusal([](Json& header) { header["layers.1.bias"]["data_offsets"] = {96}; }),
              HasSubstr("expected two offsets"));
}

TEST(BadModelFile, TensorsInAnotherOrderAreStillRead) {
  const std::string bytes = edit_header(regression(), [](Json& header) {
    const Json weight = header["layers.0.weight"];
    header.erase("layers.0.weight");
    header["layers.0.weight"] = weight;
  });
  EXPECT_EQ(file_of(parse_model(bytes, "m")), regression());
}

TEST(BadModelFile, DtypesThatDisagree) {
  EXPECT_THAT(header_refusal([](Json& header) { header["layers.0.bias"]["dtype"] = "F64"; }),
              HasSubstr("expected 24 bytes for shape (3) of F64"));
  EXPECT_THAT(header_refusal([](Json& header) { header["layers.0.bias"]["dtype"] = "BF16"; }),
              HasSubstr("found \"BF16\", expected F32 or F64"));
  EXPECT_THAT(json_refusal([](Json& json) { json["network"]["precision"] = "float64"; }),
              HasSubstr("found shape (5, 3) of F32, expected shape (5, 3) of F64"));
}

TEST(BadModelFile, DuplicateKeysAnywhere) {
  EXPECT_THAT(refusal(replaced(classifier(), "\"layers.1.bias\"", "\"layers.0.bias\"")),
              HasSubstr("found the JSON key \"layers.0.bias\" twice"));
  EXPECT_THAT(refusal(replaced(classifier(), "\"shape\":[3]", "\"shape\":[3],\"shape\":[3]")),
              HasSubstr("found the JSON key \"shape\" twice"));
  EXPECT_THAT(refusal(replaced(classifier(), "\\\"seed\\\":", "\\\"seed\\\":1,\\\"seed\\\":")),
              HasSubstr("found the JSON key \"seed\" twice"));
}

TEST(BadModelFile, NestingIsBounded) {
  const std::string deep(100000, '[');
  EXPECT_THAT(refusal(replaced(classifier(), "\"shape\":[3]", "\"shape\":" + deep)), HasSubstr("nested deeper"));
  EXPECT_THAT(refusal(replaced(classifier(), "\\\"seed\\\":", "\\\"deep\\\":" + deep)), HasSubstr("nested deeper"));
}

TEST(BadModelFile, TextThatIsNotJson) {
  const std::string message = refusal(replaced(classifier(), "\"dtype\":", "\"dtype\";"));
  const std::string offset = std::to_string(classifier().find("\"dtype\":") + 7);
  EXPECT_THAT(message, HasSubstr("m:byte " + offset + ": found text that is not JSON"));
  EXPECT_THAT(refusal(replaced(classifier(), "\\\"l2\\\":0.0001", "\\\"l2\\\":1e999")), HasSubstr("beyond"));
  EXPECT_THAT(refusal(replaced(classifier(), "\\\"l2\\\":0.0001", "\\\"l2\\\":NaN")), HasSubstr("not JSON"));
}

TEST(BadModelFile, NamesArePrintedEscaped) {
  EXPECT_THAT(header_refusal([](Json& header) { header[std::string("\x1b]0;owned\x07\0", 11)] = 1; }),
              HasSubstr("\\x1b]0;owned\\x07\\x00"));
}

TEST(BadModelFile, WeightsThatAreNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    const std::string message =
        refusal(edit_data(classifier(), [&](std::string& data) { std::memcpy(data.data() + 64, &bad, sizeof bad); }));
    EXPECT_THAT(message, HasSubstr("tensor \"layers.0.bias\""));
    EXPECT_THAT(message, HasSubstr("m:byte " + std::to_string(classifier().size() - 104 + 64) + ":"));
  }
}

TEST(BadModelFile, AnAbsentWeightIsNeverMadeUp) {
  const std::string bytes = edit_header(classifier(), [](Json& header) {
    header["renamed"] = header["layers.1.weight"];
    header.erase("layers.1.weight");
  });
  EXPECT_THAT(refusal(bytes), HasSubstr("found no tensor \"layers.1.weight\", expected one of shape (3, 2) of F32"));
}

TEST(BadModelFile, ATensorOfNoLayerIsRefused) {
  EXPECT_THAT(header_refusal([](Json& header) {
                header["layers.2.bias"] = {{"dtype", "F32"}, {"shape", {0}}, {"data_offsets", {104, 104}}};
              }),
              HasSubstr("found tensor \"layers.2.bias\", expected only those of the network's 2 layers"));
}

TEST(BadModelFile, LayersThatDoNotChain) {
  EXPECT_THAT(json_refusal([](Json& json) { json["network"]["ops"][0]["outputs"] = 4; }),
              HasSubstr("found shape (5, 3) of F32, expected shape (5, 4) of F32"));
  EXPECT_THAT(json_refusal([](Json& json) { json["network"]["ops"].erase(3); }), HasSubstr("last op"));
  EXPECT_THAT(json_refusal([](Json& json) { json["network"]["ops"] = Json::array(); }), HasSubstr("last op"));
  EXPECT_THAT(json_refusal([](Json& json) { json["network"]["ops"][0]["outputs"] = int64_t{1} << 62; }),
              HasSubstr("expected a network that can be built"));
  EXPECT_THAT(json_refusal([](Json& json) { json["network"]["ops"][0]["outputs"] = 0; }), HasSubstr("found 0"));
  EXPECT_THAT(json_refusal([](Json& json) { json["network"]["ops"][2]["rate"] = 1.0; }), HasSubstr("dropout"));
}

/// A batch norm and a residual.
ModelData structured_model() {
  ModelData model = small_regression();
  const std::vector<HiddenLayer> layers(2, {2, Activation::relu, 0.0, Normalization::batch, true});
  Network network(multilayer(2, layers, 2, {}));
  network.initialize(1);
  model.network = std::move(network);
  return model;
}

TEST(BadModelFile, NormsAndResidualsThatCannotBe) {
  const std::string bytes = file_of(structured_model());
  EXPECT_EQ(file_of(parse_model(bytes, "m")), bytes);
  ModelData negative = structured_model();
  std::get<BasicNetwork<float>>(negative.network).parameters().back() = -0.5f;
  EXPECT_THAT(refusal(file_of(negative)), HasSubstr("\"norms.1.variance\": found -0.5, expected variances"));
  const auto edited = [&](std::size_t op, const char* field, const Json& value) {
    return refusal(edit_json(bytes, [&](Json& json) { json["network"]["ops"][op][field] = value; }));
  };
  EXPECT_THAT(edited(1, "epsilon", 0.0), HasSubstr("norm epsilon"));
  EXPECT_THAT(edited(1, "op", "layer_norm"), HasSubstr("found tensor \"norms.0.mean\""));
  EXPECT_THAT(edited(6, "from", 6), HasSubstr("found a residual from op 6"));
  EXPECT_THAT(edited(6, "from", -1), HasSubstr("from"));
  EXPECT_THAT(edited(6, "from", 0.5), HasSubstr("from"));
}

TEST(BadModelFile, MonotoneDirections) {
  const auto column = [](const Json& value) {
    return json_refusal([&](Json& json) { json["columns"][0]["monotone"] = value; });
  };
  EXPECT_THAT(column(0), HasSubstr("expected 1 or -1"));
  EXPECT_THAT(column(2), HasSubstr("monotone"));
  EXPECT_THAT(column("up"), HasSubstr("monotone"));
}

TEST(BadModelFile, NamesOfChoicesThatDoNotExist) {
  EXPECT_THAT(json_refusal([](Json& json) { json["network"]["ops"][1]["activation"] = "relu6"; }),
              HasSubstr("\"network.ops[1].activation\": found \"relu6\", expected one of identity, sigmoid"));
  EXPECT_THAT(
      json_refusal([](Json& json) { json["network"]["ops"][1]["op"] = "conv"; }),
      HasSubstr("expected affine, activation, dropout, batch_norm, layer_norm, residual, embed, scale or blend"));
  EXPECT_THAT(json_refusal([](Json& json) { json["training"]["stop_reason"] = "bored"; }), HasSubstr("bored"));
  EXPECT_THAT(json_refusal([](Json& json) { json["columns"][0]["kind"] = "image"; }), HasSubstr("numeric or text"));
}

TEST(BadModelFile, ScalersThatCannotScale) {
  const auto column = [](const char* field, const Json& value) {
    return json_refusal([&](Json& json) { json["columns"][0][field] = value; });
  };
  EXPECT_THAT(column("scale", nullptr), HasSubstr("\"columns[0].scale\": found null, expected a finite number"));
  EXPECT_THAT(column("scale", "inf"), HasSubstr("expected a finite number"));
  EXPECT_THAT(column("scale", -1.0), HasSubstr("expected 1 / deviation, or 0 for a constant column"));
  EXPECT_THAT(column("mean", nullptr), HasSubstr("expected a finite number"));
  EXPECT_THAT(column("fill", "inf"), HasSubstr("expected a finite number"));
  EXPECT_THAT(json_refusal([](Json& json) { json["targets"][0]["scale"] = 0.0; }), HasSubstr("a number above 0"));
}

TEST(BadModelFile, ParametersOfALossOutOfRange) {
  const auto head = [](const char* loss, const char* parameter, const Json& value) {
    return json_refusal([&](Json& json) {
      json["network"]["head"]["loss"] = loss;
      json["network"]["head"][parameter] = value;
    });
  };
  for (const Json& value : {Json(0.0), Json(-1.0)})
    EXPECT_THAT(head("huber", "huber_delta", value), HasSubstr("huber_delta\": found " + value.dump()));
  EXPECT_THAT(head("huber", "huber_delta", nullptr), HasSubstr("expected a finite number"));
  EXPECT_THAT(head("huber", "unknown", 1.0), HasSubstr("huber_delta\": found nothing"));
  EXPECT_THAT(head("focal", "focal_gamma", -0.5),
              HasSubstr("focal_gamma\": found -0.5, expected a number from 0 to 100"));
  EXPECT_THAT(head("quantile", "quantiles", Json::array()), HasSubstr("expected at least one quantile"));
  EXPECT_THAT(head("quantile", "quantiles", Json{0.5, 0.4}),
              HasSubstr("quantiles[1]\": found 0.4, expected more than 0.5"));
  EXPECT_THAT(head("quantile", "quantiles", Json{0.0, 0.4}),
              HasSubstr("quantiles[0]\": found 0.0, expected a number betw"));
  EXPECT_THAT(head("quantile", "quantiles", Json{0.2, nullptr}), HasSubstr("quantiles[1]\": found null"));
  EXPECT_THAT(head("quantile", "quantiles", Json{0.2, 0.5, 0.9}), HasSubstr("2 outputs, expected 3 for each target"));
  EXPECT_THAT(head("quantile", "quantiles", Json{0.5}), HasSubstr("expected regression, as quantile implies"));
  EXPECT_THAT(head("softmax_cross_entropy", "label_smoothing", 1.0), HasSubstr("label_smoothing\": found 1"));
  EXPECT_THAT(head("softmax_cross_entropy", "label_smoothing", "x"), HasSubstr("expected a finite number"));
}

TEST(BadModelFile, WeightsThatAreNone) {
  const auto refused = [](const char* field, const Json& value) {
    return json_refusal([&](Json& json) { json[field] = value; });
  };
  EXPECT_THAT(refused("weights", 3), HasSubstr("\"weights\": found 3"));
  EXPECT_THAT(refused("class_weights", Json{1.0, 0.0}),
              HasSubstr("class_weights[1]\": found 0.0, expected a number above 0"));
  EXPECT_THAT(refused("class_weights", Json{1.0, nullptr}), HasSubstr("class_weights[1]\": found null"));
  EXPECT_THAT(refused("class_weights", Json{1.0}), HasSubstr("expected one for each class"));
  EXPECT_THAT(json_refusal([](Json& json) { json["training"]["weight"] = -2.0; }),
              HasSubstr("training.weight\": found -2"));
}

TEST(BadModelFile, ColumnsAndOutputsThatDoNotFit) {
  EXPECT_THAT(json_refusal([](Json& json) { json["columns"].erase(1); }),
              HasSubstr("found 2 features, expected the network's 5 inputs"));
  EXPECT_THAT(json_refusal([](Json& json) { json["columns"][1]["first"] = 1; }), HasSubstr("columns[1].first"));
  EXPECT_THAT(json_refusal([](Json& json) { json["columns"][1]["width"] = 2; }), HasSubstr("columns[1].width"));
  EXPECT_THAT(json_refusal([](Json& json) {
                json["columns"][1]["categories"] = {"b", "a"};
              }),
              HasSubstr("found \"a\" after \"b\""));
  EXPECT_THAT(json_refusal([](Json& json) { json["columns"][1]["categories"] = {"a", 1}; }), HasSubstr("texts"));
  EXPECT_THAT(json_refusal([](Json& json) {
                json["classes"] = {"9", "10", "11"};
              }),
              HasSubstr("\"classes\": found an array of 3, expected one for each of the network's 2 outputs"));
  EXPECT_THAT(json_refusal([](Json& json) { json["classes"] = {"9", "9"}; }), HasSubstr("distinct classes"));
  EXPECT_THAT(json_refusal([](Json& json) { json["targets"] = Json::array(); }), HasSubstr("one target"));
  EXPECT_THAT(json_refusal([](Json& json) { json["task"] = "regression"; }), HasSubstr("2 outputs"));
}

TEST(BadModelFile, EveryFieldMustBeThere) {
  const std::string text = "\": found nothing, expected a value";
  Json json;
  edit_json(classifier(), [&](Json& whole) { json = whole; });
  int removed = 0;
  for (const Json::json_pointer& pointer :
       {Json::json_pointer(""), Json::json_pointer("/format"), Json::json_pointer("/network"),
        Json::json_pointer("/network/head"), Json::json_pointer("/network/ops/0"), Json::json_pointer("/network/ops/1"),
        Json::json_pointer("/network/ops/2"), Json::json_pointer("/columns/0"), Json::json_pointer("/columns/1"),
        Json::json_pointer("/targets/0"), Json::json_pointer("/training"), Json::json_pointer("/training/history/0")}) {
    for (const auto& [key, value] : json[pointer].items()) {
      if (pointer.empty() && key == "program") continue;  // for people, and for refusing another version
      const std::string field = key;
      EXPECT_THAT(json_refusal([&](Json& whole) { whole[pointer].erase(field); }), HasSubstr(field + text));
      ++removed;
    }
  }
  EXPECT_GT(removed, 50);
}

TEST(BadModelFile, WithoutTheModelsJson) {
  EXPECT_THAT(header_refusal([](Json& header) { header["__metadata__"].erase("gradus"); }),
              HasSubstr("found no \"gradus\""));
  EXPECT_THAT(header_refusal([](Json& header) { header["__metadata__"]["gradus"] = 1; }), HasSubstr("a text"));
}

}  // namespace
}  // namespace gradus
