#include "data/targets.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "base/test_files.h"

namespace gradus {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kFirst[] = {0};

Table sample() {
  Table table;
  table.add_column("price", std::vector<double>{1.5, 2.5, kMissing, 4});
  table.add_column("kind", std::vector<std::string>{"b", "a", "b", ""});
  table.add_column("digit", std::vector<double>{1, 10, 2, 1});
  table.add_column("x,y", std::vector<double>{0, 1, 1, 0});
  table.add_column("7", std::vector<double>{1, 1, 0, 0});
  return table;
}

std::vector<uint32_t> rows(uint32_t count) {
  std::vector<uint32_t> list(count);
  std::iota(list.begin(), list.end(), 0u);
  return list;
}

template <typename Values>
Table one_column(const Values& values) {
  Table table;
  table.add_column("y", values);
  return table;
}

TEST(ResolveColumns, ByNameNumberAndList) {
  EXPECT_EQ(resolve_columns(sample(), "kind"), std::vector<int64_t>{1});
  EXPECT_EQ(resolve_columns(sample(), "1"), std::vector<int64_t>{0});
  EXPECT_EQ(resolve_columns(sample(), "digit,price"), (std::vector<int64_t>{2, 0}));
  EXPECT_EQ(resolve_columns(sample(), "x,y"), std::vector<int64_t>{3}) << "a name with a comma in it";
  EXPECT_EQ(resolve_columns(sample(), "7"), std::vector<int64_t>{4}) << "a name that is a number";
}

TEST(ResolveColumns, SuggestsTheNearestName) {
  const Error error = error_of([] { resolve_columns(sample(), "pricee"); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_EQ(error.message(),
            "found no column \"pricee\" (did you mean \"price\"?), expected one of \"price\", \"kind\", \"digit\", "
            "\"x,y\", \"7\"");
  EXPECT_EQ(error_of([] { resolve_columns(sample(), "9"); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([] { resolve_columns(sample(), "0"); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([] { resolve_columns(sample(), ""); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([] { resolve_columns(sample(), "price,1"); }).code(), ErrorCode::usage) << "the same one twice";
}

TEST(DecideTask, TextAndFewIntegersAreClasses) {
  EXPECT_EQ(decide_task(sample(), {1}, {}).task, Task::classification);
  EXPECT_EQ(decide_task(sample(), {2}, {}).task, Task::classification);
  EXPECT_NE(decide_task(sample(), {2}, {}).reason.find("--task regression"), std::string::npos);
  EXPECT_EQ(decide_task(sample(), {0}, {}).task, Task::regression);
  EXPECT_NE(decide_task(sample(), {0}, {}).reason.find("--task classification"), std::string::npos);
}

TEST(DecideTask, TwentyIntegersAreClassesAndTwentyOneAreNumbers) {
  std::vector<double> values(20);
  std::iota(values.begin(), values.end(), -3.0);
  EXPECT_EQ(decide_task(one_column(values), {0}, {}).task, Task::classification);
  values.push_back(99);
  EXPECT_EQ(decide_task(one_column(values), {0}, {}).task, Task::regression);
}

TEST(DecideTask, SeveralTargets) {
  EXPECT_EQ(decide_task(sample(), {3, 4}, {}).task, Task::multilabel);
  EXPECT_EQ(decide_task(sample(), {2, 4}, {}).task, Task::regression);
  EXPECT_EQ(error_of([] { decide_task(sample(), {1, 4}, {}); }).code(), ErrorCode::bad_data);
}

TEST(DecideTask, AskedForWhatCannotBe) {
  EXPECT_EQ(decide_task(sample(), {2}, Task::regression).task, Task::regression);
  EXPECT_EQ(error_of([] { decide_task(sample(), {1}, Task::regression); }).message(),
            "target \"kind\": found text, expected numbers for --task regression");
  EXPECT_EQ(error_of([] { decide_task(sample(), {2, 4}, Task::classification); }).code(), ErrorCode::usage);
}

TEST(RowsWithTarget, LeavesOutRowsThatMissAny) {
  const std::vector<int64_t> both = {0, 1};
  EXPECT_EQ(rows_with_target(sample(), both), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(rows_with_target(sample(), std::vector<int64_t>{1}), (std::vector<uint32_t>{0, 1, 2}));
}

TEST(FitTargets, NumericClassesSortAsNumbers) {
  const TargetEncoder targets =
      fit_targets(one_column(std::vector<double>{10, 9, 10, 9, -1, -1}), kFirst, Task::classification, rows(6));
  EXPECT_TRUE(targets.numeric_classes);
  EXPECT_EQ(targets.classes, (std::vector<std::string>{"-1", "9", "10"}));
  EXPECT_EQ(class_index(targets, "10.0"), 2) << "the same number is the same class";
  EXPECT_EQ(class_index(targets, 9.0), 1);
  EXPECT_EQ(class_index(targets, "nine"), -1);
  EXPECT_EQ(class_index(targets, 3.0), -1);
}

TEST(FitTargets, FractionalClassesMatchInEitherWidth) {
  const TargetEncoder targets =
      fit_targets(one_column(std::vector<double>{0.1, 0.1, 0.5, 0.5}), kFirst, Task::classification, rows(4));
  EXPECT_EQ(class_index(targets, 0.1), 0);
  EXPECT_EQ(class_index(targets, static_cast<double>(0.1f)), 0);
}

TEST(FitTargets, TextClassesSortByBytes) {
  const Table table = one_column(std::vector<std::string>{"b", "B", "b", "B"});
  const TargetEncoder targets = fit_targets(table, kFirst, Task::classification, rows(4));
  EXPECT_EQ(targets.classes, (std::vector<std::string>{"B", "b"}));
  EXPECT_EQ(class_indices(one_column(std::vector<std::string>{"b", "c", ""}), 0, targets, rows(3)),
            (std::vector<int32_t>{1, -1, -1}));
}

TEST(FitTargets, RegressionMeanAndScale) {
  const TargetEncoder targets =
      fit_targets(one_column(std::vector<double>{1, 3, 100}), kFirst, Task::regression, rows(2));
  EXPECT_EQ(targets.columns[0], (TargetColumn{"y", 2.0, 1.0, 1.0, 3.0}));
  const TargetEncoder constant = fit_targets(one_column(std::vector<double>{5, 5}), kFirst, Task::regression, rows(2));
  EXPECT_EQ(constant.columns[0].scale, 1.0);
}

TEST(FitTargets, RefusesWhatCannotBeLearned) {
  const auto message = [](const Table& table, Task task) {
    const Error error = error_of([&] { fit_targets(table, kFirst, task, rows(static_cast<uint32_t>(table.rows()))); });
    EXPECT_EQ(error.code(), ErrorCode::bad_data);
    return error.message();
  };
  EXPECT_EQ(message(one_column(std::vector<std::string>{"a", "a"}), Task::classification),
            "target \"y\": found one class only, \"a\", expected at least two");
  EXPECT_EQ(
      message(one_column(std::vector<double>{1, 1}), Task::classification),
      "target \"y\": found one class only, \"1\", expected at least two; --task regression treats them as numbers");
  EXPECT_EQ(
      message(one_column(std::vector<std::string>{"a", "a", "b"}), Task::classification),
      "target \"y\": found one row only of class \"b\", expected at least two of each class (one to train on, one "
      "to validate)");
  EXPECT_EQ(message(one_column(std::vector<std::string>{"a", "a", "b"}), Task::regression),
            "target \"y\": found text, expected numbers for regression");
  EXPECT_EQ(message(one_column(std::vector<double>{0, 1, 2}), Task::multilabel),
            "target \"y\": found 2 in row 3, expected 0 or 1 for a multi-label target");
  EXPECT_EQ(message(Table(one_column(std::vector<double>{})), Task::regression),
            "target \"y\": found no rows, expected at least two");
}

}  // namespace
}  // namespace gradus
