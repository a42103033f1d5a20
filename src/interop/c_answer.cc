#include "interop/c_answer.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "interop/c_text.h"
#include "nn/head.h"

namespace gradus {
namespace {

std::vector<std::string> target_names(const TargetEncoder& targets) {
  std::vector<std::string> names;
  for (const TargetColumn& column : targets.columns) names.push_back(column.name);
  return names;
}

std::string quantile_list(const Head& head) {
  std::string text;
  for (const double tau : head.quantiles) text += fmt::format("{}{}", text.empty() ? "" : ", ", tau);
  return text;
}

/// Member `name`[index] of every target into an array that the loops can use.
std::string array_of(const TargetEncoder& targets, const char* name, double TargetColumn::*member) {
  std::string text = fmt::format("  static const double {}[] = {{", name);
  for (std::size_t k = 0; k < targets.columns.size(); ++k)
    text += (k == 0 ? "" : ", ") + c_number(targets.columns[k].*member);
  return text + "};\n";
}

void declare_number_prediction(const Pipeline& pipeline, CSource& source) {
  source.add("  $real$ prediction[@@TARGETS]; /* in the units of the target */\n");
  if (pipeline.head.loss == Loss::quantile)
    source.add(fmt::format("  $real$ quantile[@@TARGETS][{}]; /* {} */\n", outputs_per_target(pipeline.head),
                           quantile_list(pipeline.head)));
  if (!pipeline.calibration.margins.empty())
    source.add(fmt::format("  $real$ lower[@@TARGETS], upper[@@TARGETS]; /* hold {} of new rows' targets */\n",
                           pipeline.calibration.coverage));
}

void answer_numbers(const Pipeline& pipeline, CSource& source) {
  const int64_t each = outputs_per_target(pipeline.head);
  source.add_verbatim(array_of(pipeline.targets, "scale", &TargetColumn::scale));
  source.add_verbatim(array_of(pipeline.targets, "mean", &TargetColumn::mean));
  if (!pipeline.calibration.margins.empty()) {
    std::string margins;
    for (const double margin : pipeline.calibration.margins)
      margins += (margins.empty() ? "" : ", ") + c_number(margin);
    source.add("  static const double margin[] = {" + margins + "};\n");
  }
  source.add("  int k;\n  for (k = 0; k < @@TARGETS; ++k) {\n");
  const auto output = [&](int64_t q) {
    const std::string index = each == 1 ? "k" : fmt::format("k * {} + {}", each, q);
    return fmt::format("($real$)((double)output[{}] / scale[k] + mean[k])", index);
  };
  source.add(fmt::format("    p->prediction[k] = {};\n", output(central_output(pipeline.head))));
  for (int64_t q = 0; pipeline.head.loss == Loss::quantile && q < each; ++q)
    source.add(fmt::format("    p->quantile[k][{}] = {};\n", q, output(q)));
  if (!pipeline.calibration.margins.empty()) {
    source.add(fmt::format("    {{\n      const $real$ lowest = {};\n      const $real$ highest = {};\n", output(0),
                           output(each - 1)));
    source.add(
        "      const double lower = (double)lowest - margin[k], upper = (double)highest + margin[k];\n"
        "      const double middle = 0.5 * (lower + upper);\n"
        "      p->lower[k] = ($real$)(lower > upper ? middle : lower);\n"
        "      p->upper[k] = ($real$)(lower > upper ? middle : upper);\n    }\n");
  }
  source.add_verbatim("  }\n");
}

void answer_class(const Pipeline& pipeline, CSource& source) {
  source.add("  int k, best = 0;\n");
  if (has_softmax(pipeline.head.loss)) {
    source.add(
        "  for (k = 0; k < @@CLASSES; ++k) {\n"
        "    p->probability[k] = output[k];\n"
        "    if (output[k] > output[best]) best = k;\n  }\n");
  } else {
    source.add(
        "  double sum = 0.0;\n"
        "  for (k = 0; k < @@CLASSES; ++k) {\n"
        "    sum += output[k] > $zero$ ? (double)output[k] : 0.0;\n"
        "    if (output[k] > output[best]) best = k;\n  }\n"
        "  for (k = 0; k < @@CLASSES; ++k) {\n"
        "    const double positive = output[k] > $zero$ ? (double)output[k] : 0.0;\n"
        "    p->probability[k] = ($real$)(sum > 0.0 ? positive / sum : 1.0 / @@CLASSES);\n  }\n");
  }
  source.add("  p->prediction = best;\n");
  if (pipeline.has_set())
    source.add(
        fmt::format("  for (k = 0; k < @@CLASSES; ++k)\n"
                    "    p->in_set[k] = (double)p->probability[k] >= {} || k == best;\n",
                    c_number(pipeline.calibration.least_probability)));
}

void answer_labels(const Pipeline& pipeline, CSource& source) {
  source.add(
      "  int k;\n  for (k = 0; k < @@TARGETS; ++k) {\n"
      "    const $real$ a = output[k];\n"
      "    p->probability[k] = a < $zero$ ? $zero$ : a > $one$ ? $one$ : a;\n"
      "    p->prediction[k] = (double)p->probability[k] >= 0.5;\n");
  if (pipeline.has_set())
    source.add(fmt::format("    p->in_set[k] = (double)p->probability[k] >= {};\n",
                           c_number(pipeline.calibration.least_probability)));
  source.add_verbatim("  }\n");
}

}  // namespace

void declare_prediction(const Pipeline& pipeline, CSource& source) {
  const bool classes = pipeline.targets.task == Task::classification;
  const std::size_t count = classes ? pipeline.targets.classes.size() : pipeline.targets.columns.size();
  source.add(fmt::format("\nenum {{ @@{} = {} }};\n", classes ? "CLASSES" : "TARGETS", count));
  source.add_verbatim("typedef struct {\n");
  if (pipeline.targets.task == Task::regression) {
    declare_number_prediction(pipeline, source);
  } else {
    const char* size = classes ? "CLASSES" : "TARGETS";
    source.add(classes ? "  int prediction; /* the index of the most probable class */\n"
                       : "  int prediction[@@TARGETS]; /* 1 where the probability is at least 1/2, else 0 */\n");
    source.add(fmt::format("  $real$ probability[@@{}];\n", size));
    if (pipeline.has_set())
      source.add(fmt::format("  int in_set[@@{}]; /* 1: in the set that holds {} of new rows' */\n", size,
                             pipeline.calibration.coverage));
  }
  source.add("} @prediction;\n\n");
  source.add(classes ? "extern const char *const @classes[@@CLASSES];\n"
                     : "extern const char *const @targets[@@TARGETS];\n");
}

void define_names(const Pipeline& pipeline, CSource& source) {
  source.add_verbatim("\n");
  if (pipeline.targets.task == Task::classification) {
    source.string_array("const char *const @classes", pipeline.targets.classes);
  } else {
    source.string_array("const char *const @targets", target_names(pipeline.targets));
  }
}

void define_answer(const Pipeline& pipeline, CSource& source) {
  source.add("\nstatic void @answer(const $real$ *output, @prediction *p) {\n");
  switch (pipeline.targets.task) {
    case Task::classification:
      answer_class(pipeline, source);
      break;
    case Task::multilabel:
      answer_labels(pipeline, source);
      break;
    case Task::regression:
      answer_numbers(pipeline, source);
      break;
  }
  source.add_verbatim("}\n");
}

}  // namespace gradus
