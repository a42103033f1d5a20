// gradus predict: one output row per input row, in order.
#include <fmt/format.h>

#include "gradus/error.h"
#include "gradus/model.h"

#include "commands.h"
#include "options.h"
#include "outputs.h"
#include "print.h"
#include "progress.h"
#include "signals.h"

namespace gradus::cli {

CommandSpec predict_spec() {
  std::vector<FlagSpec> prediction = {
      {"--output",
       FlagKind::text,
       "OUT.csv",
       "where the predictions go, whole or not at all; - is standard output (-)",
       {"-o"}},
      {"--keep", FlagKind::list, "COL,...", "columns of DATA passed through"},
      {"--threshold", FlagKind::number, "P",
       "for two classes: the second is predicted when its probability is at least P (0.5)"},
      {"--strict", FlagKind::toggle, "", "a category that training never saw is an error, not `unknown`"},
  };
  return {"predict",
          "Predicts every row of a table, in order.",
          {{"MODEL", "a model file that gradus train wrote"},
           {"DATA", "a CSV or TSV file with the model's columns, in any order; - is standard input"}},
          {{"Prediction", std::move(prediction)}, {"Data", csv_flags()}, {"Running", running_flags()}},
          "gradus predict digits.safetensors data/digits.csv --keep digit -o predictions.csv"};
}

int run_predict(const Flags& flags) {
  apply_simd(flags);
  const std::string& model_path = flags.positional(0);
  const std::string& data = flags.positional(1);
  const std::string output = flags.text("--output").value_or("-");
  std::vector<std::string> inputs = {model_path, data};
  if (const auto config = flags.text("--config")) inputs.push_back(*config);
  check_output("--output", output, inputs);

  Progress progress(flags.given("--quiet"));
  PredictOptions options = predict_options(flags);
  CsvOptions csv = csv_options(flags);
  options.on_warning = [&progress](const std::string& text) { progress.message("warning: " + text); };
  csv.on_warning = options.on_warning;
  csv.on_progress = [&progress, &data, &output](int64_t done, int64_t total) {
    if (output != "-") progress.reading(printable(data), done, total);
    return !interrupted();
  };
  const Model model = Model::load(model_path);
  // A temporary file stands beside the output until it is whole, and must be removed on the way out.
  if (output != "-") end_at_first_signal(false);
  const PredictSummary summary = predict_csv(model, data, output, options, csv);
  progress.finish();
  if (interrupted()) return interrupted_exit_code();
  if (output != "-")
    progress.message(fmt::format("{} predicted: {}", counted(summary.rows, "row", "rows"), printable(output)));
  return 0;
}

}  // namespace gradus::cli
