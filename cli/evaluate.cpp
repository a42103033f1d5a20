// gradus evaluate: how good a model is on rows whose answers are known.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/model.h"
#include "gradus/train.h"

#include "commands.h"
#include "json_text.h"
#include "options.h"
#include "print.h"
#include "progress.h"

namespace gradus::cli {
namespace {

constexpr std::size_t kClassesShown = 20;
constexpr std::size_t kClassWidth = 14;

// A number of rows, or what rows with weights come to.
std::string count_text(double count) {
  return count == std::floor(count) && count < 1e15 ? grouped(static_cast<int64_t>(count)) : brief(count);
}

std::string confusion_text(const Evaluation& evaluation) {
  if (evaluation.confusion.empty()) return "";
  const std::size_t shown = std::min(evaluation.classes.size(), kClassesShown);
  std::vector<std::vector<std::string>> rows = {{"true \\ predicted"}};
  for (std::size_t i = 0; i < shown; ++i) rows[0].push_back(shortened(evaluation.classes[i], kClassWidth));
  for (std::size_t i = 0; i < std::min(shown, evaluation.confusion.size()); ++i) {
    std::vector<std::string> row = {shortened(evaluation.classes[i], kClassWidth)};
    for (std::size_t j = 0; j < std::min(shown, evaluation.confusion[i].size()); ++j)
      row.push_back(count_text(evaluation.confusion[i][j]));
    rows.push_back(std::move(row));
  }
  std::string out = fmt::format("\n{}", aligned(rows, true));
  if (shown < evaluation.classes.size())
    out += fmt::format("  ... {} more classes; --json has them all\n", evaluation.classes.size() - shown);
  return out;
}

std::string text_of(const Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows = {{"rows", grouped(evaluation.rows)}};
  for (const auto& [name, value] : evaluation.metrics) rows.push_back({name, brief(value)});
  std::string out = aligned(rows, true) + confusion_text(evaluation);
  if (evaluation.rows_without_target > 0)
    out +=
        fmt::format("\n  {} left out for want of a target\n", counted(evaluation.rows_without_target, "row", "rows"));
  if (evaluation.rows_of_unknown_class > 0)
    out += fmt::format("\n  {} of a class that training never saw, counted as wrong\n",
                       counted(evaluation.rows_of_unknown_class, "row", "rows"));
  return out;
}

// "rmse" and, of several targets, "rmse:height".
bool is_called(const std::string& measured, const std::string& metric) {
  return measured == metric || measured.starts_with(metric + ":");
}

/// Leaves what --metric names, in its order, and no confusion matrix.
void keep_metrics(const Flags& flags, Task task, Evaluation& evaluation) {
  if (!flags.given("--metric")) return;
  std::vector<std::pair<std::string, double>> kept;
  for (const std::string& metric : flags.list("--metric")) {
    const std::size_t before = kept.size();
    for (const auto& [measured, value] : evaluation.metrics)
      if (is_called(measured, metric)) kept.emplace_back(measured, value);
    if (kept.size() == before)
      flags.fail("--metric", fmt::format("found {}, which a {} doesn't have", metric, name(task)));
  }
  evaluation.metrics = std::move(kept);
  evaluation.confusion.clear();
}

void check_metric_names(const Flags& flags) {
  for (const std::string& metric : flags.list("--metric")) {
    try {
      parse<Metric>(metric, "--metric");
    } catch (const Error& error) {
      flags.fail("--metric", error.message().substr(std::string("--metric: ").size()));
    }
  }
}

}  // namespace

CommandSpec evaluate_spec() {
  std::vector<FlagSpec> evaluation = {
      {"--metric", FlagKind::list, "NAME,...", "only these metrics, in this order"},
      {"--json", FlagKind::toggle, "", "as JSON"},
      {"--threshold", FlagKind::number, "P",
       "for two classes: the second is predicted when its probability is at least P (0.5)"},
      {"--strict", FlagKind::toggle, "", "a category that training never saw is an error, not `unknown`"},
  };
  return {"evaluate",
          "Measures a model on rows whose answers are known.",
          {{"MODEL", "a model file that gradus train wrote"},
           {"DATA", "a CSV or TSV file with the model's columns and its target; - is standard input"}},
          {{"Evaluation", std::move(evaluation)}, {"Data", csv_flags()}, {"Running", running_flags()}},
          "gradus evaluate digits.safetensors data/digits.csv --json"};
}

int run_evaluate(const Flags& flags) {
  apply_simd(flags);
  check_metric_names(flags);
  Progress progress(flags.given("--quiet"));
  PredictOptions options = predict_options(flags);
  CsvOptions csv = csv_options(flags);
  options.on_warning = [&progress](const std::string& text) { progress.message("warning: " + text); };
  csv.on_warning = options.on_warning;
  csv.on_progress = [&progress, &flags](int64_t done, int64_t total) {
    progress.reading(printable(flags.positional(1)), done, total);
    return true;
  };
  const Model model = Model::load(flags.positional(0));
  const Table table = read_csv_for(model, flags.positional(1), csv);
  Evaluation evaluation = evaluate(model, table, options);
  keep_metrics(flags, model.task(), evaluation);
  progress.finish();
  print_out(flags.given("--json") ? json_text(evaluation) : text_of(evaluation));
  return 0;
}

}  // namespace gradus::cli
