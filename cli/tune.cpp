// gradus tune: searches for the options that train best on a table.
#include "gradus/tune.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "gradus/error.h"

#include "commands.h"
#include "json_text.h"
#include "options.h"
#include "outputs.h"
#include "print.h"
#include "progress.h"
#include "search_ranges.h"
#include "signals.h"

namespace gradus::cli {
namespace {

constexpr std::size_t kTrialsShown = 20;
constexpr std::size_t kNameWidth = 40;
constexpr int64_t kMostTrials = 1'000'000;
constexpr int64_t kMostFolds = 1'000'000;

/// Trials are compared on the same rows by the same metric, which none of these may change.
const std::vector<std::string> kNotSearched = {"--seed", "--metric", "--validation", "--validation-fraction",
                                               "--in-order"};

std::vector<FlagSpec> searchable_flags() {
  std::vector<FlagSpec> flags = without(joined({network_flags(), tabular_flags(), training_flags()}), kNotSearched);
  std::erase_if(flags, [](const FlagSpec& flag) { return flag.kind == FlagKind::toggle; });
  return flags;
}

std::vector<FlagSpec> search_flags() {
  return {
      {"--range", FlagKind::text, "NAME=VALUES",
       "what an option may be, once for each: \"learning-rate=1e-4..1e-1 log\", dropout=0..0.5, hidden=64|128,64; or "
       "[tune] in a config file"},
      {"--trials", FlagKind::whole, "N", "draws from the ranges (20)"},
      {"--method", FlagKind::text, "NAME",
       "random (every trial gets all epochs) or halving (all get few, the best more)"},
      {"--factor", FlagKind::whole, "F", "with halving: the best 1/F go on, with F times the epochs (3)"},
      {"--folds",
       FlagKind::whole,
       "K",
       "judge each trial by K-fold cross-validation, as gradus cv does, in place of the validation rows",
       {"--k"}},
      {"--trials-file", FlagKind::text, "FILE.jsonl",
       "keep trials here, one JSON object a line; a search that was ended goes on from it"},
  };
}

std::string values_text(const Trial& trial) {
  std::string text;
  for (const auto& [option, value] : trial.values) text += fmt::format(" --{} {}", option, shell_word(value));
  return text;
}

std::string table_text(const TuneResult& result) {
  const bool epochs =
      std::any_of(result.trials.begin(), result.trials.end(), [](const Trial& t) { return t.epochs > 0; });
  std::vector<std::vector<std::string>> rows = {{"trial"}};
  for (const auto& [option, value] : result.trials.front().values) rows[0].push_back(shortened(option, kNameWidth));
  if (epochs) rows[0].emplace_back("epochs");
  rows[0].insert(rows[0].end(), {"best epoch", "loss", metric_label(result.metric), ""});
  for (std::size_t k = 0; k < std::min(result.trials.size(), kTrialsShown); ++k) {
    const Trial& trial = result.trials[k];
    std::vector<std::string> row = {grouped(trial.number)};
    for (const auto& [option, value] : trial.values) row.push_back(shortened(value, kNameWidth));
    if (epochs) row.push_back(grouped(trial.epochs));
    row.insert(row.end(), {grouped(trial.best_epoch), brief(trial.validation_loss), brief(trial.score),
                           trial.state == TrialState::done ? "" : std::string(name(trial.state))});
    rows.push_back(std::move(row));
  }
  std::string out = aligned(rows, true);
  if (result.trials.size() > kTrialsShown)
    out += fmt::format("  ... {} more; --json has them all\n", result.trials.size() - kTrialsShown);
  return out;
}

class Session {
 public:
  explicit Session(const Flags& flags) : flags_(flags), data_(flags.positional(0)), progress_(flags.given("--quiet")) {}

  int run() {
    check_files();
    TuneOptions search = search_options();
    TrainOptions options = train_options(flags_);
    options.on_warning = [this](const std::string& text) { warn(text); };
    options.should_stop = [] { return interrupted(); };
    const Table table = read_csv(data_, csv_options_with_callbacks());
    end_at_first_signal(false);
    const TuneResult result = tune(table, options, search);
    progress_.finish();
    return report(result);
  }

 private:
  void warn(const std::string& text) {
    if (flags_.given("--strict")) throw Error(ErrorCode::bad_data, text + " (an error because of --strict)");
    progress_.message("warning: " + text);
  }

  void check_files() const {
    if (!flags_.given("--target")) throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
    std::vector<std::string> inputs = {data_};
    if (const auto config = flags_.text("--config")) inputs.push_back(*config);
    const auto output = flags_.text("--output");
    if (output) check_output("--output", *output, inputs);
    const auto trials = flags_.text("--trials-file");
    if (!trials) return;
    if (*trials == "-") flags_.fail("--trials-file", "found \"-\", expected a file");
    if (trials == output) flags_.fail("--trials-file", "found the same file as --output, expected another");
    check_output("--trials-file", *trials, inputs);
  }

  CsvOptions csv_options_with_callbacks() {
    CsvOptions csv = csv_options(flags_);
    csv.on_warning = [this](const std::string& text) { warn(text); };
    csv.on_progress = [this](int64_t done, int64_t total) {
      progress_.reading(printable(data_), done, total);
      return !interrupted();
    };
    return csv;
  }

  TuneOptions search_options() {
    TuneOptions search;
    search.ranges = search_ranges(flags_, searchable_flags());
    search.apply = [this](const Assignment& values) {
      Flags flags = flags_;
      for (const auto& [option, value] : values) flags = flags.with("--" + option, value);
      return train_options(flags);
    };
    search.trials = flags_.whole("--trials", 1, kMostTrials).value_or(search.trials);
    const std::string method = flags_.text("--method").value_or("random");
    if (method != "random" && method != "halving")
      flags_.fail("--method", fmt::format("found \"{}\", expected random or halving", printable(method)));
    search.method = method == "halving" ? SearchMethod::halving : SearchMethod::random;
    if (flags_.given("--factor") && search.method == SearchMethod::random)
      flags_.fail("--factor", "found with method random, expected --method halving");
    search.factor = flags_.whole("--factor", 2, 100).value_or(search.factor);
    search.folds = flags_.whole("--folds", 2, kMostFolds).value_or(0);
    search.trials_file = flags_.text("--trials-file").value_or("");
    search.identity = identity();
    search.on_trial = [this](const Trial& trial) { tell(trial); };
    return search;
  }

  /// The flags that a trial's outcome depends on, as they were given.
  Assignment identity() const {
    Assignment all;
    for (const FlagSpec& flag :
         joined({column_flags(), csv_flags(), network_flags(), tabular_flags(), training_flags()})) {
      if (flag.name != "--seed" && flag.name != "--metric" && flags_.given(flag.name))
        all.emplace_back(flag.name.substr(2), fmt::format("{}", fmt::join(flags_.all(flag.name), " ")));
    }
    return all;
  }

  void tell(const Trial& trial) {
    const std::string outcome = trial.state == TrialState::done
                                    ? fmt::format("score {}, loss {}", brief(trial.score), brief(trial.validation_loss))
                                    : std::string(name(trial.state));
    progress_.message(fmt::format("trial {}{}{}: {}", trial.number,
                                  trial.epochs > 0 ? fmt::format(", {} epochs", trial.epochs) : "", values_text(trial),
                                  outcome));
  }

  int report(const TuneResult& result) {
    const auto output = flags_.text("--output");
    if (output && result.model) result.model->save(*output);
    if (!result.trials.empty()) say(flags_.given("--json") ? json_text(result) : text_of(result), output == "-");
    if (result.interrupted) return interrupted_exit_code();
    if (result.trials.front().state == TrialState::done) return 0;
    print_err("training diverged in every trial; the best one's last good weights are kept\n");
    return static_cast<int>(ErrorCode::diverged);
  }

  std::string text_of(const TuneResult& result) const {
    const Trial& best = result.trials.front();
    std::string out = fmt::format("data      {}\n", printable(data_));
    out += fmt::format("trials    {}", counted(static_cast<int64_t>(result.trials.size()), "run", "runs"));
    if (result.trials_from_file > 0) out += fmt::format(", {} of them from the trials file", result.trials_from_file);
    out += fmt::format(", the best first\n\n{}\nbest      trial {}:{}\n", table_text(result), best.number,
                       values_text(best));
    const auto output = flags_.text("--output");
    if (output && *output != "-" && result.model) out += fmt::format("model     {}\n", printable(*output));
    return out;
  }

  static void say(const std::string& text, bool output_is_stdout) {
    if (output_is_stdout) {
      print_err(text);
    } else {
      print_out(text);
    }
  }

  const Flags& flags_;
  std::string data_;
  Progress progress_;
};

}  // namespace

CommandSpec tune_spec() {
  std::vector<FlagSpec> output = {
      {"--output", FlagKind::text, "MODEL", "where the best trial's model goes", {"-o"}},
      {"--json", FlagKind::toggle, "", "the report as JSON"},
  };
  return {"tune",
          "Searches for the options that train best.",
          {{"DATA", "a CSV or TSV file, plain or compressed with gzip or zstd; - is standard input"}},
          {{"Search", search_flags()},
           {"Output", std::move(output)},
           {"Data", joined({column_flags(), csv_flags(), {stream_flag()}})},
           {"Network", network_flags()},
           {"Tables", tabular_flags()},
           {"Training", without(training_flags(), {"--validation"})},
           {"Running", running_flags()}},
          "gradus tune data/iris.csv --target species --range \"learning-rate=1e-4..1e-1 log\" --range "
          "\"hidden=16|64|64,32\" -o best.safetensors"};
}

int run_tune(const Flags& flags) {
  apply_simd(flags);
  return Session(flags).run();
}

}  // namespace gradus::cli
