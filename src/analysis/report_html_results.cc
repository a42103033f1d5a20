// How well it went: curves, predictions, calibration, the worst rows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/html.h"
#include "analysis/report_sections.h"

namespace gradus {
namespace {

constexpr std::size_t kEpochsListed = 25;
constexpr std::size_t kClassesInTable = 20;
constexpr std::size_t kMetricsListed = 40;
constexpr std::size_t kColumnsOfImportance = 20;

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string rows_measured(const Json& measured) {
  const int64_t rows = measured.at("rows"), of = measured.at("of");
  const std::string kind = measured.at("rows_are");
  std::string out = rows < of
                        ? fmt::format("Measured on {} of {} {} rows", grouped_number(rows), grouped_number(of), kind)
                        : fmt::format("Measured on {}", counted(rows, kind + " row", kind + " rows"));
  if (kind == "training") out += ", which flatters: no rows were held out";
  const int64_t unknown = measured.at("rows_of_unknown_class");
  if (unknown > 0)
    out += fmt::format("; {} of a class that training never saw", counted(unknown, "row is", "rows are"));
  return "<p>" + out + ".</p>\n";
}

std::string metrics_table(const Json& metrics) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t m = 0; m < std::min(metrics.size(), kMetricsListed); ++m)
    rows.push_back({escaped(capitalised(metric_words(metrics[m][0].get<std::string>())), 60), shown(metrics[m][1])});
  return html_table({{"Metric"}, {"Value", true}}, rows, "metrics");
}

/// `share` of its row shades a cell.
std::string confusion_table(const Json& classes, const Json& confusion) {
  std::vector<HtmlColumn> columns = {{"true \\ predicted"}};
  for (const Json& each : classes) columns.push_back({each.at("name").get<std::string>(), true});
  columns.push_back({"recall", true});
  std::vector<std::vector<std::string>> rows;
  for (std::size_t t = 0; t < confusion.size(); ++t) {
    double total = 0.0;
    for (const Json& count : confusion[t]) total += count.get<double>();
    std::vector<std::string> row = {
        fmt::format("<th scope=\"row\">{}</th>", escaped(classes[t].at("name").get<std::string>(), 60))};
    for (std::size_t p = 0; p < confusion.size(); ++p) {
      const double count = confusion[t][p], share = total > 0.0 ? count / total : 0.0;
      row.push_back(fmt::format("<td class=\"number {}{}\" style=\"--share:{:.3f}\">{}</td>",
                                t == p ? "right" : "wrong",
                                share > 0.55   ? " strong"
                                : count == 0.0 ? " none"
                                               : "",
                                share, shown_number(count)));
    }
    row.push_back(total > 0.0 ? fmt::format("{:.1f} %", 100.0 * confusion[t][t].get<double>() / total) : "–");
    rows.push_back(std::move(row));
  }
  return html_table(columns, rows, "confusion");
}

std::string confused_table(const Json& confused) {
  if (confused.empty()) return "<p>No row got a wrong class.</p>\n";
  std::vector<std::vector<std::string>> rows;
  for (const Json& pair : confused)
    rows.push_back({shown(pair.at("true")), shown(pair.at("predicted")), shown(pair.at("rows"))});
  return html_table({{"True"}, {"Predicted"}, {"Rows", true}}, rows);
}

std::string labels_table(const Json& labels) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& label : labels) {
    const double hits = label.at("true_positive"), false_alarms = label.at("false_positive"),
                 missed = label.at("false_negative");
    const auto ratio = [](double a, double b) { return b > 0.0 ? fmt::format("{:.1f} %", 100.0 * a / b) : "–"; };
    rows.push_back({shown(label.at("name")), shown_number(hits + missed), shown_number(hits + false_alarms),
                    ratio(hits, hits + false_alarms), ratio(hits, hits + missed)});
  }
  return html_table(
      {{"Label"}, {"Rows that have it", true}, {"Predicted", true}, {"Precision", true}, {"Recall", true}}, rows);
}

std::string target_charts(const Json& measured, std::size_t target) {
  const std::string name =
      measured.at("targets").size() > 1 ? measured.at("targets")[target].at("name").get<std::string>() + ": p" : "P";
  return html_figure("scatter", name + "redicted against true", static_cast<int>(target)) +
         html_figure("errors", "Errors, predicted minus true", static_cast<int>(target));
}

std::string sample_note(const Json& measured) {
  if (!measured.contains("targets")) return "";
  const auto points = std::ssize(measured.at("targets")[0].at("points"));
  if (points == measured.at("rows").get<int64_t>()) return "";
  return fmt::format("<p class=\"note\">The points are a fixed sample of {} rows.</p>\n", grouped_number(points));
}

std::string prediction_tables(const Json& report) {
  const Json& measured = report.at("measured");
  std::string out;
  if (measured.contains("confusion")) {
    const Json& classes = report.at("data").at("classes");
    if (classes.size() <= kClassesInTable) {
      out += "<h3>Confusion matrix</h3>\n" + confusion_table(classes, measured.at("confusion"));
    } else {
      out += html_figure("confusion", "Confusion matrix: true classes down, predicted classes across");
    }
  }
  if (measured.contains("confused") && report.at("data").at("classes").size() > 3)
    out += "<h3>Most often confused</h3>\n" + confused_table(measured.at("confused"));
  if (measured.contains("labels")) out += "<h3>Labels</h3>\n" + labels_table(measured.at("labels"));
  for (std::size_t k = 0; measured.contains("targets") && k < measured.at("targets").size(); ++k)
    out += "<div class=\"pair\">\n" + target_charts(measured, k) + "</div>\n";
  return out;
}

std::string history_table(const Json& training) {
  const Json& history = training.at("history");
  std::vector<std::vector<std::string>> rows;
  const std::size_t lines = std::min(history.size(), kEpochsListed);
  for (std::size_t i = 0; i < lines; ++i) {
    const Json& record = history[lines == 1 ? 0 : i * (history.size() - 1) / (lines - 1)];
    rows.push_back({shown(record.at("epoch")), shown(record.at("train_loss")), shown(record.at("validation_loss")),
                    shown(record.at("metric")), shown(record.at("learning_rate"))});
  }
  return html_table({{"Epoch", true},
                     {"Training loss", true},
                     {"Validation loss", true},
                     {capitalised(metric_words(training.at("metric").get<std::string>())), true},
                     {"Learning rate", true}},
                    rows);
}

/// What a row's true or predicted value is written as: labels and several targets between commas.
std::string value_text(const Json& value) {
  if (!value.is_array()) return shown(value);
  if (value.empty()) return "none";
  std::string out;
  for (const Json& item : value) out += (out.empty() ? "" : ", ") + shown(item);
  return out;
}

/// A wrong class stands out.
std::string predicted_text(const Json& row, const std::string& task) {
  const std::string text = value_text(row.at("predicted"));
  return task != "regression" && row.at("true") != row.at("predicted") ? fmt::format("<b class=\"wrong\">{}</b>", text)
                                                                       : text;
}

std::string cell_text(const Json& value) {
  return value.is_null() ? "<span class=\"missing\">missing</span>" : shown(value);
}

}  // namespace

std::string metric_words(const std::string& metric) {
  const std::size_t colon = metric.find(':');
  const std::string name = metric.substr(0, colon), rest = colon == std::string::npos ? "" : metric.substr(colon);
  std::string words = name;
  std::replace(words.begin(), words.end(), '_', ' ');
  for (const auto& [from, to] :
       {std::pair("r2", "R²"), std::pair("auc", "AUC"), std::pair("rmse", "RMSE"), std::pair("mae", "MAE"),
        std::pair("ece", "ECE"), std::pair("f1_macro", "F1, macro"), std::pair("brier", "Brier score")})
    if (name == from) words = to;
  return words + rest;
}

std::string learning_section(const Json& report) {
  const Json& training = report.at("training");
  if (training.at("history").empty()) return html_section("learning", "Learning", "<p>No epoch was finished.</p>\n");
  const bool validated = !training.at("history")[0].at("validation_loss").is_null();
  std::string html = "<div class=\"trio\">\n" + html_figure("loss", "Loss by epoch");
  if (validated)
    html += html_figure("metric", fmt::format("Validation {} by epoch", metric_words(training.at("metric"))));
  html += html_figure("rate", "Learning rate by epoch") + "</div>\n";
  return html_section("learning", "Learning", html + html_details("Epochs as a table", history_table(training)));
}

std::string predictions_section(const Json& report) {
  const Json& measured = report.at("measured");
  const std::string metrics = metrics_table(measured.at("metrics"));
  const bool one_target = measured.contains("targets") && measured.at("targets").size() == 1;
  const std::string html = one_target
                               ? fmt::format("<div class=\"trio\">\n{}{}</div>\n", metrics, target_charts(measured, 0))
                               : fmt::format("<div class=\"beside\">\n<div>{}</div>\n<div>{}</div>\n</div>\n", metrics,
                                             prediction_tables(report));
  return html_section("predictions", "Predictions", rows_measured(measured) + html + sample_note(measured));
}

std::string calibration_section(const Json& report) {
  const Json& measured = report.at("measured");
  const Json& calibration = report.at("recipe").at("calibration");
  std::string html;
  if (measured.contains("reliability")) {
    const bool labels = report.at("data").at("task") == "multilabel";
    double rows = 0.0, gap = 0.0;
    std::vector<std::vector<std::string>> bins;
    for (const Json& bin : measured.at("reliability")) {
      const double weight = bin.at("rows");
      rows += weight;
      gap += weight * std::abs(bin.at("probability").get<double>() - bin.at("frequency").get<double>());
      bins.push_back({fmt::format("{:.2f} – {:.2f}", bin.at("low").get<double>(), bin.at("high").get<double>()),
                      shown_number(weight), fmt::format("{:.3f}", bin.at("probability").get<double>()),
                      fmt::format("{:.3f}", bin.at("frequency").get<double>())});
    }
    html += fmt::format(
        "<p>Where probabilities mean what they say, {} as often as their probability. Expected calibration error: "
        "<strong>{}</strong>, the mean gap over 15 bins.</p>\n",
        labels ? "labels are there" : "predicted classes are right",
        rows > 0.0 ? fmt::format("{:.4f}", gap / rows) : "–");
    html += "<div class=\"pair\">\n" +
            html_figure("reliability", labels ? "How often a label is there, by its probability"
                                              : "How often the predicted class is right, by its probability") +
            html_table({{"Probability"},
                        {labels ? "Labels" : "Rows", true},
                        {"Mean", true},
                        {labels ? "Are there" : "Are right", true}},
                       bins) +
            "</div>\n";
  }
  if (calibration.contains("temperatures")) {
    std::string temperatures;
    for (const Json& each : calibration.at("temperatures"))
      temperatures += (temperatures.empty() ? "" : ", ") + shown(each);
    html += fmt::format(
        "<p>Logits are divided by a temperature of {}, learned on {}: log loss {} before, {} after.</p>\n",
        temperatures, counted(calibration.at("temperature_rows").get<int64_t>(), "validation row", "validation rows"),
        shown(calibration.at("log_loss_before")), shown(calibration.at("log_loss")));
  }
  if (calibration.contains("coverage")) {
    const std::string rows = counted(calibration.at("coverage_rows").get<int64_t>(), "row", "rows");
    html += calibration.contains("margins")
                ? fmt::format(
                      "<p>Intervals hold {} of new rows: they reach {} beyond the prediction, learned from {} of "
                      "their own.</p>\n",
                      shown(calibration.at("coverage")), value_text(calibration.at("margins")), rows)
                : fmt::format(
                      "<p>Sets of classes hold {} of new rows: those at least {} probable, learned from {} of "
                      "their own.</p>\n",
                      shown(calibration.at("coverage")), shown(calibration.at("least_probability")), rows);
  }
  return html.empty() ? "" : html_section("calibration", "Calibration", html);
}

std::string importance_section(const Json& report) {
  const Json& importance = report.at("measured").at("importance");
  const Json& columns = importance.at("columns");
  if (columns.empty()) return "";
  const bool falls = importance.at("metric") == "r2";
  std::string html = fmt::format(
      "<p>How much {} {} when a column’s cells are shuffled among {} {} rows, the mean of {} shuffles. What several "
      "columns "
      "say alike counts for none of them.</p>\n",
      metric_words(importance.at("metric")), falls ? "falls" : "rises", shown(importance.at("rows")),
      report.at("measured").at("rows_are").get<std::string>(), shown(importance.at("repeats")));
  std::vector<std::vector<std::string>> rows;
  for (std::size_t c = 0; c < std::min(columns.size(), kColumnsOfImportance); ++c)
    rows.push_back({shown(columns[c].at("name")), fmt::format("{} <small>± {}</small>", shown(columns[c].at("mean")),
                                                              shown(columns[c].at("deviation")))});
  html += "<div class=\"pair\">\n" +
          html_figure("importance",
                      fmt::format("{} of {}", falls ? "Fall" : "Rise", metric_words(importance.at("metric")))) +
          html_table({{"Column"}, {falls ? "Fall" : "Rise", true}}, rows) + "</div>\n";
  if (columns.size() > kColumnsOfImportance)
    html += fmt::format("<p class=\"note\">The first {} columns of {}.</p>\n", kColumnsOfImportance,
                        shown(report.at("data").at("column_count")));
  return html_section("importance", "Importance of columns", html);
}

std::string worst_section(const Json& report) {
  const Json& worst = report.at("measured").at("worst");
  if (worst.at("rows").empty()) return "";
  const std::string task = report.at("data").at("task");
  std::vector<HtmlColumn> columns = {
      {"Row", true}, {"True", task == "regression"}, {"Predicted", task == "regression"}};
  if (task == "classification") columns.push_back({"p(true)", true});
  columns.push_back({task == "regression" ? "Error" : "Loss", true});
  for (std::size_t c = 0; c < worst.at("columns").size(); ++c) {
    const bool number = std::none_of(worst.at("rows").begin(), worst.at("rows").end(),
                                     [c](const Json& row) { return row.at("cells")[c].is_string(); });
    columns.push_back({worst.at("columns")[c].get<std::string>(), number});
  }
  std::vector<std::vector<std::string>> rows;
  for (const Json& each : worst.at("rows")) {
    std::vector<std::string> row = {shown(each.at("row")), value_text(each.at("true")), predicted_text(each, task)};
    if (task == "classification") row.push_back(shown(each.at("probability_of_true")));
    row.push_back(value_text(task == "regression" ? each.at("error") : each.at("loss")));
    for (const Json& cell : each.at("cells")) row.push_back(cell_text(cell));
    rows.push_back(std::move(row));
  }
  const auto all = report.at("data").at("column_count").get<std::size_t>();
  std::string html = fmt::format(
      "<p>The {} that the model gets most wrong. Look at them first: labels that are wrong, "
      "cells out of place, cases that are truly hard. Rows are counted from 1{}.</p>\n",
      counted(std::ssize(rows), "row", "rows"),
      worst.at("columns").size() < all
          ? fmt::format("; the {} most important of {} columns are shown", worst.at("columns").size(), all)
          : "");
  return html_section("worst", "Worst rows", html + html_table(columns, rows));
}

}  // namespace gradus
