#include "train_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

#include "print.h"

namespace gradus::cli {
namespace {

constexpr std::size_t kColumnsShown = 12;
constexpr std::size_t kClassesShown = 12;
constexpr std::size_t kNameWidth = 40;

std::string list_of(const std::vector<std::string>& names, std::size_t most) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) shown.push_back(shortened(names[i], kNameWidth));
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() > most) text += fmt::format(", ... ({} more)", names.size() - most);
  return text;
}

std::string column_line(const ColumnSummary& column) {
  std::string line = fmt::format("  {}: {}", shortened(column.name, kNameWidth), column.kind);
  if (column.kind == "text") line += fmt::format(", {}", counted(column.categories, "category", "categories"));
  if (column.missing > 0) line += fmt::format(", {} missing", grouped(column.missing));
  return line + fmt::format(" -> {}\n", counted(column.width, "feature", "features"));
}

// Columns that a reader learns something from: all of a few, else those that are text or have gaps.
std::string columns_text(const std::vector<ColumnSummary>& columns) {
  const auto count = [&columns](auto&& what) {
    return static_cast<int64_t>(std::count_if(columns.begin(), columns.end(), what));
  };
  const int64_t text = count([](const ColumnSummary& column) { return column.kind == "text"; });
  const int64_t gaps = count([](const ColumnSummary& column) { return column.missing > 0; });
  std::string out = fmt::format("columns   {} numeric, {} text, {} with missing cells\n",
                                grouped(static_cast<int64_t>(columns.size()) - text), grouped(text), grouped(gaps));
  std::size_t shown = 0;
  for (const ColumnSummary& column : columns) {
    const bool worth_a_line = columns.size() <= kColumnsShown || column.kind == "text" || column.missing > 0;
    if (worth_a_line && shown++ < kColumnsShown) out += column_line(column);
  }
  if (shown > kColumnsShown) out += fmt::format("  ... {} more like these\n", shown - kColumnsShown);
  return out;
}

/// " -> 32 (8 periodic)"
std::string embed_text(const Embed& embed) {
  int64_t width = 0, periodic = 0, tables = 0;
  for (const ColumnEmbedding& column : embed.columns) {
    width += column.outputs;
    periodic += column.kind == ColumnEmbedding::Kind::periodic ? 1 : 0;
    tables += column.kind == ColumnEmbedding::Kind::category ? 1 : 0;
  }
  std::vector<std::string> kinds;
  if (periodic > 0) kinds.push_back(fmt::format("{} periodic", periodic));
  if (tables > 0) kinds.push_back(fmt::format("{} of categories", tables));
  return fmt::format(" -> {} ({})", width, fmt::join(kinds, ", "));
}

std::string network_text(const NetworkSpec& network) {
  std::string out = fmt::format("{} inputs", network.inputs);
  if (network.inputs == 1) out.pop_back();
  for (const Op& op : network.ops) {
    if (const auto* affine = std::get_if<Affine>(&op)) out += fmt::format(" -> {}", affine->outputs);
    if (const auto* activate = std::get_if<Activate>(&op)) out += fmt::format(" {}", name(activate->activation));
    if (std::holds_alternative<BatchNorm>(op)) out += " (batch norm)";
    if (const auto* embed = std::get_if<Embed>(&op)) out += embed_text(*embed);
    if (std::holds_alternative<Scale>(op)) out += " (scaled)";
    if (std::holds_alternative<Blend>(op)) out += " (parametric)";
    if (std::holds_alternative<LayerNorm>(op)) out += " (layer norm)";
    if (std::holds_alternative<Residual>(op)) out += " (residual)";
    if (const auto* dropout = std::get_if<Dropout>(&op)) out += fmt::format(" (dropout {})", dropout->rate);
  }
  return out + fmt::format(", {}", describe(network.head));
}

std::string weights_text(const TrainingStart& start) {
  std::string out;
  if (!start.weights.empty())
    out += fmt::format("\nweights   {}: {:.6g} in all", shortened(start.weights, kNameWidth), start.total_weight);
  std::vector<std::string> classes;
  for (std::size_t k = 0; k < std::min(start.class_weights.size(), kClassesShown); ++k)
    classes.push_back(fmt::format("{} {:.6g}", shortened(start.classes[k], kNameWidth), start.class_weights[k]));
  if (classes.empty()) return out;
  return out + fmt::format("\nweights   by class: {}{}", fmt::join(classes, ", "),
                           start.class_weights.size() > classes.size() ? ", ..." : "");
}

const EpochRecord* best_record(const std::vector<EpochRecord>& history) {
  const EpochRecord* best = history.empty() ? nullptr : &history.back();
  for (const EpochRecord& record : history) {
    if (record.best) best = &record;
  }
  return best;
}

std::string calibration_text(const Model& model) {
  std::string out;
  const Calibration& found = model.calibration();
  if (found.temperature_rows > 0) {
    std::vector<std::string> temperatures;
    for (const double temperature : model.temperatures()) temperatures.push_back(brief(temperature));
    out += fmt::format("calibrated temperature {} from {}: their log loss {} -> {}\n",
                       list_of(temperatures, kClassesShown),
                       counted(found.temperature_rows, "validation row", "validation rows"),
                       brief(found.log_loss_before), brief(found.log_loss));
  }
  if (found.coverage == 0.0) return out;
  const std::string rows = counted(found.coverage_rows, "row", "rows");
  if (found.margins.empty())
    return out + fmt::format("coverage  {} by sets of all that are {} or more probable, from {}\n", found.coverage,
                             brief(found.least_probability), rows);
  std::vector<std::string> margins;
  for (const double margin : found.margins) margins.push_back(brief(margin));
  return out + fmt::format("coverage  {} by intervals that reach {} beyond the prediction, from {}\n", found.coverage,
                           list_of(margins, kClassesShown), rows);
}

/// Rows that no network by itself is checked on check one of several.
std::string rows_text(const TrainingStart& start) {
  std::string out = fmt::format("rows      {} to train on", grouped(start.training_rows));
  if (start.members > 1 && start.validation_rows == 0)
    return out + fmt::format(", each network checked on a part of its own");
  return out + fmt::format(", {} to validate on", grouped(start.validation_rows));
}

}  // namespace

std::string start_text(const std::string& data, const TrainingStart& start) {
  std::string out =
      fmt::format("data      {}: {}, {} used as features\n", printable(data), counted(start.rows, "row", "rows"),
                  counted(static_cast<int64_t>(start.columns.size()), "column", "columns"));
  out += fmt::format("target    {}: {}\n", list_of(start.targets, kClassesShown), name(start.task));
  if (!start.task_reason.empty()) out += fmt::format("          {}\n", printable(start.task_reason));
  if (!start.classes.empty())
    out += fmt::format("classes   {}: {}\n", start.classes.size(), list_of(start.classes, kClassesShown));
  out += columns_text(start.columns);
  out += rows_text(start);
  if (start.calibration_rows > 0) out += fmt::format(", {} to calibrate on", grouped(start.calibration_rows));
  if (start.rows_without_target > 0)
    out += fmt::format(", {} left out for want of a target", grouped(start.rows_without_target));
  out += weights_text(start);
  out += fmt::format("\nnetwork   {}: {}{}\n", network_text(start.network),
                     counted(start.parameters, "parameter", "parameters"),
                     start.members > 1 ? fmt::format(" in each of {}", start.members) : "");
  if (!start.solver_reason.empty()) out += fmt::format("solver    {}\n", start.solver_reason);
  return out + fmt::format("recipe    {}\n", printable(start.recipe));
}

std::string result_text(const Model& model, const std::string& data, const std::string& output,
                        const std::string& metric, const std::string& flags) {
  std::string out;
  const std::vector<EpochRecord>& history = model.history();
  if (const EpochRecord* best = best_record(history)) {
    std::string reason(name(model.stop_reason()));
    std::replace(reason.begin(), reason.end(), '_', ' ');
    out += model.members() > 1
               ? fmt::format("result    {}, {} networks, {} epochs in all; the last one's best: ", reason,
                             model.members(), history.size())
               : fmt::format("result    {}, best epoch {} of {}: ", reason, best->epoch, history.size());
    if (std::isnan(best->validation_loss)) {
      out += fmt::format("training loss {}, no validation rows\n", brief(best->train_loss));
    } else {
      out += fmt::format("validation loss {}, {} {}\n", brief(best->validation_loss), metric_label(metric),
                         brief(best->validation_metric));
    }
  }
  out += calibration_text(model);
  if (output == "-") return out;
  const std::string next = data == "-" ? "NEW.csv" : shell_word(data);
  return out + fmt::format(
                   "model     {0}\nnext      gradus evaluate {1} {2}{3}\n"
                   "          gradus predict {1} {2}{3} -o predictions.csv\n",
                   printable(output), shell_word(output), next, flags);
}

}  // namespace gradus::cli
