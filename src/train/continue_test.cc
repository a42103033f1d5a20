#include "train/continue.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gradus/error.h"
#include "gradus/train.h"

namespace gradus {
namespace {

/// x0, x1 and the text "where"; a number, a second number and one of the classes a, b and c, `shift` moved.
Table rows_of(int count, double shift = 0.0) {
  std::vector<double> x0, x1, number, second;
  std::vector<std::string> where, label;
  for (int row = 0; row < count; ++row) {
    x0.push_back(row * 7 % 23 / 11.0 - 1.0);
    x1.push_back(row * 5 % 17 / 8.0 - 1.0);
    where.push_back(row % 3 == 0 ? "here" : "there");
    number.push_back(2.0 * x0.back() - x1.back() + shift + 0.25 * (row % 3));
    second.push_back(100.0 * x1.back() + shift);
    label.push_back(x0.back() + x1.back() > 0.4 ? "a" : x0.back() > x1.back() ? "b" : "c");
  }
  Table table;
  table.add_column("x0", x0);
  table.add_column("where", where);
  table.add_column("x1", x1);
  table.add_column("number", number);
  table.add_column("second", second);
  table.add_column("label", label);
  return table;
}

/// The columns of `table` called so, in that order.
Table only(const Table& table, const std::vector<std::string>& names) {
  Table out;
  for (const std::string& name : names) {
    const int64_t column = *table.find(name);
    std::vector<double> numbers;
    std::vector<std::string> texts;
    const bool text = table.kind(column) == ColumnKind::text;
    for (int64_t row = 0; row < table.rows(); ++row) {
      if (text) texts.emplace_back(table.text(row, column));
      if (!text) numbers.push_back(table.number(row, column));
    }
    if (text) out.add_column(name, texts);
    if (!text) out.add_column(name, numbers);
  }
  return out;
}

Table regression(int count = 60, double shift = 0.0) {
  return only(rows_of(count, shift), {"x0", "where", "x1", "number"});
}
Table classes(int count = 60) {
  return only(rows_of(count), {"x0", "where", "x1", "label"});
}

TrainOptions options_for(const std::string& target) {
  TrainOptions options;
  options.target = target;
  options.validation_fraction = 0.0;
  options.early_stopping = false;
  options.hidden = "6 tanh, 5 tanh";
  options.dropout = 0.0;
  options.epochs = 5;
  options.threads = 1;
  return options;
}

TrainOptions continuing(const Model& model) {
  TrainOptions options;
  options.init_model = std::make_shared<const Model>(model);
  options.validation_fraction = 0.0;
  options.early_stopping = false;
  options.epochs = 5;
  options.threads = 1;
  return options;
}

std::vector<float> weights(const Model& model) {
  const auto& network = std::get<Network>(model.data().network);
  return {network.parameters().begin(), network.parameters().end()};
}

std::string refusal(Table table, const TrainOptions& options) {
  try {
    train(std::move(table), options);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

// Descent over all rows has no state but its weights: two runs of five epochs are one of ten.
TEST(Continue, GoesOnWhereTheModelEnded) {
  for (const std::string target : {"number", "label"}) {
    const Table table = target == "number" ? regression() : classes();
    TrainOptions whole = options_for(target);
    whole.solver = Solver::sgd;
    whole.schedule = Schedule::constant;
    whole.learning_rate = 0.05;
    whole.batch_size = 0;
    TrainOptions half = whole;
    whole.epochs = 10;
    TrainOptions rest = continuing(train(table, half));
    rest.solver = Solver::sgd;
    rest.schedule = Schedule::constant;
    rest.learning_rate = 0.05;
    rest.batch_size = 0;
    const Model ten = train(table, whole), five_and_five = train(table, rest);
    EXPECT_EQ(weights(five_and_five), weights(ten)) << target;
    EXPECT_EQ(five_and_five.history().size(), 5u);
  }
}

TEST(Continue, EncodingsAndScalesAreTheModels) {
  const Model first = train(regression(), options_for("number"));
  const Model next = train(regression(40, 50.0), continuing(first));
  EXPECT_EQ(next.data().encoder, first.data().encoder);
  EXPECT_EQ(next.data().targets, first.data().targets);
  EXPECT_EQ(spec(next.data()), spec(first.data()));
  EXPECT_NE(weights(next), weights(first));
}

TEST(Continue, EverySolverStartsFromTheModel) {
  TrainOptions options = options_for("number");
  options.epochs = 200;
  const Model first = train(regression(), options);
  const double reached = first.history().back().train_loss;
  for (const std::string& solver : names<Solver>()) {
    TrainOptions more = continuing(first);
    more.solver = parse<Solver>(solver, "--solver");
    if (solver != "cg" && solver != "lbfgs" && solver != "lm") more.learning_rate = 1e-6;
    EXPECT_LT(train(regression(), more).history().front().train_loss, 1.5 * reached + 0.01) << solver;
  }
}

TEST(Continue, FrozenLayersKeepTheModelsBits) {
  const Model first = train(regression(), options_for("number"));
  TrainOptions more = continuing(first);
  more.freeze = {1, 3};
  const Model next = train(regression(40, 50.0), more);
  const auto& before = std::get<Network>(first.data().network);
  const auto& after = std::get<Network>(next.data().network);
  for (const int64_t layer : {0, 1, 2}) {
    const auto weight = [layer](const Network& network) {
      const MatrixView<const float> all = network.weight(layer);
      return std::vector<float>(all.data(), all.data() + all.rows() * all.columns());
    };
    EXPECT_EQ(weight(after) == weight(before), layer != 1) << layer;
  }
  more.freeze = {4};
  EXPECT_EQ(refusal(regression(), more), "--freeze: found layer 4, expected layers from 1 to 3");
  more.freeze = {1};
  more.solver = Solver::lbfgs;
  EXPECT_NE(refusal(regression(), more).find("--freeze: found with solver lbfgs"), std::string::npos);
}

TEST(Continue, DropoutMayBeAnother) {
  const Model first = train(regression(), options_for("number"));
  TrainOptions more = continuing(first);
  more.dropout = 0.25;
  const NetworkSpec with = continued_network(first.data(), completed_by_model(more));
  EXPECT_EQ(with, multilayer(5, std::vector<HiddenLayer>{{6, Activation::tanh, 0.25}, {5, Activation::tanh, 0.25}}, 1,
                             spec(first.data()).head));
  more = continuing(train(regression(), more));
  more.solver = Solver::lbfgs;  // which can't use any
  EXPECT_EQ(spec(train(regression(), more).data()), spec(first.data()));
}

// The guarantee is the model's to keep, whatever it is trained further on.
TEST(Continue, MonotoneColumnsStayMonotone) {
  TrainOptions options = options_for("number");
  options.monotone = "x0=-1";
  const Model first = train(regression(), options);
  const Model next = train(regression(), continuing(first));
  EXPECT_EQ(next.data().encoder.columns[0].monotone, -1);
  Table grid;
  std::vector<double> x0, x1(100, 0.5);
  for (int i = 0; i < 100; ++i) x0.push_back(i / 25.0 - 2.0);
  grid.add_column("x0", x0);
  grid.add_column("x1", x1);
  grid.add_column("where", std::vector<std::string>(100, "here"));
  const Table predicted = next.predict(grid);
  for (int64_t row = 1; row < 100; ++row) EXPECT_LE(predicted.number(row, 0), predicted.number(row - 1, 0));
  TrainOptions more = continuing(first);
  more.monotone = "x1=+1";
  EXPECT_EQ(refusal(regression(), more),
            "--monotone: found with --init-model, whose monotone columns are kept, expected none");
}

TEST(Continue, NormsAndResidualsAreTheModels) {
  TrainOptions options = options_for("number");
  options.hidden = "6 tanh, 6 tanh";
  options.normalization = Normalization::layer;
  options.residual = true;
  options.dropout = 0.2;
  const Model first = train(regression(), options);
  TrainOptions more = continuing(first);
  EXPECT_EQ(spec(train(regression(), more).data()), spec(first.data()));
  more.dropout = 0.1;
  options.dropout = 0.1;
  EXPECT_EQ(spec(train(regression(), more).data()), spec(train(regression(), options).data()));
  more.normalization = Normalization::batch;
  EXPECT_EQ(refusal(regression(), more),
            "--normalization: found batch, expected layer, as the model of --init-model has");
  more = continuing(train(regression(), options_for("number")));
  more.residual = true;
  EXPECT_EQ(refusal(regression(), more), "--residual: found it, expected none, as the model of --init-model has");
}

TEST(Continue, RefusesAnotherNetworkThanTheModels) {
  const Model model = train(regression(), options_for("number"));
  const auto refused = [&](auto&& change) {
    TrainOptions options = continuing(model);
    change(options);
    return refusal(regression(), options);
  };
  const std::string tail = ", as the model of --init-model has";
  EXPECT_EQ(refused([](auto& o) { o.hidden = "6 tanh, 4 tanh"; }),
            "--hidden: found 6 tanh, 4 tanh, expected 6 tanh, 5 tanh" + tail);
  EXPECT_EQ(refused([](auto& o) { o.activation = Activation::relu; }),
            "--activation: found relu, expected 6 tanh, 5 tanh" + tail);
  EXPECT_EQ(refused([](auto& o) { o.loss = Loss::huber; }), "--loss: found huber, expected squared_error" + tail);
  EXPECT_EQ(refused([](auto& o) { o.precision = Precision::float64; }),
            "--precision: found float64, expected float32" + tail);
  EXPECT_EQ(refused([](auto& o) { o.task = Task::classification; }),
            "--task: found classification, expected regression" + tail);
  EXPECT_EQ(refused([](auto& o) { o.target = "x0"; }), "--target: found \"x0\", expected \"number\"" + tail);
  EXPECT_EQ(refused([](auto& o) { o.initializer = Initializer::he_normal; }),
            "--init: found with --init-model, whose weights are kept, expected none");
  EXPECT_EQ(refused([](auto& o) { o.target_scaling = {TargetScaling::none}; }),
            "--target-scaling: found with --init-model, whose scaling is kept, expected none");
  EXPECT_EQ(refused([](auto& o) { o.hidden = "6,5"; }), "");  // the same in other words
}

TEST(Continue, RefusesOtherColumns) {
  const Model model = train(regression(), options_for("number"));
  const auto refused = [&](const std::vector<std::string>& columns) {
    return refusal(only(rows_of(30), columns), continuing(model));
  };
  EXPECT_EQ(refused({"x0", "number"}), "found no \"where\", \"x1\", expected the columns of --init-model");
  EXPECT_EQ(refused({"x0", "where", "x1", "second", "number"}),
            "found \"second\" besides, expected the columns of --init-model; --ignore leaves others out");
  EXPECT_EQ(refused({"x0", "x1", "second", "number"}),
            "found no \"where\", but \"second\", expected the columns of --init-model; --ignore leaves others out");
  EXPECT_EQ(refused({"x0", "where", "x1"}), "found no column \"number\", expected the target of --init-model");
  EXPECT_EQ(refused({"number", "x1", "x0", "where"}), "");  // in any order
}

TEST(Continue, RefusesNewClassesAndTakesNewCategoriesAsUnknown) {
  const Model model = train(classes(), options_for("label"));
  Table table = only(rows_of(6), {"x0", "x1"});
  table.add_column("where", std::vector<std::string>{"here", "elsewhere", "afar", "here", "here", "afar"});
  table.add_column("label", std::vector<std::string>{"a", "b", "c", "a", "d", "a"});
  EXPECT_EQ(refusal(table, continuing(model)),
            "target \"label\": found the class \"d\" in row 5, expected one of the 3 classes of --init-model, whose "
            "network has an output for each of them and none for others");
  Table known = only(rows_of(6), {"x0", "x1"});
  known.add_column("where", std::vector<std::string>{"here", "elsewhere", "afar", "here", "here", "afar"});
  known.add_column("label", std::vector<std::string>{"a", "a", "a", "a", "b", "a"});  // no "c" is no hindrance
  TrainOptions options = continuing(model);
  std::vector<std::string> warnings;
  options.on_warning = [&](const std::string& text) { warnings.push_back(text); };
  EXPECT_EQ(train(known, options).classes(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(warnings.front(), "column \"where\": 2 categories that the model doesn't know, taken as `unknown`");
}

TEST(TargetScaling, IsEachTargetsOwn) {
  const Table table = only(rows_of(60), {"x0", "x1", "number", "second"});
  TrainOptions options = options_for("number,second");
  options.target_scaling = {TargetScaling::none, TargetScaling::unit};
  const std::vector<TargetColumn> columns = train(table, options).data().targets.columns;
  EXPECT_EQ(columns[0].mean, 0.0);
  EXPECT_EQ(columns[0].scale, 1.0);
  EXPECT_EQ(columns[1].mean, columns[1].minimum);
  EXPECT_EQ(columns[1].scale, 1.0 / (columns[1].maximum - columns[1].minimum));
  options.target_scaling = {TargetScaling::mean};
  const Model raw = train(table, options);
  for (const TargetColumn& column : raw.data().targets.columns) EXPECT_EQ(column.mean, 0.0);
}

TEST(TargetScaling, RefusesWhatDoesNotFit) {
  TrainOptions options = options_for("number");
  options.target_scaling = {TargetScaling::none, TargetScaling::unit};
  EXPECT_EQ(refusal(regression(), options),
            "--target-scaling: found 2, expected one for all targets or one for each of the 1");
  options.target_scaling = {TargetScaling::standard};
  options.loss = Loss::poisson;
  EXPECT_EQ(refusal(regression(60, 5.0), options),
            "--target-scaling: found standard with poisson, whose means are above 0, expected mean or none");
  TrainOptions label = options_for("label");
  label.target_scaling = {TargetScaling::none};
  EXPECT_EQ(refusal(classes(), label), "--target-scaling: found with a classification target, expected a regression's");
}

}  // namespace
}  // namespace gradus
