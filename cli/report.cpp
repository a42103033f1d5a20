#include "report.h"

#include <fmt/format.h>

#include <algorithm>

#include "outputs.h"
#include "print.h"

namespace gradus::cli {
namespace {

std::vector<std::pair<std::string, std::string>> flags_given(const Flags& flags, const CommandSpec& spec) {
  std::vector<std::pair<std::string, std::string>> given;
  for (const FlagGroup& group : spec.groups)
    for (const FlagSpec& flag : group.flags)
      if (flags.given(flag.name))
        given.emplace_back(flag.name, fmt::format("{}", fmt::join(flags.all(flag.name), " ")));
  return given;
}

}  // namespace

FlagSpec report_flag() {
  return {
      "--report", FlagKind::text, "FILE.html",
      "one page to look at, that needs no network: data, curves, confusion or scatter, calibration, the worst rows, "
      "the recipe"};
}

void check_report_file(const Flags& flags, const std::vector<std::string>& others) {
  const auto file = flags.text("--report");
  if (!file) return;
  if (!flags.given("--output")) flags.fail("--report", "found no --output, expected a model to report on");
  if (*file == "-") flags.fail("--report", "found \"-\", expected a file");
  if (std::find(others.begin(), others.end(), *file) != others.end())
    flags.fail("--report",
               fmt::format("found \"{}\", which is also another file of this command, expected one of its own",
                           printable(*file)));
  check_output("--report", *file, others);
}

std::optional<Report> watched_report(const Flags& flags, const CommandSpec& spec, const Table& table,
                                     const std::optional<Table>& validation, TrainOptions& options) {
  if (!flags.given("--report")) return std::nullopt;
  ReportOptions about;
  about.command = flags.command_line();
  about.given = flags_given(flags, spec);
  about.threads = std::max(options.threads, 1);
  Report report = validation ? Report(table, *validation, std::move(about)) : Report(table, std::move(about));
  report.watch(options);
  return report;
}

std::string write_report(const Flags& flags, const std::optional<Report>& report, const Model& model) {
  if (!report) return "";
  const std::string path = *flags.text("--report");
  report->write(model, path);
  return fmt::format("report    {}{}\n", printable(path),
                     report_has_charts() ? "" : ", without charts: this build had no charts library from npm");
}

}  // namespace gradus::cli
