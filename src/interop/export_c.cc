// The C file put together.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gradus/error.h"
#include "gradus/export.h"
#include "gradus/info.h"
#include "gradus/output_file.h"

#include "base/quote.h"
#include "interop/c_answer.h"
#include "interop/c_columns.h"
#include "interop/c_functions.h"
#include "interop/c_network.h"
#include "interop/c_self_check.h"
#include "interop/c_text.h"
#include "interop/int8.h"
#include "interop/synthetic_rows.h"

namespace gradus {
namespace {

constexpr int64_t kMostTestRows = 10'000;
constexpr uint64_t kTestSeed = 1;

std::string checked_name(const std::string& path, const CExportOptions& options) {
  if (options.name.empty()) return path == "-" ? "model" : c_name_from_path(path);
  if (is_c_name(options.name)) return options.name;
  throw Error(
      ErrorCode::usage,
      fmt::format("--name: found {}, expected a letter, then letters, digits and underscores, at most 40 in all",
                  in_quotes(options.name)));
}

void check_text(const char* what, const std::string& text) {
  if (text.find('\0') == std::string::npos) return;
  throw Error(ErrorCode::bad_data, fmt::format("{} {}: found a NUL character, which ends a string in C, expected none",
                                               what, in_quotes(text)));
}

/// A C string ends at its first NUL.
void check_texts(const Pipeline& pipeline) {
  for (const ColumnEncoding& column : pipeline.encoder.columns) {
    const auto* category = std::get_if<CategoryEncoding>(&column.encoding);
    if (category == nullptr) continue;
    for (const std::string& text : category->categories) check_text("category", text);
  }
  for (const std::string& text : pipeline.targets.classes) check_text("class", text);
  for (const TargetColumn& target : pipeline.targets.columns) check_text("target", target.name);
}

int64_t count_activations(const Pipeline& pipeline) {
  int64_t count = 0;
  for (const Step& step : pipeline.steps)
    if (std::holds_alternative<ActivateStep>(step.what)) count += step.width;
  return count;
}

int64_t count_stack(const Pipeline& pipeline, int64_t members) {
  int64_t values = 2 * pipeline.widest();
  if (members > 1) values += pipeline.features() + pipeline.outputs();
  for (const int64_t width : pipeline.slot_widths) values += width;
  return values * (pipeline.single() ? 4 : 8);
}

std::string answer_text(const TargetEncoder& targets) {
  if (targets.task == Task::classification) return fmt::format("one of {} classes", targets.classes.size());
  return fmt::format("{} {}", targets.columns.size(), targets.task == Task::multilabel ? "labels" : "numbers");
}

void write_header(const Pipeline& pipeline, const CExportReport& report, bool int8, CSource& source) {
  source.add(fmt::format(
      "/* @predict: {} from {} columns. Written by gradus {}.\n\n"
      "   Parameters: {} bytes{}. A prediction: {} multiply-adds, {} activations, {} bytes of stack for\n"
      "   arrays, no allocation.\n\n"
      "   Compile this file as C99 and link the C library's mathematics (-lm). Elsewhere define @@DECLARATIONS_ONLY "
      "and\n"
      "   include it for the declarations. With @@SELF_TEST defined it is a program that tests itself. */\n",
      answer_text(pipeline.targets), report.columns, version(), report.parameter_bytes, int8 ? ", weights in int8" : "",
      report.multiply_adds, report.activations, report.stack_bytes));
}

void declare(const Pipeline& pipeline, const std::vector<std::string>& members, CSource& source) {
  source.add("#ifndef @@DECLARED\n#define @@DECLARED\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
  declare_row(pipeline.encoder, members, source);
  declare_prediction(pipeline, source);
  source.add(
      "/* Any number of threads may predict at once. */\n"
      "void @predict(const @row *row, @prediction *prediction);\n\n"
      "#ifdef __cplusplus\n}\n#endif\n#endif /* @@DECLARED */\n");
}

void define(const std::vector<Pipeline>& members, const std::vector<std::vector<Int8Weight>>& int8,
            const std::vector<std::string>& columns, CSource& source) {
  const Pipeline& pipeline = members.front();
  source.add(
      "\n#ifndef @@DECLARATIONS_ONLY\n#include <float.h>\n#include <math.h>\n#include <stddef.h>\n"
      "#include <stdint.h>\n#include <string.h>\n"
      "#ifdef __clang__\n#pragma STDC FP_CONTRACT OFF\n#endif\n");
  define_names(pipeline, source);
  source.add_verbatim("\n");
  for (std::size_t m = 0; m < members.size(); ++m)
    define_parameters(members[m], int8.empty() ? std::vector<Int8Weight>() : int8[m], c_member(members, m), source);
  CFunctions needed;
  need_encoding(pipeline.encoder, needed);
  need_network(pipeline, !int8.empty(), needed);
  write_functions(needed, source);
  define_encoding(pipeline, columns, source);
  define_network(members, !int8.empty(), source);
  define_answer(pipeline, source);
  source.add(
      fmt::format("\nvoid @predict(const @row *row, @prediction *prediction) {{\n"
                  "  $real$ a[{0}], b[{0}];\n"
                  "  @encode(row, a);\n"
                  "  @answer(@network(a, b), prediction);\n"
                  "}}\n",
                  pipeline.widest()));
}

}  // namespace

CExportReport export_c(const Model& model, const std::string& path, const CExportOptions& options) {
  if (options.self_test_rows < 1 || options.self_test_rows > kMostTestRows)
    throw Error(ErrorCode::usage,
                fmt::format("--test-rows: found {}, expected from 1 to {}", options.self_test_rows, kMostTestRows));
  CExportReport report;
  report.name = checked_name(path, options);
  ModelData data = model.data();
  std::vector<Pipeline> members = make_pipelines(data);
  const Pipeline& pipeline = members.front();
  check_texts(pipeline);
  std::vector<std::vector<Int8Weight>> int8;
  for (Pipeline& one : members)
    if (options.int8) int8.push_back(quantise(one));
  data.network = joined(members);
  if (options.int8) report.int8_loss = measure_loss(model.data(), data);
  report.columns = std::ssize(pipeline.encoder.columns);
  const auto count = std::ssize(members);
  report.parameter_bytes = count * parameter_bytes(pipeline, int8.empty() ? std::vector<Int8Weight>() : int8[0]);
  report.multiply_adds = count * pipeline.multiply_adds();
  report.activations = count * count_activations(pipeline);
  report.stack_bytes = count_stack(pipeline, count);

  CSource source(report.name, pipeline.single());
  const std::vector<std::string> columns = column_members(pipeline.encoder);
  write_header(pipeline, report, options.int8, source);
  declare(pipeline, columns, source);
  define(members, int8, columns, source);
  const std::vector<RawRow> rows = synthetic_rows(pipeline.encoder, options.self_test_rows, kTestSeed);
  define_self_test(pipeline, rows, answers(data, rows), source);
  source.add("#endif /* @@DECLARATIONS_ONLY */\n");
  OutputFile output(path);
  output.write(source.text());
  output.commit();
  return report;
}

}  // namespace gradus
