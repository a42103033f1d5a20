// gradus cv: how good models trained like this are, by cross-validation.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "gradus/cross_validation.h"
#include "gradus/error.h"

#include "commands.h"
#include "json_text.h"
#include "options.h"
#include "outputs.h"
#include "print.h"
#include "progress.h"
#include "signals.h"

namespace gradus::cli {
namespace {

constexpr std::size_t kMetricsShown = 12;
constexpr std::size_t kNameWidth = 40;
constexpr int64_t kMostFolds = 1'000'000;

/// The metrics that a table has room for: of many, those over all targets.
std::vector<std::string> metrics_shown(const CrossValidation& result) {
  std::vector<std::string> all, whole;
  for (const MetricSpread& metric : result.metrics) {
    all.push_back(metric.name);
    if (metric.name.find(':') == std::string::npos) whole.push_back(metric.name);
  }
  return all.size() <= kMetricsShown ? all : whole;
}

std::vector<std::string> spread_row(const CrossValidation& result, const std::vector<std::string>& shown,
                                    const char* title, double MetricSpread::*value) {
  std::vector<std::string> row = {title, "", "", ""};
  for (const std::string& name : shown)
    for (const MetricSpread& metric : result.metrics)
      if (metric.name == name) row.push_back(brief(metric.*value));
  return row;
}

std::string text_of(const CrossValidation& result, const std::string& data) {
  std::vector<std::string> targets;
  for (const std::string& target : result.targets) targets.push_back(shortened(target, kNameWidth));
  std::string out = fmt::format("data      {}: {}", printable(data), counted(result.rows, "row", "rows"));
  if (result.rows_without_target > 0)
    out += fmt::format(", {} left out for want of a target", grouped(result.rows_without_target));
  out += fmt::format("\ntarget    {}: {}\n          {}\n\n", fmt::join(targets, ", "), name(result.task),
                     printable(result.task_reason));
  const std::vector<std::string> shown = metrics_shown(result);
  std::vector<std::vector<std::string>> rows = {{"fold", "trained on", "held out", "best epoch"}};
  for (const std::string& name : shown) rows[0].push_back(shortened(name, kNameWidth));
  for (const FoldResult& fold : result.folds) {
    std::vector<std::string> row = {grouped(fold.fold), grouped(fold.training_rows), grouped(fold.evaluation.rows),
                                    fmt::format("{} of {}", fold.best_epoch, fold.epochs)};
    for (const std::string& name : shown) row.push_back(brief(fold.evaluation.find(name).value_or(0.0)));
    rows.push_back(std::move(row));
  }
  rows.push_back(spread_row(result, shown, "mean", &MetricSpread::mean));
  rows.push_back(spread_row(result, shown, "deviation", &MetricSpread::deviation));
  return out + aligned(rows, true);
}

/// The folds whose training diverged, as a line for standard error.
std::string divergence_text(const CrossValidation& result) {
  std::vector<int64_t> folds;
  for (const FoldResult& fold : result.folds)
    if (fold.stop_reason == StopReason::diverged) folds.push_back(fold.fold);
  if (folds.empty()) return "";
  return fmt::format("training diverged in fold {}: its last good weights were measured\n", fmt::join(folds, ", "));
}

void check_files(const Flags& flags) {
  if (!flags.given("--target")) throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
  if (!flags.given("--output")) {
    if (flags.given("--keep")) flags.fail("--keep", "found no --output, expected one to keep columns in");
    return;
  }
  std::vector<std::string> inputs = {flags.positional(0)};
  if (const auto config = flags.text("--config")) inputs.push_back(*config);
  check_output("--output", *flags.text("--output"), inputs);
}

/// The report goes to standard output unless the predictions do.
void report(const Flags& flags, const CrossValidation& result) {
  const std::string text = flags.given("--json") ? json_text(result) : text_of(result, flags.positional(0));
  if (flags.text("--output") == "-") {
    print_err(text);
  } else {
    print_out(text);
  }
}

}  // namespace

CommandSpec cv_spec() {
  std::vector<FlagSpec> output = {
      {"--output",
       FlagKind::text,
       "FILE.csv",
       "what each row was predicted to be by the model that hadn't seen it",
       {"-o"}},
      {"--keep", FlagKind::list, "COL,...", "columns of DATA passed through to it"},
      {"--json", FlagKind::toggle, "", "the report as JSON"},
  };
  std::vector<FlagSpec> folds = {
      {"--folds", FlagKind::whole, "K", "parts of the rows, each held out once (5)", {"--k"}},
      {"--no-stratify", FlagKind::toggle, "", "don't give every fold its share of each class"},
      {"--threshold", FlagKind::number, "P",
       "for two classes: the second is predicted when its probability is at least P (0.5)"},
  };
  return {"cv",
          "Measures training by cross-validation: on every row, by a model that hasn't seen it.",
          {{"DATA", "a CSV or TSV file, plain or compressed with gzip or zstd; - is standard input"}},
          {{"Folds", std::move(folds)},
           {"Output", std::move(output)},
           {"Data", joined({column_flags(), csv_flags(), {stream_flag()}})},
           {"Network", network_flags()},
           {"Tables", tabular_flags()},
           {"Training", without(training_flags(), {"--validation"})},
           {"Running", running_flags()}},
          "gradus cv data/credit_sample.csv --target Status --folds 5"};
}

int run_cv(const Flags& flags) {
  apply_simd(flags);
  check_files(flags);
  Progress progress(flags.given("--quiet"));
  const bool strict = flags.given("--strict");
  TrainOptions options = train_options(flags);
  options.on_warning = [&](const std::string& text) {
    if (strict) throw Error(ErrorCode::bad_data, text + " (an error because of --strict)");
    progress.message("warning: " + text);
  };
  options.on_progress = [&](int64_t done, int64_t total) { progress.work("all folds", done, total); };
  options.should_stop = [] { return interrupted(); };
  CrossValidationOptions validation;
  validation.folds = flags.whole("--folds", 2, kMostFolds).value_or(validation.folds);
  validation.stratify = !flags.given("--no-stratify");
  validation.predict = predict_options(flags);
  CsvOptions csv = csv_options(flags);
  csv.on_warning = options.on_warning;
  csv.on_progress = [&](int64_t done, int64_t total) {
    progress.reading(printable(flags.positional(0)), done, total);
    return !interrupted();
  };
  const Table table = read_csv(flags.positional(0), csv);
  end_at_first_signal(false);
  const CrossValidation result = cross_validate(table, options, validation);
  progress.finish();
  if (result.interrupted) return interrupted_exit_code();
  if (const auto output = flags.text("--output")) write_predictions(result, *output);
  report(flags, result);
  const std::string divergence = divergence_text(result);
  print_err(divergence);
  return divergence.empty() ? 0 : static_cast<int>(ErrorCode::diverged);
}

}  // namespace gradus::cli
