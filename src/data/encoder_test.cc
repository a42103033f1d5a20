#include "data/encoder.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/test_files.h"
#include "data/column_statistics.h"
#include "data/read_table.h"

namespace gradus {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::vector<uint32_t> all_rows(const Table& table) {
  std::vector<uint32_t> rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

Table numbers(const std::vector<double>& values) {
  Table table;
  table.add_column("x", values);
  return table;
}

Table texts(const std::vector<std::string>& values) {
  Table table;
  table.add_column("city", values);
  return table;
}

Encoder fit(const Table& table, const EncoderOptions& options = {}) {
  std::vector<int64_t> columns(static_cast<std::size_t>(table.columns()));
  std::iota(columns.begin(), columns.end(), 0);
  return fit_encoder(table, columns, all_rows(table), options);
}

const NumericEncoding& numeric(const Encoder& encoder, std::size_t column = 0) {
  return std::get<NumericEncoding>(encoder.columns.at(column).encoding);
}

const CategoryEncoding& category(const Encoder& encoder, std::size_t column = 0) {
  return std::get<CategoryEncoding>(encoder.columns.at(column).encoding);
}

template <typename T = float>
std::vector<T> encoded(const Encoder& encoder, const Table& table, int64_t row) {
  std::vector<T> features(static_cast<std::size_t>(encoder.width), T{-9});
  TableEncoder(encoder, table, false).encode(row, std::span<T>(features));
  return features;
}

TEST(Encoder, StandardisesByMeanAndPopulationDeviation) {
  const Table table = numbers({2, 4, 4, 4, 5, 5, 7, 9});  // mean 5, deviation 2
  const Encoder encoder = fit(table);
  EXPECT_EQ(numeric(encoder), (NumericEncoding{5.0, 0.5, 5.0, 2.0, 9.0, false, false}));
  EXPECT_EQ(encoded(encoder, table, 0), std::vector<float>{-1.5f});
  EXPECT_EQ(encoded(encoder, table, 7), std::vector<float>{2.0f});
}

TEST(Encoder, LearnsFromTheListedRowsOnly) {
  const Table table = numbers({1, 3, 1000});
  const std::vector<uint32_t> rows = {0, 1};
  const std::vector<int64_t> columns = {0};
  EXPECT_EQ(numeric(fit_encoder(table, columns, rows)), (NumericEncoding{2.0, 1.0, 2.0, 1.0, 3.0, false, false}));
}

TEST(Encoder, MissingNumberBecomesTheMeanWithAnIndicator) {
  const Table table = numbers({1, kMissing, 3});
  const Encoder encoder = fit(table);
  EXPECT_EQ(encoder.columns[0].training_missing, 1);
  EXPECT_EQ(encoder.width, 2);
  EXPECT_EQ(encoded(encoder, table, 0), (std::vector<float>{-1, 0}));
  EXPECT_EQ(encoded(encoder, table, 1), (std::vector<float>{0, 1}));
  EXPECT_EQ(feature_names(encoder), (std::vector<std::string>{"x", "x:missing"}));
}

TEST(Encoder, MissingOnlyAtPredictionIsImputedWithoutIndicator) {
  const Encoder encoder = fit(numbers({1, 3}));
  EXPECT_EQ(encoded(encoder, numbers({kMissing}), 0), std::vector<float>{0});
}

TEST(Encoder, ConstantColumnScalesByZeroAndIsTold) {
  std::string warning;
  const Table table = numbers({0.1, 0.1, 0.1});
  const Encoder encoder = fit(table, {.on_warning = [&](const std::string& text) { warning = text; }});
  EXPECT_EQ(numeric(encoder).scale, 0.0);
  EXPECT_EQ(encoded(encoder, table, 1), std::vector<float>{0});
  EXPECT_EQ(encoded(encoder, numbers({7e30}), 0), std::vector<float>{0});
  EXPECT_EQ(warning, "column \"x\": constant, 0.1 in every training row that has a value; it adds nothing");
}

TEST(Encoder, AllMissingColumnStaysFinite) {
  const Table table = numbers({kMissing, kMissing});
  const Encoder encoder = fit(table);
  EXPECT_EQ(encoded(encoder, table, 0), (std::vector<float>{0, 1}));
  EXPECT_EQ(encoded(encoder, numbers({5}), 0), (std::vector<float>{0, 0}));
}

TEST(Encoder, TinyDeviationsAndHugeNumbersStayFinite) {
  const Table tiny = numbers({0, 1e-200, 2e-200});  // squares vanish
  EXPECT_EQ(encoded<double>(fit(tiny), tiny, 2), std::vector<double>{0});
  const Encoder encoder = fit(numbers({0, 1}));
  EXPECT_TRUE(std::isfinite(encoded(encoder, numbers({1e300}), 0)[0]));
  EXPECT_EQ(error_of([] { fit(numbers({0, 1e200})); }).code(), ErrorCode::bad_data);
}

TEST(Encoder, KeepsTimestampsApartThatFloatCannotHold) {
  const Table table = numbers({1.6e9, 1.6e9 + 1, 1.6e9 + 2});
  const Encoder encoder = fit(table);
  EXPECT_TRUE(numeric(encoder).wide);
  EXPECT_LT(encoded(encoder, table, 0)[0], encoded(encoder, table, 1)[0]);
  EXPECT_LT(encoded(encoder, table, 1)[0], encoded(encoder, table, 2)[0]);
}

TEST(Encoder, RoundsToFloatWhereThatLosesNothingThatMatters) {
  const Table table = numbers({0.1, 0.2, 0.7});
  EXPECT_FALSE(numeric(fit(table)).wide);
  EXPECT_EQ(numeric(fit(table)).minimum, static_cast<double>(0.1f));
  EXPECT_TRUE(numeric(fit(table, {.wide = true})).wide);
  EXPECT_EQ(numeric(fit(table, {.wide = true})).minimum, 0.1);
}

TEST(Encoder, SameEncodingFromMemoryAndFromCsv) {
  const std::string csv =
      "a,b,c\n0.1,1600000001,x\n0.25,1600000007,y\n-3e5,1600000003,x\n,1600000009,\n7.125,1600000002,y\n";
  const auto source = memory_source(csv, 7);
  const Table from_csv = read_csv(*source, ',', {});
  Table in_memory;
  in_memory.add_column("a", std::vector<double>{0.1, 0.25, -3e5, kMissing, 7.125});
  in_memory.add_column("b", std::vector<double>{1600000001, 1600000007, 1600000003, 1600000009, 1600000002});
  in_memory.add_column("c", std::vector<std::string>{"x", "y", "x", "", "y"});
  const Encoder encoder = fit(from_csv);
  EXPECT_EQ(fit(in_memory), encoder);
  for (int64_t row = 0; row < 5; ++row) {
    EXPECT_EQ(encoded(encoder, from_csv, row), encoded(encoder, in_memory, row)) << row;
  }
}

TEST(Encoder, OneFeatureACategoryThenUnknown) {
  const Table table = texts({"Rome", "Oslo", "Rome", "Oslo", "Bonn"});
  const Encoder encoder = fit(table);
  EXPECT_EQ(category(encoder).categories, (std::vector<std::string>{"Oslo", "Rome"}));
  EXPECT_EQ(feature_names(encoder), (std::vector<std::string>{"city:Oslo", "city:Rome", "city:unknown"}));
  EXPECT_EQ(encoded(encoder, table, 0), (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(encoded(encoder, table, 4), (std::vector<float>{0, 0, 1})) << "seen once: trains `unknown`";
  EXPECT_EQ(encoded(encoder, texts({"Lima"}), 0), (std::vector<float>{0, 0, 1}));
  EXPECT_EQ(encoded(encoder, texts({""}), 0), (std::vector<float>{0, 0, 1})) << "no cell was missing in training";
}

TEST(Encoder, MissingTextHasItsOwnFeatureWhenTrainingHadSome) {
  const Table table = texts({"a", "a", "", "b", "b"});
  const Encoder encoder = fit(table);
  EXPECT_EQ(encoder.width, 4);
  EXPECT_EQ(encoded(encoder, table, 2), (std::vector<float>{0, 0, 0, 1}));
  EXPECT_EQ(encoded(encoder, texts({"c"}), 0), (std::vector<float>{0, 0, 1, 0}));
}

TEST(Encoder, CategoriesSeenOnceAreKeptWhenThereAreNoOthers) {
  EXPECT_EQ(category(fit(texts({"b", "a", "c"}))).categories, (std::vector<std::string>{"a", "b", "c"}));
  std::vector<std::string> names;
  for (int i = 0; i < 65; ++i) names.push_back(std::to_string(i));
  std::string warning;
  const Encoder encoder = fit(texts(names), {.on_warning = [&](const std::string& text) { warning = text; }});
  EXPECT_TRUE(category(encoder).categories.empty());
  EXPECT_EQ(encoder.width, 1);
  EXPECT_NE(warning.find("different text in each of 65"), std::string::npos) << warning;
}

TEST(Encoder, KeepsTheMostFrequentOfTooManyCategories) {
  std::vector<std::string> values;
  for (int i = 0; i < 4100; ++i) {
    for (int repeat = 0; repeat < (i < 10 ? 2 : 3); ++repeat) values.push_back(std::to_string(10000 + i));
  }
  std::string warning;
  const Encoder encoder = fit(texts(values), {.on_warning = [&](const std::string& text) { warning = text; }});
  ASSERT_EQ(category(encoder).categories.size(), 4096u);
  // Of the ten seen twice, the first six by bytes are kept.
  EXPECT_EQ(category(encoder).categories[5], "10005");
  EXPECT_EQ(category(encoder).categories[6], "10010");
  EXPECT_NE(warning.find("4100 categories"), std::string::npos) << warning;
}

TEST(TableEncoder, FindsColumnsByNameAndIgnoresOthers) {
  Table training;
  training.add_column("a", std::vector<double>{0, 2});
  training.add_column("b", std::vector<double>{0, 20});
  const Encoder encoder = fit(training);
  Table shuffled;
  shuffled.add_column("b", std::vector<double>{20});
  shuffled.add_column("extra", std::vector<std::string>{"?"});
  shuffled.add_column("a", std::vector<double>{0});
  EXPECT_EQ(encoded(encoder, shuffled, 0), (std::vector<float>{-1, 1}));
}

TEST(TableEncoder, AbsentColumnIsNamedWithTheNearest) {
  Table other;
  other.add_column("citi", std::vector<std::string>{"a"});
  const Encoder encoder = fit(texts({"a", "a"}));
  const Error error = error_of([&] { TableEncoder(encoder, other, false); });
  EXPECT_EQ(error.code(), ErrorCode::bad_data);
  EXPECT_EQ(error.message(),
            "found no column \"city\" (the nearest is \"citi\"), expected the columns the model was trained on");
}

TEST(TableEncoder, ColumnsThatTheModelKnowsAreNotTheNearest) {
  Table both;
  both.add_column("rate", std::vector<double>{0, 1});
  both.add_column("date", std::vector<double>{2, 3});
  Table other;
  other.add_column("date", std::vector<double>{2});
  other.add_column("rtae", std::vector<double>{0});
  const Encoder encoder = fit(both);
  EXPECT_EQ(error_of([&] { TableEncoder(encoder, other, false); }).message(),
            "found no column \"rate\" (the nearest is \"rtae\"), expected the columns the model was trained on");
}

TEST(TableEncoder, WrongKindNamesTheFirstCell) {
  Table text;
  text.add_column("x", std::vector<std::string>{"", "abc"});
  const Encoder encoder = fit(numbers({1, 2}));
  EXPECT_EQ(error_of([&] { TableEncoder(encoder, text, false); }).message(),
            "column \"x\": found \"abc\" in row 2, expected numbers, as in training");
  Table nothing;
  nothing.add_column("x", std::vector<std::string>{"", ""});
  EXPECT_EQ(encoded(encoder, nothing, 1), std::vector<float>{0});
}

TEST(TableEncoder, CountsUnseenCategoriesOrRefusesThem) {
  const Encoder encoder = fit(texts({"a", "a", "b", "b"}));
  const Table table = texts({"c", "a", "", "d", "c"});
  TableEncoder counting(encoder, table, false);
  std::vector<float> features(3);
  for (int64_t row = 0; row < 5; ++row) counting.encode(row, std::span<float>(features));
  EXPECT_EQ(counting.unknown()[0], 3);
  EXPECT_EQ(error_of([&] { TableEncoder(encoder, table, true); }).message(),
            "column \"city\": found \"c\" in row 1, expected a category seen in training");
}

TEST(TableEncoder, OneCellAtATimeGivesTheSameBits) {
  Table table;
  table.add_column("x", std::vector<double>{0.1, 1.0 / 3, kMissing, 5e6});
  table.add_column("city", std::vector<std::string>{"a", "b", "", "a"});
  const Encoder encoder = fit(table);
  for (int64_t row = 0; row < 4; ++row) {
    const std::vector<float> whole = encoded(encoder, table, row);
    std::vector<float> cells(whole.size());
    const auto x = std::span<float>(cells).first(2);
    const auto city = std::span<float>(cells).subspan(2);
    encode_number(encoder.columns[0], table.number(row, 0), table.missing(row, 0), x);
    EXPECT_EQ(encode_category(encoder.columns[1], table.text(row, 1), table.missing(row, 1), city), row != 1);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(std::bit_cast<uint32_t>(whole[i]), std::bit_cast<uint32_t>(cells[i])) << row << " " << i;
    }
  }
}

TEST(ColumnStatistics, BlockedSumsKeepDigits) {
  std::vector<double> values(200000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1e6 + static_cast<double>(i % 2);
  const Table table = numbers(values);
  const ColumnStatistics found = column_statistics(table, 0, all_rows(table), false);
  EXPECT_EQ(found.mean, 1e6 + 0.5);
  EXPECT_EQ(found.scale, 2.0);
}

TEST(NumberText, IsTheShortestThatReadsBack) {
  EXPECT_EQ(number_text(1.0), "1");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(static_cast<double>(0.1f)), "0.1");
  EXPECT_EQ(number_text(16777217.0), "16777217");
  EXPECT_EQ(number_text(1e300), "1e+300");
}

TEST(Encoder, RobustScalingIsByMedianAndQuartilesAndHoldsOutliers) {
  const Table table = numbers({1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 1000.0});
  const Encoder encoder = fit(table, {.scaling = NumericScaling::robust});
  const auto& encoding = std::get<NumericEncoding>(encoder.columns[0].encoding);
  EXPECT_EQ(encoding.mean, 4.0);
  EXPECT_EQ(encoding.scale, 1.0 / (6.0 - 2.0));
  TableEncoder rows(encoder, table, false);
  std::vector<double> out(1);
  rows.encode<double>(5, out);  // y = 1/2
  EXPECT_NEAR(out[0], 0.5 / std::sqrt(1.0 + 0.25 / 9.0), 1e-15);
  rows.encode<double>(7, out);
  EXPECT_LT(out[0], 3.0);
  EXPECT_GT(out[0], 2.9);
}

TEST(Encoder, RobustScalingOfMostlyOneValueIsByTheRangeAndWeightsAreRows) {
  const Table table = numbers({5.0, 5.0, 5.0, 5.0, 5.0, 9.0});
  const Encoder encoder = fit(table, {.scaling = NumericScaling::robust});
  EXPECT_EQ(std::get<NumericEncoding>(encoder.columns[0].encoding).scale, 0.5);
  const Table few = numbers({1.0, 2.0, 3.0}), many = numbers({1.0, 1.0, 1.0, 2.0, 3.0, 3.0});
  const std::vector<double> weights = {3.0, 1.0, 2.0};
  EXPECT_EQ(
      std::get<NumericEncoding>(fit(few, {.scaling = NumericScaling::robust, .weights = weights}).columns[0].encoding)
          .mean,
      std::get<NumericEncoding>(fit(many, {.scaling = NumericScaling::robust}).columns[0].encoding).mean);
}

TEST(Encoder, CategoriesAsSignsAndIndices) {
  const Table two = texts({"b", "a", "b", "a", "", "a"});
  const Encoder signs = fit(two, {.signs = true});
  EXPECT_EQ(signs.width, 2);  // and the flag of a missing cell
  EXPECT_EQ(feature_names(signs), (std::vector<std::string>{"city:b", "city:missing"}));
  TableEncoder encoded(signs, texts({"a", "b", "", "c"}), false);
  std::vector<float> out(2);
  const std::vector<std::vector<float>> expected = {{-1.0f, 0.0f}, {1.0f, 0.0f}, {0.0f, 1.0f}, {0.0f, 0.0f}};
  for (int64_t row = 0; row < 4; ++row) {
    encoded.encode<float>(row, out);
    EXPECT_EQ(out, expected[static_cast<std::size_t>(row)]) << row;
  }
  const Table three = texts({"c", "a", "b", "a", "b", "c", ""});
  const Encoder indices = fit(three, {.most_one_hot = 2});
  EXPECT_EQ(indices.width, 1);
  TableEncoder places(indices, texts({"a", "c", "", "d"}), false);
  std::vector<float> place(1);
  const std::vector<float> wanted = {0.0f, 2.0f, 4.0f, 3.0f};
  for (int64_t row = 0; row < 4; ++row) {
    places.encode<float>(row, place);
    EXPECT_EQ(place[0], wanted[static_cast<std::size_t>(row)]) << row;
  }
}

}  // namespace
}  // namespace gradus
