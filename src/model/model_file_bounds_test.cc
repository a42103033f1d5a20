// Files whose text is large, long or oddly escaped; each has a right SHA-256.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "gradus/error.h"

#include "base/test_files.h"
#include "model/json_characters.h"
#include "model/model_file.h"
#include "model/test_models.h"

namespace gradus {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& bytes) {
  return error_of([&] { parse_model(bytes, "m"); }).what();
}

const std::string& classifier() {
  static const std::string bytes = file_of(small_model<float>());
  return bytes;
}

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

std::string unescaped(std::string_view inside) {
  const Place place{.file = "m"};
  return {UnescapedText(inside, place), UnescapedText()};
}

// References from https://www.rfc-editor.org/rfc/rfc8259 section 7, and UTF-8 by hand.
TEST(UnescapedText, EveryEscape) {
  EXPECT_EQ(unescaped(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\uD834\uDD1E\uffff\u0000)"),
            std::string("A\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\xEF\xBF\xBF\0", 14));
  EXPECT_EQ(unescaped(R"(\u0080\u07FF\u0800\uD800\uDC00\uDBFF\uDFFF)"),
            "\xC2\x80\xDF\xBF\xE0\xA0\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
  EXPECT_EQ(unescaped("\xF0\x9D\x84\x9E é"), "\xF0\x9D\x84\x9E é");
  EXPECT_EQ(unescaped(""), "");
}

TEST(UnescapedText, EscapesThatAreNone) {
  for (const char* inside : {R"(\x41)", R"(\u12g4)", R"(\u12)", R"(\uD83D)", R"(\uD83D\n)", R"(\uD83D\u0041)",
                             R"(\uDE00)", R"(\)", "\n", "\x1f"}) {
    EXPECT_THAT(error_of([&] { unescaped(inside); }).what(), HasSubstr("m: found a text that is not JSON")) << inside;
  }
}

TEST(ModelFileBounds, TheTextMayBeEscapedInAnyWay) {
  const std::string bytes = replaced(classifier(), R"(\"city\")", R"(\u0022\u0063i\u0074y\")");
  EXPECT_EQ(file_of(parse_model(bytes, "m")), classifier());
  EXPECT_THAT(refusal(replaced(classifier(), "city", R"(\x41)")), HasSubstr("not JSON"));
  EXPECT_THAT(refusal(replaced(classifier(), "city", "\n")), HasSubstr("not JSON"));
}

TEST(ModelFileBounds, ATextThatDoesNotEnd) {
  const std::size_t end = classifier().find("\"},\"layers.0.weight\"");
  ASSERT_NE(end, std::string::npos);
  std::string bytes = classifier();
  for (std::size_t i = end; i < bytes.size(); ++i) {
    if (bytes[i] == '"') bytes[i] = 'x';
  }
  EXPECT_THAT(refusal(with_sum(bytes)), HasSubstr("not JSON"));
}

TEST(ModelFileBounds, MetadataOfOthersIsLeftAlone) {
  const std::string bytes = edit_header(classifier(), [](Json& header) {
    const std::string text = header["__metadata__"]["gradus"];
    header["__metadata__"].erase("gradus");
    header["__metadata__"]["note"] = "gradus";
    header["__metadata__"]["other \"}:"] = "{\"gradus\":\"no\"}";
    header["__metadata__"]["gradus"] = text;
  });
  EXPECT_EQ(file_of(parse_model(bytes, "m")), classifier());
}

TEST(ModelFileBounds, ATokenLongerThanAnyOfAModel) {
  const std::string text(3 << 20, 'x');
  EXPECT_THAT(refusal(edit_json(classifier(), [&](Json& json) { json["program"] = text; })), HasSubstr("token longer"));
  EXPECT_THAT(refusal(edit_header(classifier(), [&](Json& header) { header["__metadata__"]["other"] = text; })),
              HasSubstr("token longer"));
  for (const char fill : {'1', ' ', '['})
    EXPECT_THAT(refusal(replaced(classifier(), "\"shape\":[3]", "\"shape\":[3" + std::string(3 << 20, fill))),
                ::testing::AnyOf(HasSubstr("token longer"), HasSubstr("not JSON")));
}

TEST(ModelFileBounds, MoreThanAnyModelHolds) {
  const auto refused = [](const std::function<void(Json&)>& edit) { return refusal(edit_json(classifier(), edit)); };
  EXPECT_THAT(refused([](Json& json) {
                Json& ops = json["network"]["ops"];
                ops = Json::array_t(50'001, Json(ops[1]));
              }),
              HasSubstr("expected at most 50000 ops"));
  EXPECT_THAT(refused([](Json& json) { json["columns"][1]["categories"] = std::vector<std::string>(1'000'000); }),
              HasSubstr("more than 56 MiB"));
  EXPECT_THAT(
      refusal(edit_header(classifier(),
                          [](Json& header) { header["layers.0.weight"]["shape"] = std::vector<int>(1'000'000, 1); })),
      HasSubstr("more than 20 MiB"));
}

TEST(ModelFileBounds, OfAMillionEpochsSomeAreKept) {
  ModelData model = small_model<float>();
  model.best_epoch = 777'777;
  model.history.assign(1'000'000, model.history.back());
  for (std::size_t i = 0; i < model.history.size(); ++i) model.history[i].epoch = static_cast<int64_t>(i) + 1;
  const std::string bytes = file_of(model);
  const ModelData read = parse_model(bytes, "m");
  EXPECT_EQ(file_of(read), bytes);
  ASSERT_GT(read.history.size(), 5000u);
  EXPECT_LE(read.history.size(), 10'000u);
  EXPECT_EQ(read.history.front().epoch, 1);
  EXPECT_EQ(read.history[1].epoch, 128);
  EXPECT_EQ(read.history.back().epoch, 1'000'000);
  EXPECT_TRUE(std::any_of(read.history.begin(), read.history.end(),
                          [](const EpochRecord& record) { return record.epoch == 777'777; }));
}

TEST(ModelFileBounds, WhatCouldNotBeReadIsNotWritten) {
  ModelData model = small_model<float>();
  auto& categories = std::get<CategoryEncoding>(model.encoder.columns[1].encoding).categories;
  categories.assign(1'000'000, "x");
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { write_model(model, folder / "m"); }).what(), HasSubstr("more than 56 MiB"));
  categories.assign(50, std::string(1 << 20, 'x'));
  EXPECT_EQ(error_of([&] { write_model(model, folder / "m"); }).code(), ErrorCode::bad_data);
  EXPECT_TRUE(folder.entries() == 0);
}

}  // namespace
}  // namespace gradus
