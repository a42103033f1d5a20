#include "gradus/cross_validation.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "base/test_files.h"

namespace gradus {
namespace {

constexpr int kRows = 60;

struct Columns {
  std::vector<double> a, number, patient;
  std::vector<std::string> city, kind;

  Columns() {
    for (int i = 0; i < kRows; ++i) {
      const double u = std::sin(12.9898 * (i + 1)), noise = std::sin(45.1 * i * i);
      a.push_back(u);
      number.push_back(100.0 + 20.0 * u + 3.0 * noise);
      patient.push_back(i * 7 % 12);
      city.push_back(i % 4 == 0 ? "Bern" : "Rome");
      kind.push_back(u + 0.4 * noise > 0.4 ? "x" : u + 0.4 * noise > -0.3 ? "y" : "z");
    }
  }
  /// Those of the rows listed.
  Table table(const std::vector<int>& rows, const std::string& target) const {
    const auto pick = [&rows](const auto& values) {
      auto picked = values;
      picked.clear();
      for (const int row : rows) picked.push_back(values[static_cast<std::size_t>(row)]);
      return picked;
    };
    Table table;
    table.add_column("a", pick(a));
    table.add_column("city", pick(city));
    table.add_column("patient", pick(patient));
    if (target == "kind") {
      table.add_column("kind", pick(kind));
    } else {
      table.add_column("number", pick(number));
    }
    return table;
  }
  Table whole(const std::string& target) const {
    std::vector<int> rows(kRows);
    for (int i = 0; i < kRows; ++i) rows[static_cast<std::size_t>(i)] = i;
    return table(rows, target);
  }
};

TrainOptions options_of(const std::string& target, int threads = 1) {
  return {.target = target, .hidden = "5 tanh", .epochs = 6, .threads = threads};
}

std::map<int, int> folds_of(const CrossValidation& result) {
  std::map<int, int> folds;
  for (int64_t i = 0; i < result.predictions.rows(); ++i)
    folds[static_cast<int>(result.predictions.number(i, 0)) - 1] = static_cast<int>(result.predictions.number(i, 1));
  return folds;
}

/// What is predicted for row `row`: every column after `row` and `fold`.
std::vector<std::string> answer(const Table& table, int64_t row) {
  std::vector<std::string> cells;
  for (int64_t c = 0; c < table.columns(); ++c) {
    if (table.name(c) == "row" || table.name(c) == "fold") continue;
    cells.push_back(table.kind(c) == ColumnKind::text ? std::string(table.text(row, c))
                                                      : std::to_string(std::bit_cast<uint64_t>(table.number(row, c))));
  }
  return cells;
}

TEST(CrossValidate, AFoldIsTrainingOnTheOtherRowsAndNothingElse) {
  const Columns columns;
  for (const std::string target : {"kind", "number"}) {
    const CrossValidation result = cross_validate(columns.whole(target), options_of(target), {.folds = 3});
    const std::map<int, int> folds = folds_of(result);
    ASSERT_EQ(folds.size(), static_cast<std::size_t>(kRows));
    for (int fold = 1; fold <= 3; ++fold) {
      std::vector<int> training, held_out;
      for (const auto& [row, held_by] : folds) (held_by == fold ? held_out : training).push_back(row);
      EXPECT_EQ(held_out.size(), 20u);
      const Model model = train(columns.table(training, target), options_of(target));
      const Table rows = columns.table(held_out, target);
      const Table expected = model.predict(rows);
      for (std::size_t i = 0; i < held_out.size(); ++i)
        EXPECT_EQ(answer(result.predictions, held_out[i]), answer(expected, static_cast<int64_t>(i)));
      EXPECT_EQ(result.folds[static_cast<std::size_t>(fold - 1)].evaluation.metrics, evaluate(model, rows).metrics);
    }
  }
}

// A row that is held out must not be felt by the model that answers for it: not in means, categories or targets.
TEST(CrossValidate, NothingLeaksFromTheRowsHeldOut) {
  const Columns columns;
  const CrossValidation before = cross_validate(columns.whole("number"), options_of("number"), {.folds = 4});
  const std::map<int, int> folds = folds_of(before);
  Columns changed;
  changed.a[7] = 1e6;
  changed.city[7] = "Nowhere";
  changed.number[7] = -1e5;
  const CrossValidation after = cross_validate(changed.whole("number"), options_of("number"), {.folds = 4});
  int unlike = 0;
  for (int row = 0; row < kRows; ++row) {
    if (row == 7) continue;
    const bool same = answer(before.predictions, row) == answer(after.predictions, row);
    if (folds.at(row) == folds.at(7)) {
      EXPECT_TRUE(same) << row;
    } else {
      unlike += same ? 0 : 1;
    }
  }
  EXPECT_EQ(unlike, 45);  // and the other folds' models do feel it
}

TEST(CrossValidate, MeanAndDeviationByHand) {
  const CrossValidation result = cross_validate(Columns().whole("kind"), options_of("kind"), {.folds = 3});
  ASSERT_EQ(result.folds.size(), 3u);
  for (const MetricSpread& metric : result.metrics) {
    std::vector<double> v;
    for (const FoldResult& fold : result.folds) v.push_back(*fold.evaluation.find(metric.name));
    const double mean = (v[0] + v[1] + v[2]) / 3.0;
    EXPECT_NEAR(metric.mean, mean, 1e-12);
    EXPECT_NEAR(metric.deviation,
                std::sqrt((std::pow(v[0] - mean, 2) + std::pow(v[1] - mean, 2) + std::pow(v[2] - mean, 2)) / 2.0),
                1e-12);
  }
  // Accuracy, from the predictions.
  double right = 0.0;
  const Columns columns;
  for (int64_t row = 0; row < kRows; ++row)
    right += result.predictions.text(row, 2) == columns.kind[static_cast<std::size_t>(row)] ? 1.0 : 0.0;
  EXPECT_NEAR(result.metrics[1].mean, right / kRows, 1e-12);
  EXPECT_EQ(result.metrics[1].name, "accuracy");
}

TEST(CrossValidate, TheSameForAnyThreads) {
  const Table table = Columns().whole("kind");
  const CrossValidation one = cross_validate(table, options_of("kind", 1), {.folds = 5});
  for (const int threads : {2, 3, 8}) {
    const CrossValidation many = cross_validate(table, options_of("kind", threads), {.folds = 5});
    for (int64_t row = 0; row < kRows; ++row) EXPECT_EQ(answer(one.predictions, row), answer(many.predictions, row));
    for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(one.folds[k].evaluation.metrics, many.folds[k].evaluation.metrics);
  }
}

TEST(CrossValidate, GroupsAreHeldOutWholeAndAreNoFeature) {
  const Columns columns;
  TrainOptions options = options_of("number");
  options.group = "patient";
  const CrossValidation result = cross_validate(columns.whole("number"), options, {.folds = 4});
  const std::map<int, int> folds = folds_of(result);
  std::map<double, std::set<int>> by_patient;
  for (const auto& [row, fold] : folds) by_patient[columns.patient[static_cast<std::size_t>(row)]].insert(fold);
  EXPECT_EQ(by_patient.size(), 12u);
  for (const auto& [patient, held_by] : by_patient) EXPECT_EQ(held_by.size(), 1u) << patient;
  int64_t features = -1;
  options.on_start = [&](const TrainingStart& start) { features = std::ssize(start.columns); };
  train(columns.whole("number"), options);
  EXPECT_EQ(features, 2);
}

TEST(CrossValidate, InTimeNoRowIsPredictedFromLaterOnes) {
  Columns columns;
  for (int i = 0; i < kRows; ++i) columns.patient[static_cast<std::size_t>(i)] = (i * 17) % kRows;  // times, mixed
  TrainOptions options = options_of("number");
  options.time = "patient";
  const CrossValidation before = cross_validate(columns.whole("number"), options, {.folds = 3});
  EXPECT_EQ(before.predictions.rows(), 45);  // the first fifteen only train
  for (const auto& [row, fold] : folds_of(before))
    EXPECT_EQ(fold, static_cast<int>(columns.patient[static_cast<std::size_t>(row)]) / 15);
  // Whatever becomes of the last window, earlier ones are predicted as before.
  for (int i = 0; i < kRows; ++i)
    if (columns.patient[static_cast<std::size_t>(i)] >= 45) columns.number[static_cast<std::size_t>(i)] += 1000.0;
  const CrossValidation after = cross_validate(columns.whole("number"), options, {.folds = 3});
  for (int64_t i = 0; i < before.predictions.rows(); ++i) {
    if (before.predictions.number(i, 1) == 3.0) continue;
    EXPECT_EQ(answer(before.predictions, i), answer(after.predictions, i));
  }
}

TEST(CrossValidate, AClassThatAFoldNeverSawHasNoProbabilityAndCountsAsWrong) {
  Columns columns;
  for (int i = 0; i < kRows; ++i) {
    columns.kind[static_cast<std::size_t>(i)] = std::string(1, i % 2 == 0 ? 'x' : 'y');
    if (columns.patient[static_cast<std::size_t>(i)] == 3.0) columns.kind[static_cast<std::size_t>(i)] = "rare";
  }
  TrainOptions options = options_of("kind");
  options.group = "patient";
  const CrossValidation result = cross_validate(columns.whole("kind"), options, {.folds = 4});
  const auto column = result.predictions.find("probability:rare");
  ASSERT_TRUE(column.has_value());
  int64_t unknown = 0;
  for (const FoldResult& fold : result.folds) unknown += fold.evaluation.rows_of_unknown_class;
  EXPECT_EQ(unknown, 5);
  for (int64_t row = 0; row < kRows; ++row) {
    if (columns.kind[static_cast<std::size_t>(row)] != "rare") continue;
    EXPECT_EQ(result.predictions.number(row, *column), 0.0);
  }
}

TEST(CrossValidate, RefusesFoldsThatCannotBeCut) {
  const Table table = Columns().whole("number");
  EXPECT_EQ(error_of([&] { cross_validate(table, options_of("number"), {.folds = 61}); }).message(),
            "found 60 rows to learn from, expected at least 61 for --folds 61");
  EXPECT_EQ(error_of([&] { cross_validate(table, options_of("number"), {.folds = 1}); }).code(), ErrorCode::usage);
  TrainOptions grouped = options_of("number");
  grouped.group = "city";
  EXPECT_EQ(error_of([&] { cross_validate(table, grouped, {.folds = 3}); }).message(),
            "found 2 groups in column \"city\", expected at least 3 for --folds 3");
  TrainOptions bad = options_of("number");
  bad.solver = Solver::lbfgs;
  bad.learning_rate = 0.1;
  EXPECT_TRUE(
      error_of([&] { cross_validate(table, bad, {.folds = 3}); }).message().starts_with("fold 1: --learning-rate"));
}

TEST(CrossValidate, EndsWithoutPredictionsWhenStopped) {
  TrainOptions options = options_of("number");
  int asked = 0;
  options.should_stop = [&asked] { return ++asked > 20; };
  const CrossValidation result = cross_validate(Columns().whole("number"), options, {.folds = 3});
  EXPECT_TRUE(result.interrupted);
  EXPECT_LT(result.folds.size(), 3u);
  EXPECT_EQ(result.predictions.rows(), 0);
}

}  // namespace
}  // namespace gradus
