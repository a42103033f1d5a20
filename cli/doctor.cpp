// gradus doctor: what would spoil training on a table, before it.
#include "gradus/doctor.h"

#include <fmt/format.h>

#include "gradus/error.h"
#include "gradus/table.h"

#include "commands.h"
#include "json_text.h"
#include "options.h"
#include "print.h"
#include "progress.h"
#include "signals.h"

namespace gradus::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kIndent = 4;
// Of findings of one kind so many are spelled out; of the rest the columns are listed.
constexpr std::size_t kSpelledOut = 3;

/// `text` in lines of at most kWidth bytes; all but the first begin with `indent` spaces.
std::string wrapped(const std::string& text, std::size_t first, std::size_t indent) {
  std::string out;
  std::size_t column = first, begin = 0;
  while (begin < text.size()) {
    const std::size_t space = std::min(text.find(' ', begin), text.size());
    if (column > first && column + 1 + space - begin > kWidth) {
      out += '\n';
      out.append(indent, ' ');
      column = first = indent;
    } else if (begin > 0) {
      out += ' ';
      ++column;
    }
    out += text.substr(begin, space - begin);
    column += space - begin;
    begin = space + 1;
  }
  return out;
}

std::string finding_text(const Finding& finding) {
  const std::string column = finding.column.empty() ? "" : fmt::format("\"{}\" ", printable(finding.column));
  return fmt::format("  {}\n      {}\n",
                     wrapped(fmt::format("{}: {}{}", finding.kind, column, printable(finding.evidence)), 2, kIndent),
                     wrapped("-> " + printable(finding.advice), 6, 9));
}

/// The findings from `begin` on that are of one severity and kind, and where they end.
std::string kind_text(const std::vector<Finding>& findings, std::size_t& begin) {
  const Finding& first = findings[begin];
  std::string out, others;
  std::size_t count = 0;
  for (; begin < findings.size() && findings[begin].kind == first.kind && findings[begin].severity == first.severity;
       ++begin, ++count) {
    if (count < kSpelledOut) {
      out += finding_text(findings[begin]);
    } else {
      others += (others.empty() ? "" : ", ") + shortened(findings[begin].column, 30);
    }
  }
  if (!others.empty())
    out += fmt::format(
        "  {}\n", wrapped(fmt::format("{}: and {} more: {}", first.kind, count - kSpelledOut, others), 2, kIndent));
  return out;
}

std::string heading(const DoctorReport& report) {
  std::string targets;
  for (const std::string& target : report.targets) targets += (targets.empty() ? "" : ", ") + printable(target);
  std::string out = fmt::format(
      "{}: {}, {}; target {}: {}", printable(report.source), counted(report.rows, "row", "rows"),
      counted(report.features, "column to learn from", "columns to learn from"), targets, name(report.task));
  if (report.classes > 0) out += fmt::format(" into {}", counted(report.classes, "class", "classes"));
  out += fmt::format("\n  {}\n", wrapped(printable(report.task_reason), 2, kIndent));
  if (report.examined_rows < report.rows)
    out += fmt::format("  judged by {} rows, evenly spread\n", grouped(report.examined_rows));
  return out;
}

std::string text_of(const DoctorReport& report) {
  std::string out = heading(report);
  const std::vector<Finding>& findings = report.findings;
  for (std::size_t i = 0; i < findings.size();) {
    const Severity severity = findings[i].severity;
    out += severity == Severity::error     ? "\nErrors: training refuses the table, or learns what will not hold\n"
           : severity == Severity::warning ? "\nWarnings: the model would be worse than it could be, or than it looks\n"
                                           : "\nNotes: true of the table and worth knowing\n";
    while (i < findings.size() && findings[i].severity == severity) out += kind_text(findings, i);
  }
  if (findings.empty()) return out + "\nnothing found that would spoil training\n";
  return out + fmt::format("\n{}, {}, {}\n", counted(report.count(Severity::error), "error", "errors"),
                           counted(report.count(Severity::warning), "warning", "warnings"),
                           counted(report.count(Severity::note), "note", "notes"));
}

/// Validation rows with the kinds that the table's columns have.
Table read_validation(const std::string& path, const Table& table, CsvOptions csv) {
  csv.categorical.clear();
  csv.numeric.clear();
  csv.mixed_as_text = true;
  const Table found = read_csv(path, csv);
  bool alike = true;
  for (int64_t column = 0; column < table.columns(); ++column) {
    const auto place = found.find(table.name(column));
    if (!place) continue;  // the library says what is absent
    alike = alike && found.kind(*place) == table.kind(column);
    (table.kind(column) == ColumnKind::text ? csv.categorical : csv.numeric).push_back(table.name(column));
  }
  return alike ? found : read_csv(path, csv);
}

}  // namespace

CommandSpec doctor_spec() {
  return {
      "doctor",
      "Finds what would spoil training on a table, with the column, the evidence and what to do.",
      {{"DATA", "a CSV or TSV file; - is standard input"}},
      {{"Output", {{"--json", FlagKind::toggle, "", "as JSON"}}},
       {"Data", joined({column_flags(), csv_flags(), {stream_flag()}})},
       {"Validation",
        {{"--validation", FlagKind::text, "FILE", "these rows will validate: finds those that training has as well"},
         {"--in-order", FlagKind::toggle, "", "the rows are in the order of time"}}},
       {"Running", running_flags()}},
      "gradus doctor data/credit_sample.csv --target Status"};
}

int run_doctor(const Flags& flags) {
  apply_simd(flags);
  if (!flags.given("--target")) throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
  if (flags.text("--validation") == "-") flags.fail("--validation", "found \"-\", expected a file");
  Progress progress(flags.given("--quiet"));
  const std::string path = flags.positional(0);
  const TrainOptions options = train_options(flags);
  CsvOptions csv = csv_options(flags);
  csv.mixed_as_text = true;
  csv.on_warning = [&progress](const std::string& text) { progress.message("warning: " + text); };
  csv.on_progress = [&](int64_t done, int64_t total) {
    progress.reading(path, done, total);
    return !interrupted();
  };
  const Table table = read_csv(path, csv);
  std::optional<Table> validation;
  if (const auto file = flags.text("--validation")) validation = read_validation(*file, table, csv);
  const DoctorReport report =
      doctor(table, options, validation ? &*validation : nullptr, [&](int64_t done, int64_t total) {
        progress.work("examining columns", done, total);
        return !interrupted();
      });
  progress.finish();
  if (flags.given("--json")) {
    print_out(json_text(report));
  } else if (!flags.given("--quiet")) {
    print_out(text_of(report));
  }
  const int64_t errors = report.count(Severity::error), warnings = report.count(Severity::warning);
  if (flags.given("--strict") && errors + warnings > 0)
    throw Error(ErrorCode::bad_data, {.file = path},
                fmt::format("found {} and {}, expected none because of --strict", counted(errors, "error", "errors"),
                            counted(warnings, "warning", "warnings")));
  return 0;
}

}  // namespace gradus::cli
