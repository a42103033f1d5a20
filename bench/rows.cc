#include "rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "data.h"
#include "flops.h"

namespace gradus::bench {
namespace {

std::string title(const Net& net) {
  return fmt::format("{}, batch {}", fmt::join(net.widths, "-"), net.batch);
}

void add_products(std::vector<Row>& all) {
  const int64_t shapes[][3] = {{64, 64, 64}, {32, 32, 16}, {128, 256, 784}, {1024, 1024, 1024}, {2048, 2048, 2048}};
  const std::pair<Form, const char*> forms[] = {{Form::nn, "NN"}, {Form::nt, "NT"}, {Form::tn, "TN"}};
  for (const auto& [m, n, k] : shapes)
    for (const auto& [form, letters] : forms) {
      const Product product = {form, m, n, k};
      all.push_back({"products, m x n x k",
                     fmt::format("{}x{}x{} {}", m, n, k, letters),
                     1,
                     flops(product),
                     {"oneDNN", "OpenBLAS", "Eigen"},
                     {},
                     [product](Contender& who) { return who.product(product); }});
    }
}

Row step_row(const std::string& section, const Step& step, std::vector<std::string> rivals, std::vector<Goal> goals) {
  return {section,
          fmt::format("{}, {}", title(step.net), name(step.solver)),
          step.threads,
          step_flops(step.net, step.net.batch),
          std::move(rivals),
          std::move(goals),
          [step](Contender& who) { return who.step(step); }};
}

const Net kOnline = {{16, 32, 1}, 1};
const Net kIris = {{4, 16, 3}, 16};
const Net kDigits = {{64, 128, 64, 10}, 64};
const Net kRegression = {{32, 256, 256, 1}, 256};
const Net kMnist = {{784, 512, 256, 10}, 128};
const Net kWide256 = {{1024, 1024, 1024, 1024}, 256};
const Net kWide1024 = {{1024, 1024, 1024, 1024}, 1024};

void add_steps(std::vector<Row>& all) {
  const auto add = [&](const Net& net, Solver solver, std::vector<Goal> goals) {
    all.push_back(step_row("step, one thread", {net, solver, 1},
                           {"libtorch", "PyTorch", "scikit-learn", "FANN", "OpenCV"}, std::move(goals)));
  };
  add(kOnline, Solver::sgd, {{"libtorch", 1000}, {"FANN", 6}});
  add(kIris, Solver::adam, {{"libtorch", 100}});
  add(kDigits, Solver::adam, {{"libtorch", 4.5}});
  add(kDigits, Solver::sgd, {{"peak", 0.75}});
  add(kRegression, Solver::adam, {{"libtorch", 1.8}, {"peak", 0.80}});
  add(kMnist, Solver::adam, {{"libtorch", 2.0}, {"PyTorch", 1.65}});
  add(kMnist, Solver::sgd, {{"peak", 0.85}});
  add(kWide256, Solver::adam, {{"libtorch", 1.18}, {"PyTorch", 1.18}});
  add(kWide256, Solver::sgd, {{"peak", 0.85}});
  add(kWide1024, Solver::adam, {{"libtorch", 1.12}, {"PyTorch", 1.12}});
  add(kWide1024, Solver::sgd, {{"peak", 0.85}});
}

/// Without libtorch: two threads of OpenMP and two of OpenBLAS spin on the same two cores and slow each other down.
void add_two_threads(std::vector<Row>& all) {
  const auto add = [&](const Net& net, Solver solver, std::vector<Goal> more) {
    std::vector<Goal> goals = {{"one thread", 0.97}};
    goals.insert(goals.end(), more.begin(), more.end());
    all.push_back(step_row("step, two threads", {net, solver, 2}, {"one thread"}, std::move(goals)));
  };
  add(kOnline, Solver::sgd, {});
  for (const Net& net : {kIris, kDigits, kRegression, kMnist, kWide256, kWide1024}) add(net, Solver::adam, {});
  add(kWide1024, Solver::sgd, {{"peak", 0.80}});
}

void add_predictions(std::vector<Row>& all) {
  for (const Net& shape : {kOnline, kDigits, kMnist}) {
    const Net net = {shape.widths, 1};
    all.push_back({"prediction, one thread",
                   title(net),
                   1,
                   forward_flops(net, 1),
                   {"Eigen", "FANN", "PyTorch"},
                   {{"Eigen", 1.0}},
                   [net](Contender& who) { return who.predict(net); }});
  }
  const Net net = {kMnist.widths, 256};
  all.push_back({"prediction, one thread",
                 title(net),
                 1,
                 forward_flops(net, 256),
                 {"Eigen", "FANN", "PyTorch"},
                 {{"PyTorch", 1.5}, {"peak", 0.80}},
                 [net](Contender& who) { return who.predict(net); }});
}

void add_epochs(std::vector<Row>& all) {
  const auto add = [&](const std::string& title, const Net& net, std::shared_ptr<const Data> (*make)()) {
    const int64_t rows = make == &digits ? kDigitsRows : kTableRows;
    all.push_back({"epoch, one thread, Adam",
                   title,
                   1,
                   step_flops(net, rows),
                   {"PyTorch loader", "PyTorch", "scikit-learn"},
                   {{"PyTorch loader", 3}, {"scikit-learn", 3}},
                   [net, make](Contender& who) {
                     return who.epoch({net, Solver::adam, make()});
                   }});
  };
  add("digits, 64-128-64-10, batch 64", kDigits, digits);
  add("200,000 x 50, 50-128-64-3, batch 256", {{50, 128, 64, 3}, 256}, generated_table);
}

void add_starts(std::vector<Row>& all) {
  all.push_back({"cold start, in pages already read",
                 "gradus --version; rivals: their import",
                 1,
                 0.0,
                 {"PyTorch", "scikit-learn"},
                 {{"per second", 100}},
                 [](Contender& who) { return who.start(); }});
}

/// How cost grows along one dimension, the others held.
void add_growth(std::vector<Row>& all) {
  const auto add = [&](const std::string& along, const Net& net) {
    all.push_back(step_row("growth with " + along, {net, Solver::adam, 1}, {"libtorch"}, {}));
  };
  for (const int64_t width : {8, 32, 128, 512, 2048}) add("width", {{width, width, width, width}, 128});
  for (const std::size_t hidden : {1, 2, 4, 8, 16}) add("depth", {std::vector<int64_t>(hidden + 2, 256), 128});
  for (const int64_t batch : {1, 4, 16, 64, 256, 1024, 4096}) add("batch", {kDigits.widths, batch});
}

}  // namespace

std::vector<Row> rows() {
  std::vector<Row> all;
  add_products(all);
  add_steps(all);
  add_two_threads(all);
  add_predictions(all);
  add_epochs(all);
  add_starts(all);
  add_growth(all);
  return all;
}

}  // namespace gradus::bench
