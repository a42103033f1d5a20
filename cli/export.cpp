// gradus export: a model as something that runs without Gradus.
#include "gradus/export.h"

#include <fmt/format.h>

#include <optional>

#include "gradus/error.h"
#include "gradus/names.h"
#include "gradus/train.h"

#include "commands.h"
#include "json_text.h"
#include "options.h"
#include "outputs.h"
#include "print.h"
#include "progress.h"
#include "signals.h"

namespace gradus::cli {
namespace {

constexpr int64_t kMostTestRows = 10'000;

/// Flags of one format alone.
void check_format(const Flags& flags) {
  const auto format = flags.text("--to");
  if (!format) throw Error(ErrorCode::usage, "--to: found none, expected c or onnx");
  if (*format != "c" && *format != "onnx")
    flags.fail("--to", fmt::format("found \"{}\", expected c or onnx", printable(*format)));
  const bool to_c = *format == "c";
  for (const char* flag : {"--name", "--int8", "--data"})
    if (!to_c && flags.given(flag)) flags.fail(flag, "found with --to onnx, expected --to c");
  for (const char* flag : {"--single-input", "--test-vectors"})
    if (to_c && flags.given(flag)) flags.fail(flag, "found with --to c, expected --to onnx");
}

/// The flags that mean something only beside another.
void check_together(const Flags& flags) {
  if (flags.given("--data") && !flags.given("--int8"))
    flags.fail("--data", "found without --int8, whose loss of accuracy is measured on it");
  for (const FlagSpec& flag : csv_flags())
    if (flags.given(flag.name) && !flags.given("--data")) flags.fail(flag.name, "found without --data");
}

void check_files(const Flags& flags) {
  if (!flags.given("--output")) throw Error(ErrorCode::usage, "--output: found none, expected where to put the file");
  std::vector<std::string> others = {flags.positional(0)};
  for (const char* flag : {"--data", "--config"})
    if (const auto file = flags.text(flag)) others.push_back(*file);
  check_output("--output", *flags.text("--output"), others);
  const auto vectors = flags.text("--test-vectors");
  if (!vectors) return;
  if (*vectors == "-") flags.fail("--test-vectors", "found \"-\", expected a file");
  if (*vectors == *flags.text("--output"))
    flags.fail("--test-vectors", "found the same file as --output, expected another");
  others.push_back(*flags.text("--output"));
  check_output("--test-vectors", *vectors, others);
}

/// What both models measure on the rows of a file.
struct Measured {
  Evaluation model;
  Evaluation int8;
};

Measured measure(const Flags& flags, const Model& model, const std::string& data, Progress& progress) {
  PredictOptions options;
  options.on_warning = [&progress](const std::string& text) { progress.message("warning: " + text); };
  CsvOptions csv = csv_options(flags);
  csv.on_warning = options.on_warning;
  csv.on_progress = [&progress, &data](int64_t done, int64_t total) {
    progress.reading(printable(data), done, total);
    return !interrupted();
  };
  const Table table = read_csv_for(model, data, csv);
  Measured measured;
  measured.model = evaluate(model, table, options);
  options.on_warning = {};
  measured.int8 = evaluate(int8_model(model), table, options);
  return measured;
}

std::string model_text(const std::string& path, const Model& model) {
  return fmt::format("model     {}: {} of {}\n", printable(path), name(model.task()),
                     model.task() == Task::classification ? counted(std::ssize(model.classes()), "class", "classes")
                                                          : counted(std::ssize(model.targets()), "target", "targets"));
}

std::string loss_text(const Int8Loss& loss, Task task) {
  const bool numbers = task == Task::regression;
  std::string text = fmt::format("int8      {} synthetic rows: {} off by at most {}, {} on average", grouped(loss.rows),
                                 numbers ? "predictions" : "probabilities", brief(loss.largest_difference),
                                 brief(loss.root_mean_square));
  return text + (numbers ? ", in deviations of the target\n"
                         : fmt::format(", {} of them predicted otherwise\n", grouped(loss.predicted_otherwise)));
}

std::string measured_text(const Measured& measured) {
  std::vector<std::vector<std::string>> rows = {{"", "model", "int8"}};
  for (std::size_t k = 0; k < measured.model.metrics.size(); ++k) {
    const auto& [metric, value] = measured.model.metrics[k];
    rows.push_back({metric_label(metric), brief(value), brief(measured.int8.metrics[k].second)});
  }
  return fmt::format("data      {} rows\n", grouped(measured.model.rows)) + aligned(rows, true);
}

std::string report_text(const CExportReport& report, const std::string& output) {
  std::string upper = report.name;
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  std::string text = fmt::format("size      {} bytes of parameters, {} of stack for arrays\n",
                                 grouped(report.parameter_bytes), grouped(report.stack_bytes));
  text += fmt::format("work      {} multiply-adds and {} activations a prediction\n", grouped(report.multiply_adds),
                      grouped(report.activations));
  text += fmt::format("written   {}: {}_predict, from {}\n", printable(output), report.name,
                      counted(report.columns, "column", "columns"));
  const std::string file = shell_word(output);
  return text + fmt::format("test      cc -std=c99 -O2 -D{}_SELF_TEST {} -lm -o {}_test && ./{}_test\n", upper, file,
                            report.name, report.name);
}

std::string report_text(const OnnxExportReport& report, const std::string& output, Task task) {
  std::string outputs;
  for (const std::string& name : report.outputs) outputs += (outputs.empty() ? "" : ", ") + name;
  std::string text = fmt::format("graph     {} to {}\n", counted(report.inputs, "input", "inputs"), outputs);
  text += fmt::format("checked   the file evaluated on {}: largest difference from predict {:.2g}{}\n",
                      counted(report.rows, "synthetic row", "synthetic rows"), report.largest_difference,
                      task == Task::regression ? " deviations of the target" : "");
  return text + fmt::format("written   {}: {} bytes\n", printable(output), grouped(report.bytes));
}

int run_export_c(const Flags& flags, const Model& model, const std::string& output, Progress& progress) {
  CExportOptions options;
  options.name = flags.text("--name").value_or("");
  if (flags.given("--name") && options.name.empty()) flags.fail("--name", "found an empty name, expected letters");
  options.int8 = flags.given("--int8");
  options.self_test_rows = flags.whole("--test-rows", 1, kMostTestRows).value_or(options.self_test_rows);
  std::optional<Measured> measured;
  if (const auto data = flags.text("--data")) measured = measure(flags, model, *data, progress);
  progress.finish();
  if (interrupted()) return interrupted_exit_code();
  const CExportReport report = export_c(model, output, options);
  if (output == "-") return 0;  // that stream is the file's
  if (flags.given("--json")) {
    print_out(json_text(report, measured ? &measured->model : nullptr, measured ? &measured->int8 : nullptr));
  } else if (!flags.given("--quiet")) {
    std::string text = report.int8_loss ? loss_text(*report.int8_loss, model.task()) : "";
    if (measured) text += measured_text(*measured);
    print_out(text + report_text(report, output));
  }
  return 0;
}

int run_export_onnx(const Flags& flags, const Model& model, const std::string& output) {
  OnnxExportOptions options;
  options.single_input = flags.given("--single-input");
  options.check_rows = flags.whole("--test-rows", 1, kMostTestRows).value_or(options.check_rows);
  options.test_vectors = flags.text("--test-vectors").value_or("");
  const OnnxExportReport report = export_onnx(model, output, options);
  if (output == "-") return 0;
  if (flags.given("--json")) {
    print_out(json_text(report));
  } else if (!flags.given("--quiet")) {
    print_out(report_text(report, output, model.task()));
  }
  return 0;
}

}  // namespace

CommandSpec export_spec() {
  std::vector<FlagSpec> exported = {
      {"--to", FlagKind::text, "FORMAT", "c: one C99 file without dependencies; onnx: a graph of standard operators"},
      {"--output", FlagKind::text, "FILE", "where it goes, whole or not at all; - is standard output", {"-o"}},
      {"--name", FlagKind::text, "NAME",
       "c: what the file's names begin with (the file's own name without its ending)"},
      {"--int8", FlagKind::toggle, "",
       "c: weights in one byte each, with a scale for each unit; says what accuracy that costs"},
      {"--data", FlagKind::text, "DATA", "int8: a table with the target, on which the loss of accuracy is measured"},
      {"--single-input", FlagKind::toggle, "", "onnx: all columns in one input of floats, where all are numbers"},
      {"--test-vectors", FlagKind::text, "FILE.json", "onnx: the synthetic rows of its check, and predict's answers"},
      {"--test-rows", FlagKind::whole, "N", "synthetic rows in the self-test of c (32), in the check of onnx (1000)"},
      {"--json", FlagKind::toggle, "", "what was written, as JSON"},
  };
  return {"export",
          "Writes a model as something that runs without Gradus and takes raw columns.",
          {{"MODEL", "a model file that gradus train wrote"}},
          {{"Export", std::move(exported)},
           {"Reading --data", csv_flags()},
           {"Running", without(running_flags(), {"--threads"})}},
          "gradus export digits.safetensors --to c -o digits.c"};
}

int run_export(const Flags& flags) {
  apply_simd(flags);
  check_format(flags);
  check_together(flags);
  check_files(flags);
  Progress progress(flags.given("--quiet"));
  const Model model = Model::load(flags.positional(0));
  const std::string output = *flags.text("--output");
  // Said before anything is written, so that nothing is where it can't be said.
  if (output != "-" && !flags.given("--quiet") && !flags.given("--json"))
    print_out(model_text(flags.positional(0), model));
  return *flags.text("--to") == "c" ? run_export_c(flags, model, output, progress)
                                    : run_export_onnx(flags, model, output);
}

}  // namespace gradus::cli
