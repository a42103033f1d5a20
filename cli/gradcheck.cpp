// gradus gradcheck: the analytic gradient against central differences, on the user's own data and network.
#include <fmt/format.h>

#include "gradus/analysis.h"
#include "gradus/error.h"
#include "gradus/table.h"

#include "commands.h"
#include "json_text.h"
#include "options.h"
#include "print.h"
#include "progress.h"

namespace gradus::cli {
namespace {

std::string text_of(const GradcheckResult& result) {
  std::string out =
      fmt::format("checked   {} of {} over {}, float64\n", grouped(result.checked),
                  counted(result.parameters, "parameter", "parameters"), counted(result.rows, "row", "rows"));
  if (result.skipped_at_kinks > 0)
    out += fmt::format("skipped   {} whose step crosses a kink of the activation\n", grouped(result.skipped_at_kinks));
  out += fmt::format("objective {}\n", brief(result.objective));
  if (result.checked > 0)
    out += fmt::format("largest   relative difference {:.3g} at {}: analytic {:.10g}, central difference {:.10g}\n",
                       result.largest_relative_difference, printable(result.where), result.analytic, result.numeric);
  return out + fmt::format("{}    tolerance {:g}\n", result.passed ? "passed" : "FAILED", result.tolerance);
}

}  // namespace

CommandSpec gradcheck_spec() {
  return {"gradcheck",
          "Holds the gradient against central differences in float64, on your data and network.",
          {{"DATA", "a CSV or TSV file; - is standard input"}},
          {{"Output", {{"--json", FlagKind::toggle, "", "as JSON"}}},
           {"Data", joined({column_flags(), csv_flags()})},
           {"Network", network_flags()},
           {"Tables", tabular_flags()},
           {"Running", running_flags()}},
          "gradus gradcheck data/iris.csv --target species --hidden \"8 tanh\""};
}

int run_gradcheck(const Flags& flags) {
  apply_simd(flags);
  if (!flags.given("--target")) throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
  Progress progress(flags.given("--quiet"));
  const bool strict = flags.given("--strict");
  const auto warn = [&progress, strict](const std::string& text) {
    if (strict) throw Error(ErrorCode::bad_data, text + " (an error because of --strict)");
    progress.message("warning: " + text);
  };
  TrainOptions options = train_options(flags);
  options.on_warning = warn;
  CsvOptions csv = csv_options(flags);
  csv.float64 = true;
  csv.on_warning = warn;
  const GradcheckResult result = gradcheck(read_csv(flags.positional(0), csv), options);
  progress.finish();
  if (flags.given("--json")) {
    print_out(json_text(result));
  } else if (!flags.given("--quiet")) {
    print_out(text_of(result));
  }
  if (result.passed) return 0;
  throw Error(ErrorCode::internal, fmt::format("found a relative difference of {:.3g} at {}, expected at most {:g}",
                                               result.largest_relative_difference, result.where, result.tolerance));
}

}  // namespace gradus::cli
