// gradus train: from a CSV to a model file.
#include "gradus/train.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <variant>

#include "gradus/error.h"
#include "gradus/learning_rate.h"
#include "gradus/model.h"
#include "gradus/table.h"

#include "checkpoint.h"
#include "commands.h"
#include "json_text.h"
#include "learning_rate.h"
#include "log.h"
#include "options.h"
#include "outputs.h"
#include "print.h"
#include "progress.h"
#include "report.h"
#include "signals.h"
#include "train_text.h"

namespace gradus::cli {
namespace {

/// What reports while training runs, and what it needs.
class Session {
 public:
  explicit Session(const Flags& flags)
      : flags_(flags),
        data_(flags.positional(0)),
        output_(flags.text("--output").value_or("")),
        validation_(flags.text("--validation")),
        init_model_(flags.text("--init-model")),
        progress_(flags.given("--quiet")),
        strict_(flags.given("--strict")),
        finds_rate_(flags.given("--find-learning-rate")) {}

  int run() {
    check_files();
    TrainOptions options = train_options(flags_);
    take_checkpoint_flags(flags_, options);
    CsvOptions csv = csv_options_with_callbacks();
    connect(options);
    if (init_model_) {
      options.init_model = start_model(options);
      csv.float64 = options.init_model->precision() == Precision::float64;
    }
    Table table = options.init_model ? read_csv_like(*options.init_model, data_, csv) : read_csv(data_, csv);
    if (finds_rate_ && !take_found_rate(table, options)) return 0;
    if (interrupted()) return interrupted_exit_code();
    std::optional<Table> validation;
    if (validation_) validation = read_validation(table, csv);
    end_at_first_signal(false);
    report_ = watched_report(flags_, train_spec(), table, validation, options);
    const Model model = validation ? train(std::move(table), *validation, options) : train(std::move(table), options);
    progress_.finish();
    return save(model);
  }

 private:
  void check_files() const {
    if (!flags_.given("--target") && !init_model_)
      throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
    if (!flags_.given("--output") && !finds_rate_)
      throw Error(ErrorCode::usage, "--output: found none, expected where to put the model");
    check_rate_flags(flags_);
    if (validation_ && flags_.given("--validation-fraction"))
      flags_.fail("--validation-fraction", "found --validation as well, expected one of them");
    if (validation_ == "-") flags_.fail("--validation", "found \"-\", expected a file");
    std::vector<std::string> inputs = {data_};
    if (validation_) inputs.push_back(*validation_);
    if (init_model_) inputs.push_back(*init_model_);
    if (const auto config = flags_.text("--config")) inputs.push_back(*config);
    if (flags_.given("--output")) check_output("--output", output_, inputs);
    if (const auto log = flags_.text("--log")) {
      if (*log == "-") flags_.fail("--log", "found \"-\", expected a file");
      inputs.push_back(output_);
      check_output("--log", *log, inputs);
      if (*log == output_) flags_.fail("--log", "found the same file as --output, expected another");
    }
    inputs.push_back(output_);
    if (const auto log = flags_.text("--log")) inputs.push_back(*log);
    check_checkpoint_file(flags_, inputs);
    if (const auto checkpoint = flags_.text("--checkpoint")) inputs.push_back(*checkpoint);
    check_report_file(flags_, inputs);
  }

  /// What the model has decided can't be asked for otherwise; the library sees no difference between float32 asked for
  /// and float32 by itself.
  std::shared_ptr<const Model> start_model(const TrainOptions& options) const {
    for (const char* flag : {"--categorical", "--numeric"})
      if (flags_.given(flag)) flags_.fail(flag, "found with --init-model, whose kinds of columns are kept");
    auto model = std::make_shared<const Model>(Model::load(*init_model_));
    if (flags_.given("--precision") && options.precision != model->precision())
      flags_.fail("--precision", fmt::format("found {}, expected {}, as the model of --init-model has",
                                             name(options.precision), name(model->precision())));
    return model;
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

  // Shows the range test; true where a model is wanted as well, at the rate it found.
  bool take_found_rate(const Table& table, TrainOptions& options) {
    progress_.finish();
    TrainOptions ramp = options;
    ramp.on_progress = nullptr;
    if (flags_.given("--output")) ramp.on_warning = nullptr;  // training says the same again
    if (validation_) ramp.validation_fraction = 0.0;
    const LearningRateRange range = find_learning_rate(table, ramp);
    if (interrupted()) return true;
    if (flags_.given("--json")) {
      print_out(json_text(range));
      return false;
    }
    say(range_text(range));
    options.learning_rate = range.suggested;
    if (flags_.given("--output")) {
      if (!range.suggested)
        throw Error(ErrorCode::bad_data, "--find-learning-rate: found no rate that lowers the loss, expected one");
      return true;
    }
    if (range.suggested) say(fmt::format("next      {}\n", train_command(flags_, train_spec(), *range.suggested)));
    return false;
  }

  // The validation rows have the kinds of the training rows, whatever they would look like on their own: where they
  // look different, the file is read again and told.
  Table read_validation(const Table& table, CsvOptions csv) const {
    csv.categorical.clear();
    csv.numeric.clear();
    Table found = read_csv(*validation_, csv);
    bool alike = true;
    for (int64_t column = 0; column < table.columns(); ++column) {
      const auto place = found.find(table.name(column));
      if (!place) continue;  // train says what is absent
      alike = alike && found.kind(*place) == table.kind(column);
      (table.kind(column) == ColumnKind::text ? csv.categorical : csv.numeric).push_back(table.name(column));
    }
    return alike ? found : read_csv(*validation_, csv);
  }

  void connect(TrainOptions& options) {
    options.on_start = [this, &options](const TrainingStart& start) {
      progress_.finish();
      preparing_ = false;
      metric_ = start.metric;
      say(start_text(data_, start) + resumed_text(options, start));
      progress_.training_starts(start);
      if (const auto path = flags_.text("--log")) log_ = std::make_unique<EpochLog>(*path, start.resumed);
    };
    options.on_epoch = [this](const EpochRecord& record) {
      say_held_warning();
      progress_.epoch(record);
      if (log_) log_->write(record);
    };
    options.on_progress = [this](int64_t done, int64_t total) { progress_.rows(done, total); };
    options.on_warning = [this](const std::string& text) { warn(text); };
    options.should_stop = [] { return interrupted(); };
  }

  void warn(const std::string& text) {
    if (strict_ && preparing_) throw Error(ErrorCode::bad_data, text + " (an error because of --strict)");
    say_held_warning();
    held_warning_ = text;
    if (preparing_) say_held_warning();
  }

  // While training runs, the last warning waits: should training turn out to have diverged, it is the error's text.
  void say_held_warning() {
    if (!held_warning_.empty()) progress_.message("warning: " + held_warning_);
    held_warning_.clear();
  }

  // The report goes to standard output unless the model does.
  void say(const std::string& text) const {
    if (flags_.given("--quiet")) return;
    if (output_ == "-") {
      print_err(text);
    } else {
      print_out(text);
    }
  }

  std::string csv_flags_given() const {
    std::string given;
    for (const FlagSpec& flag : csv_flags()) {
      if (!flags_.given(flag.name)) continue;
      given += fmt::format(" {}", flag.name);
      if (flag.kind != FlagKind::toggle) given += fmt::format(" {}", shell_word(*flags_.text(flag.name)));
    }
    return given;
  }

  int save(const Model& model) {
    model.save(output_);
    const std::string reported = write_report(flags_, report_, model);
    if (model.stop_reason() == StopReason::diverged) {
      print_err(fmt::format("training diverged: {}; the last good model is in {}\n", printable(held_warning_),
                            printable(output_)));
      return static_cast<int>(ErrorCode::diverged);
    }
    say_held_warning();
    say(result_text(model, data_, output_, metric_, csv_flags_given()) + reported);
    return model.stop_reason() == StopReason::interrupted ? interrupted_exit_code() : 0;
  }

  const Flags& flags_;
  std::string data_;
  std::string output_;
  std::optional<std::string> validation_;
  std::optional<std::string> init_model_;
  Progress progress_;
  bool strict_;
  bool finds_rate_;
  bool preparing_ = true;  // reading and encoding: until then, a warning is about the data
  std::unique_ptr<EpochLog> log_;
  std::optional<Report> report_;
  std::string held_warning_;
  std::string metric_;
};

}  // namespace

CommandSpec train_spec() {
  std::vector<FlagSpec> data = joined({column_flags(), csv_flags()});
  data.push_back(stream_flag());
  std::vector<FlagSpec> files = {
      {"--output", FlagKind::text, "MODEL", "where the model goes, whole or not at all", {"-o"}},
      {"--init-model", FlagKind::text, "MODEL",
       "start from this model's weights, on rows of the same columns; its network and encodings are kept"},
      {"--find-learning-rate", FlagKind::toggle, "",
       "try rates from 1e-7 to 10, a step each, show the losses and suggest one; with --output then train at it"},
      {"--json", FlagKind::toggle, "",
       "with --find-learning-rate: steps and suggestion for programs, on standard output"},
      {"--log", FlagKind::text, "FILE.jsonl", "one JSON object an epoch, written as it ends"},
      report_flag(),
  };
  const std::vector<FlagSpec> checkpoints = checkpoint_flags();
  files.insert(files.end(), checkpoints.begin(), checkpoints.end());
  return {"train",
          "Learns a table and writes a model file.",
          {{"DATA", "a CSV or TSV file, plain or compressed with gzip or zstd; - is standard input"}},
          {{"Files", std::move(files)},
           {"Data", std::move(data)},
           {"Network", network_flags()},
           {"Tables", tabular_flags()},
           {"Training", training_flags()},
           {"Running", running_flags()}},
          "gradus train data/digits.csv --target digit -o digits.safetensors"};
}

int run_train(const Flags& flags) {
  apply_simd(flags);
  return Session(flags).run();
}

}  // namespace gradus::cli
