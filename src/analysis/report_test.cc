#include "gradus/report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/error.h"
#include "gradus/train.h"

#include "model/strict_json.h"

namespace gradus {
namespace {

/// y is a line in x, but for row 30.
Table line(int rows) {
  std::vector<double> x, y;
  for (int i = 0; i < rows; ++i) {
    x.push_back(i % 10);
    y.push_back(i == 30 ? 90.0 : 2.0 * (i % 10) + 1.0);
  }
  Table table;
  table.add_column("x", x);
  table.add_column("y", y);
  return table;
}

TrainOptions quick() {
  TrainOptions options;
  options.target = "y";
  options.task = Task::regression;
  options.hidden = "4";
  options.epochs = 3;
  return options;
}

TEST(Report, WithoutATrainingThereIsNone) {
  const Table table = line(60);
  const Model model = train(table, quick());
  try {
    Report(table).html(model);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
  }
}

TEST(Report, ListensBesideTheCallersOwnCallbacks) {
  TrainOptions options = quick();
  int starts = 0, rows = 0;
  options.on_start = [&](const TrainingStart&) { ++starts; };
  options.on_rows = [&](const RowParts& parts) {
    ++rows;
    EXPECT_EQ(parts.training.size() + parts.validation.size(), 60u);
  };
  const Table table = line(60);
  Report report(table);
  report.watch(options);
  const Model model = train(table, options);
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(rows, 1);
  const Json json = Json::parse(report.json(model));
  EXPECT_EQ(json.at("model_sha256"), model.sha256());
  EXPECT_EQ(json.at("training").at("history").size(), 3u);
  EXPECT_EQ(json.at("data").at("columns")[0].at("spread").at("counts").size(), 10u);
}

TEST(Report, RowsToValidateOnMayBeATableOfTheirOwn) {
  TrainOptions options = quick();
  const Table table = line(60), validation = line(40);
  Report report(table, validation);
  report.watch(options);
  const Model model = train(table, validation, options);
  const Json json = Json::parse(report.json(model));
  const Json& measured = json.at("measured");
  EXPECT_EQ(measured.at("rows"), 40);
  EXPECT_EQ(measured.at("worst").at("rows")[0].at("row"), 31);
  EXPECT_EQ(measured.at("worst").at("rows")[0].at("true")[0], 90.0);
  EXPECT_EQ(measured.at("worst").at("rows").size(), 10u);
  const std::optional<double> rmse = evaluate(model, validation).find("rmse");
  for (const Json& metric : measured.at("metrics"))
    if (metric[0] == "rmse") {
      EXPECT_EQ(metric[1].get<double>(), rmse.value());
    }
}

}  // namespace
}  // namespace gradus
