// The page as a whole: what it is about, how it went in a few figures, then section by section.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analysis/html.h"
#include "analysis/report.h"
#include "analysis/report_sections.h"
#include "analysis/web_page.h"

namespace gradus {
namespace {

std::string target_names(const Json& data) {
  std::string names;
  const Json& targets = data.at("targets");
  const std::size_t listed = std::min<std::size_t>(targets.size(), 3);
  for (std::size_t k = 0; k < listed; ++k) names += (k == 0 ? "" : ", ") + targets[k].at("name").get<std::string>();
  return targets.size() > listed ? fmt::format("{} and {} more", names, targets.size() - listed) : names;
}

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string lead(const Json& data) {
  const std::string task = data.at("task");
  const std::string source = data.at("source");
  std::string what = task == "regression" ? "A regression" : "A classification with several labels";
  if (task == "classification") what = fmt::format("A classification into {} classes", data.at("classes").size());
  return fmt::format("{}, learned from {} and {} of {}.", what, counted(data.at("rows").get<int64_t>(), "row", "rows"),
                     counted(data.at("column_count").get<int64_t>(), "column", "columns"),
                     source.empty() ? "a table" : "<code>" + escaped(file_name(source)) + "</code>");
}

std::string how_it_ended(const Json& report) {
  const Json& training = report.at("training");
  const std::string reason = training.at("stop_reason");
  const std::string epochs = counted(std::ssize(training.at("history")), "epoch", "epochs");
  const int64_t best = training.at("best_epoch");
  const std::string kept =
      best == 0 ? "the weights are the initial ones" : fmt::format("the weights are those of epoch {}", best);
  if (reason == "early_stopping") return fmt::format("Stopped after {} without further improvement; {}.", epochs, kept);
  if (reason == "interrupted")
    return fmt::format("<strong>Interrupted after {}</strong>: this is the best model so far; {}.", epochs, kept);
  if (reason == "diverged")
    return fmt::format("<strong>Diverged after {}</strong>: this is the last good model; {}.", epochs, kept);
  return fmt::format("Ran for {}; {}.", epochs, kept);
}

std::string tile(std::string_view label, const std::string& value, std::string_view note = "") {
  return fmt::format("<div><dt>{}</dt><dd>{}{}</dd></div>\n", label, value,
                     note.empty() ? "" : fmt::format("<small>{}</small>", note));
}

std::string tiles(const Json& report) {
  const Json& data = report.at("data");
  const Json& measured = report.at("measured");
  const std::vector<std::string> wanted = data.at("task") == "regression"
                                              ? std::vector<std::string>{"r2", "rmse", "mae"}
                                              : std::vector<std::string>{"accuracy", "log_loss", "auc"};
  const std::string of = fmt::format("{} rows", measured.at("rows_are").get<std::string>());
  std::string out = "<dl class=\"tiles\">\n";
  for (const std::string& name : wanted)
    for (const Json& metric : measured.at("metrics"))
      if (metric[0] == name) out += tile(metric_words(name), shown(metric[1]), of);
  out += tile("Rows to learn from", shown(data.at("training_rows")),
              fmt::format("{} to validate on", shown(data.at("validation_rows"))));
  out += tile("Best epoch", shown(report.at("training").at("best_epoch")),
              fmt::format("of {}", report.at("training").at("history").size()));
  out += tile("Parameters", shown(report.at("recipe").at("parameters")),
              counted(std::ssize(report.at("recipe").at("layers")), "layer", "layers"));
  return out + "</dl>\n";
}

std::string warnings(const Json& report) {
  if (report.at("warnings").empty()) return "";
  std::string out = "<ul class=\"warnings\">\n";
  for (const Json& warning : report.at("warnings"))
    out += fmt::format("<li>{}</li>\n", escaped(warning.get<std::string>(), 400));
  return out + "</ul>\n";
}

}  // namespace

std::string report_html(const Json& report) {
  const std::string targets = target_names(report.at("data"));
  const std::pair<std::string_view, std::string> sections[] = {
      {"#learning", "Learning"},     {"#predictions", "Predictions"}, {"#calibration", "Calibration"},
      {"#importance", "Importance"}, {"#worst", "Worst rows"},        {"#data", "Data"},
      {"#recipe", "Recipe"},         {"#reproduce", "Reproduce"}};
  const std::string html[] = {learning_section(report),   predictions_section(report), calibration_section(report),
                              importance_section(report), worst_section(report),       data_section(report),
                              recipe_section(report),     reproduce_section(report)};
  std::string body = fmt::format(
      "<main>\n<header>\n<p class=\"eyebrow\">Gradus training report</p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n"
      "<p class=\"ended {}\">{}</p>\n{}{}",
      escaped(targets, 120), lead(report.at("data")), report.at("training").at("stop_reason").get<std::string>(),
      how_it_ended(report), warnings(report), tiles(report));
  body += "<nav aria-label=\"Sections\">";
  for (std::size_t i = 0; i < std::size(html); ++i)
    if (!html[i].empty()) body += fmt::format("<a href=\"{}\">{}</a>", sections[i].first, sections[i].second);
  body += "</nav>\n</header>\n";
  for (const std::string& section : html) body += section;
  body += fmt::format("<footer>Written by Gradus {}. This page needs no network.</footer>\n</main>",
                      escaped(report.at("gradus").at("version").get<std::string>()));
  return web_page(targets + " – Gradus training report", body, report);
}

}  // namespace gradus
