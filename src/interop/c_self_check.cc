#include "interop/c_self_check.h"

#include <fmt/format.h>

#include <string_view>

#include "interop/c_text.h"
#include "nn/head.h"

namespace gradus {
namespace {

// Of probabilities, and of numbers over the scale of their target.
constexpr double kToleranceSingle = 1e-6;
constexpr double kToleranceDouble = 1e-12;

std::string cell(const ColumnEncoding& column, const RawCell& raw) {
  if (column.kind() == ColumnKind::numeric) return c_number_or_nan(raw.number);
  return raw.text ? c_string(*raw.text) : "NULL";
}

/// In braces, `each` to a brace of their own where there are more.
std::string initialiser(const std::vector<double>& values, bool single, std::size_t each = 0) {
  std::string text = "{";
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (each != 0 && k % each == 0) text += k == 0 ? "{" : "}, {";
    if (k != 0 && (each == 0 || k % each != 0)) text += ", ";
    text += single ? c_number(static_cast<float>(values[k])) : c_number(values[k]);
  }
  return text + (each != 0 ? "}}" : "}");
}

std::string whole_numbers(const auto& values) {
  std::string text = "{";
  for (std::size_t k = 0; k < values.size(); ++k)
    text += fmt::format("{}{}", k == 0 ? "" : ", ", values[k] != 0 ? 1 : 0);
  return text + "}";
}

/// The members of the prediction's struct in their order.
std::string prediction(const Pipeline& pipeline, const Answer& answer) {
  const bool single = pipeline.single();
  std::vector<std::string> members;
  if (pipeline.targets.task == Task::classification) members.push_back(fmt::format("{}", answer.label));
  if (pipeline.targets.task == Task::multilabel) members.push_back(whole_numbers(answer.predictions));
  if (pipeline.targets.task == Task::regression) members.push_back(initialiser(answer.predictions, single));
  if (!answer.probabilities.empty()) members.push_back(initialiser(answer.probabilities, single));
  if (!answer.quantiles.empty())
    members.push_back(
        initialiser(answer.quantiles, single, static_cast<std::size_t>(outputs_per_target(pipeline.head))));
  if (!answer.intervals.empty()) {
    std::vector<double> ends[2];
    for (std::size_t k = 0; k < answer.intervals.size(); ++k) ends[k % 2].push_back(answer.intervals[k]);
    members.push_back(initialiser(ends[0], single));
    members.push_back(initialiser(ends[1], single));
  }
  if (!answer.in_set.empty()) members.push_back(whole_numbers(answer.in_set));
  std::string text = "{";
  for (const std::string& member : members) text += (text.size() > 1 ? ", " : "") + member;
  return text + "}";
}

constexpr std::string_view kMain = R"(
static void @compare(double found, double expected, double scale, double *largest) {
  const double difference = fabs(found - expected) * scale;
  if (!(difference <= *largest)) *largest = difference;
}

int main(void) {
  const int count = (int)(sizeof @test_rows / sizeof @test_rows[0]);
  double largest = 0.0;
  int i, k, wrong = 0;
  for (i = 0; i < count; ++i) {
    const @prediction *want = &@test_predictions[i];
    @prediction got;
    @predict(&@test_rows[i], &got);
$compare$  }
  fprintf(stdout, "$name$: %d synthetic rows, largest difference from the model %.3g$unit$, %d predicted otherwise\n",
          count, largest, wrong);
  return largest <= $tolerance$ && wrong == 0 ? 0 : 1;
}
)";

// A prediction may differ from the model's where rounding decides between two as probable.
constexpr std::string_view kCompareClass = R"(    for (k = 0; k < @@CLASSES; ++k)
      @compare((double)got.probability[k], (double)want->probability[k], 1.0, &largest);
    if (fabs((double)(got.probability[got.prediction] - got.probability[want->prediction])) > 2.0 * $tolerance$) ++wrong;
)";
constexpr std::string_view kCompareLabels = R"(    for (k = 0; k < @@TARGETS; ++k) {
      @compare((double)got.probability[k], (double)want->probability[k], 1.0, &largest);
      if (got.prediction[k] != want->prediction[k] && fabs((double)got.probability[k] - 0.5) > $tolerance$) ++wrong;
    }
)";

std::string compare_numbers(const Pipeline& pipeline) {
  std::string scales;
  for (const TargetColumn& column : pipeline.targets.columns)
    scales += (scales.empty() ? "" : ", ") + c_number(column.scale);
  std::string text = "    {\n      static const double scale[] = {" + scales + "};\n";
  text += "      for (k = 0; k < @@TARGETS; ++k) {\n";
  const auto add = [&](const std::string& member) {
    text += fmt::format("        @compare((double)got.{0}, (double)want->{0}, scale[k], &largest);\n", member);
  };
  add("prediction[k]");
  for (int64_t q = 0; pipeline.head.loss == Loss::quantile && q < outputs_per_target(pipeline.head); ++q)
    add(fmt::format("quantile[k][{}]", q));
  if (!pipeline.calibration.margins.empty()) {
    add("lower[k]");
    add("upper[k]");
  }
  return text + "      }\n    }\n";
}

}  // namespace

void define_self_test(const Pipeline& pipeline, const std::vector<RawRow>& rows, const std::vector<Answer>& expected,
                      CSource& source) {
  source.add("\n#ifdef @@SELF_TEST\n#include <stdio.h>\n\n");
  source.add(
      "/* Drawn from the columns' ranges and categories, missing and unseen among them; no training rows. */\n"
      "static const @row @test_rows[] = {\n");
  for (const RawRow& row : rows) {
    std::string text = "  {";
    for (std::size_t c = 0; c < row.size(); ++c)
      text += (c == 0 ? "" : ", ") + cell(pipeline.encoder.columns[c], row[c]);
    source.add_verbatim(text + "},\n");
  }
  source.add("};\nstatic const @prediction @test_predictions[] = {\n");
  for (const Answer& answer : expected) source.add_verbatim("  " + prediction(pipeline, answer) + ",\n");
  source.add_verbatim("};\n");
  source.token("tolerance", c_number(source.single() ? kToleranceSingle : kToleranceDouble));
  source.token("unit", pipeline.targets.task == Task::regression ? " deviations" : "");
  source.token("name", source.prefix());
  // The comparison has places of its own, so it is put in before the rest is filled in.
  const std::string compare = pipeline.targets.task == Task::classification ? std::string(kCompareClass)
                              : pipeline.targets.task == Task::multilabel   ? std::string(kCompareLabels)
                                                                            : compare_numbers(pipeline);
  std::string text(kMain);
  text.replace(text.find("$compare$"), std::string_view("$compare$").size(), compare);
  source.add(text);
  source.add("#endif /* @@SELF_TEST */\n");
}

}  // namespace gradus
