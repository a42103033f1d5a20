#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <limits>
#include <memory>
#include <numeric>
#include <thread>

#include "gradus/model.h"

#include "base/test_files.h"
#include "data/csv_header.h"
#include "model/csv_row_encoder.h"
#include "model/model_data.h"

namespace gradus {
namespace {

constexpr char kTraining[] =
    "x,when,city\n0.1,1600000001,Rome\n2.5,1600000007,Oslo\n,1600000003,Rome\n-7,1600000009,\n1e5,1600000002,Oslo\n";
// Other columns and another order; an unseen category, missing cells, quotes.
constexpr char kRows[] =
    "id,city,note,x,when\n"
    "1,Rome,\"a \"\"b\"\", c\",0.30000001192,1600000004\n"
    "2,Lima,,NA,1600000005\n"
    "3,,\"two\nlines\",-7.25,\n"
    "4,Oslo,plain,+1e3,1600000006.5\n";

template <typename T>
struct Sample {
  Sample(Loss loss, TargetEncoder targets, int64_t outputs) {
    write_bytes(folder / "training.csv", kTraining);
    write_bytes(folder / "rows.csv", kRows);
    const Table training = read_csv(folder / "training.csv", {.float64 = std::is_same_v<T, double>});
    const std::vector<int64_t> columns = {0, 1, 2};
    const std::vector<uint32_t> rows = {0, 1, 2, 3, 4};
    ModelData data;
    data.encoder = fit_encoder(training, columns, rows, {.wide = std::is_same_v<T, double>});
    data.targets = std::move(targets);
    const HiddenLayer hidden[] = {{7, Activation::tanh}};
    BasicNetwork<T> network(multilayer(data.encoder.width, hidden, outputs, {loss, Activation::identity}));
    network.initialize(3);
    data.network = network;
    model = std::make_unique<Model>(std::make_shared<const ModelData>(std::move(data)));
  }

  std::string predict(const PredictOptions& options = {}, const CsvOptions& csv = {}) {
    summary = predict_csv(*model, folder / "rows.csv", folder / "out.csv", options, csv);
    return read_bytes(folder / "out.csv");
  }

  TemporaryFolder folder;
  std::unique_ptr<Model> model;
  PredictSummary summary;
};

TargetEncoder two_classes() {
  return {Task::classification, {{"y"}}, {"no", "yes, \"indeed\""}, false};
}

TargetEncoder two_numbers() {
  return {Task::regression, {{"p", 3.0, 0.5, 0.0, 9.0}, {"q", -1.0, 4.0, -2.0, 0.0}}, {}, false};
}

template <typename T>
class PredictPrecision : public ::testing::Test {};
using Precisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(PredictPrecision, Precisions);

TYPED_TEST(PredictPrecision, FeaturesHaveTheSameBitsFromATableAndFromRows) {
  Sample<TypeParam> sample(Loss::softmax_cross_entropy, two_classes(), 2);
  const std::string path = sample.folder / "rows.csv";
  const Encoder& encoder = sample.model->data().encoder;
  const Table table = read_csv_for(*sample.model, path);
  TableEncoder from_table(encoder, table, false);
  const CsvOptions csv;
  const CellParser parser(csv);
  const auto source = open_source(path);
  CsvReader reader(*source, ',');
  const CsvHeader header = read_header(reader, path, ',', csv, [](std::string_view, std::size_t) { return true; });
  CsvRowEncoder from_row(encoder, header.names, {}, parser, false);
  std::vector<TypeParam> a(static_cast<std::size_t>(encoder.width));
  std::vector<TypeParam> b(a.size());
  for (int64_t row = 0; row < 4; ++row) {
    ASSERT_TRUE(reader.next());
    from_table.encode(row, std::span<TypeParam>(a));
    from_row.encode(reader, std::span<TypeParam>(b));
    for (std::size_t i = 0; i < a.size(); ++i) {
      using Bits = std::conditional_t<sizeof(TypeParam) == 4, uint32_t, uint64_t>;
      EXPECT_EQ(std::bit_cast<Bits>(a[i]), std::bit_cast<Bits>(b[i])) << "row " << row << " feature " << i;
    }
  }
  EXPECT_EQ(from_row.unknown()[2], 1);
}

TYPED_TEST(PredictPrecision, TheSamePredictionsFromATableAndFromAStream) {
  Sample<TypeParam> sample(Loss::squared_error, two_numbers(), 2);
  const Table predicted = sample.model->predict(read_csv_for(*sample.model, sample.folder / "rows.csv"));
  sample.predict();
  const Table streamed = read_csv(sample.folder / "out.csv", {.float64 = true});
  ASSERT_EQ(streamed.rows(), 4);
  for (int64_t column = 0; column < 2; ++column) {
    EXPECT_EQ(streamed.name(column), predicted.name(column));
    for (int64_t row = 0; row < 4; ++row) {
      EXPECT_EQ(static_cast<TypeParam>(streamed.number(row, column)),
                static_cast<TypeParam>(predicted.number(row, column)));
    }
  }
}

TEST(Predict, ARowAloneGivesTheBitsItHasInABatch) {
  Sample<float> sample(Loss::squared_error, two_numbers(), 2);
  std::vector<double> x(3000);
  std::vector<std::string> city(x.size(), "Rome");
  std::iota(x.begin(), x.end(), -1500.0);
  Table many;
  many.add_column("x", x);
  many.add_column("when", std::vector<double>(x.size(), 1600000004.0));
  many.add_column("city", city);
  const Table one_thread = sample.model->predict(many);
  const Table three_threads = sample.model->predict(many, {.threads = 3});
  for (const int64_t row : {0, 255, 256, 1000, 2999}) {
    Table one;
    one.add_column("x", std::vector<double>{x[static_cast<std::size_t>(row)]});
    one.add_column("when", std::vector<double>{1600000004.0});
    one.add_column("city", std::vector<std::string>{"Rome"});
    const Table alone = sample.model->predict(one);
    EXPECT_EQ(alone.number(0, 1), one_thread.number(row, 1));
    EXPECT_EQ(alone.number(0, 1), three_threads.number(row, 1));
  }
}

TEST(Predict, NumericLabelsGiveNumbersAndKeptColumnsComeFirst) {
  Sample<float> sample(Loss::softmax_cross_entropy, {Task::classification, {{"y"}}, {"-1", "2"}, true}, 2);
  const Table table = read_csv(sample.folder / "rows.csv", {.categorical = {"note"}});
  const Table out = sample.model->predict(table, {.keep = {"note", "1"}});
  ASSERT_EQ(out.columns(), 5);
  EXPECT_EQ(out.name(0), "note");
  EXPECT_EQ(out.name(1), "id");
  EXPECT_EQ(out.name(2), "prediction");
  EXPECT_EQ(out.kind(2), ColumnKind::numeric);
  EXPECT_EQ(out.name(4), "probability:2");
  EXPECT_NEAR(out.number(0, 3) + out.number(0, 4), 1.0, 1e-6);
}

TEST(PredictCsv, WritesKeptColumnsPredictionsAndProbabilitiesQuoted) {
  Sample<float> sample(Loss::softmax_cross_entropy, two_classes(), 2);
  std::vector<std::string> warnings;
  PredictOptions options{.keep = {"note", "id"}};
  options.on_warning = [&](const std::string& text) { warnings.push_back(text); };
  const std::string out = sample.predict(options);
  EXPECT_TRUE(
      out.starts_with("note,id,prediction,probability:no,\"probability:yes, \"\"indeed\"\"\"\n"
                      "\"a \"\"b\"\", c\",1,"))
      << out;
  EXPECT_NE(out.find("\n\"two\nlines\",3,"), std::string::npos) << out;
  EXPECT_EQ(sample.summary.rows, 4);
  EXPECT_EQ(sample.summary.unknown_categories, 1);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0], "column \"city\": 1 cell holds a category that training didn't see, taken as `unknown`");
  EXPECT_EQ(sample.predict(options), out) << "byte for byte the same again";
}

TEST(PredictCsv, NothingIsWrittenOnAnError) {
  Sample<float> sample(Loss::softmax_cross_entropy, two_classes(), 2);
  const auto message = [&](const std::string& csv, const PredictOptions& options = {}) {
    write_bytes(sample.folder / "rows.csv", csv);
    const Error error = error_of([&] { sample.predict(options); });
    EXPECT_EQ(sample.folder.entries(), 2u) << "training.csv and rows.csv";
    return std::string(error.what()).substr(sample.folder.path().size() + 1);
  };
  EXPECT_EQ(message("x,when,city\n1,2,Rome\n1,abc,Rome\n"),
            "rows.csv:3:3: column \"when\": found \"abc\", expected a number (--missing \"abc\" to read such cells "
            "as missing)");
  EXPECT_EQ(message("x,wen,city\n1,2,Rome\n"),
            "rows.csv:1: found no column \"when\" (the nearest is \"wen\"), expected the columns the model was "
            "trained on");
  EXPECT_EQ(message("x,when,city\n1,2,Rome\n1,2,Lima\n", {.strict = true}),
            "rows.csv:3:5: column \"city\": found \"Lima\", expected a category seen in training");
  EXPECT_EQ(message("x,when,city\n"), "rows.csv: found a header only, expected rows below it");
  EXPECT_EQ(message("x,when,city\n1,2\n"), "rows.csv:2:4: found 2 fields, expected 3");
}

TEST(PredictCsv, RefusesToOverwriteItsInput) {
  Sample<float> sample(Loss::softmax_cross_entropy, two_classes(), 2);
  const std::string path = sample.folder / "rows.csv";
  EXPECT_EQ(error_of([&] { predict_csv(*sample.model, path, path); }).code(), ErrorCode::usage);
  EXPECT_EQ(read_bytes(path), kRows);
}

TEST(PredictCsv, RefusesToKeepAColumnNamedAsAPrediction) {
  Sample<float> sample(Loss::softmax_cross_entropy, two_classes(), 2);
  write_bytes(sample.folder / "rows.csv", "x,when,city,prediction\n1,2,Rome,3\n");
  EXPECT_EQ(error_of([&] { sample.predict({.keep = {"prediction"}}); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { sample.predict({.keep = {"nothing"}}); }).code(), ErrorCode::usage);
}

TEST(PredictCsv, WithoutAHeaderColumnsAreCounted) {
  Sample<float> sample(Loss::squared_error, two_numbers(), 2);
  ModelData data = sample.model->data();
  for (std::size_t c = 0; c < 3; ++c)
    data.encoder.columns[c].name = "column" + std::string(1, static_cast<char>('1' + c));
  const Model model(std::make_shared<const ModelData>(std::move(data)));
  write_bytes(sample.folder / "rows.csv", "1,1600000004,Rome\n2,1600000004,Oslo\n");
  const CsvOptions csv{.header = false};
  EXPECT_EQ(predict_csv(model, sample.folder / "rows.csv", sample.folder / "out.csv", {}, csv).rows, 2);
}

TEST(PredictCsv, AnswersAPipesRowsAsTheyCome) {
  Sample<float> sample(Loss::softmax_cross_entropy, two_classes(), 2);
  const std::string in = sample.folder / "in.fifo";
  const std::string out = sample.folder / "out.fifo";
  ASSERT_EQ(::mkfifo(in.c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(out.c_str(), 0600), 0);
  std::thread predicting([&] { predict_csv(*sample.model, in, out); });
  const int to = ::open(in.c_str(), O_WRONLY);
  const auto send = [&](std::string_view text) {
    ASSERT_EQ(::write(to, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  };
  send("x,when,city\n1,1600000004,Rome\n");
  const int from = ::open(out.c_str(), O_RDONLY);
  // The lines that arrive while the input stays open.
  const auto lines = [&](int count) {
    std::string text;
    while (std::count(text.begin(), text.end(), '\n') < count) {
      pollfd ready{from, POLLIN, 0};
      if (::poll(&ready, 1, 20000) != 1) break;
      char buffer[4096];
      const ssize_t size = ::read(from, buffer, sizeof buffer);
      if (size <= 0) break;
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(2), 2) << "the header and the first row";
  send("2,1600000004,Oslo\n3,1600000004,Rome\n");
  EXPECT_EQ(lines(2), 2);
  ::close(to);
  predicting.join();
  ::close(from);
}

TEST(ReadCsvFor, TakesTheModelsKinds) {
  Sample<float> sample(Loss::softmax_cross_entropy, {Task::classification, {{"y"}}, {"1", "2"}, true}, 2);
  write_bytes(sample.folder / "rows.csv", "y,city,x,other,when\n1,7,0.5,abc,1600000001\nthree,8,NA,,1600000003\n");
  const Table table = read_csv_for(*sample.model, sample.folder / "rows.csv");
  EXPECT_EQ(table.columns(), 4) << "columns that the model doesn't have are left out";
  EXPECT_EQ(table.kind(*table.find("city")), ColumnKind::text);
  EXPECT_EQ(table.kind(*table.find("y")), ColumnKind::text) << "a label that is no number is an unknown class";
  EXPECT_EQ(table.kind(*table.find("x")), ColumnKind::numeric);
  EXPECT_EQ(table.number(1, *table.find("when")), 1600000003.0) << "kept as wide as in training";
}

}  // namespace
}  // namespace gradus
