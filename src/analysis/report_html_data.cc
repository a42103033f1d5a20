// What was learned from and how: columns, classes, the network, the options, and how to do it again.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/html.h"
#include "analysis/report_sections.h"

namespace gradus {
namespace {

constexpr std::size_t kClassesListed = 40;
constexpr std::size_t kLevelsListed = 4;

std::string rows_text(const Json& data) {
  std::string out = fmt::format("{} to learn from, {} to validate on", shown(data.at("training_rows")),
                                shown(data.at("validation_rows")));
  if (data.contains("validation_source"))
    out += fmt::format(" (<code>{}</code>)", escaped(data.at("validation_source").get<std::string>(), 160));
  if (data.at("calibration_rows") != 0) out += fmt::format(", {} to calibrate on", shown(data.at("calibration_rows")));
  if (data.at("rows_without_target") != 0)
    out += fmt::format(", {} left out for want of a target", shown(data.at("rows_without_target")));
  if (data.contains("weights"))
    out += fmt::format("; column <code>{}</code> says what each counts, {} in all", shown(data.at("weights")),
                       shown(data.at("total_weight")));
  std::string reason = data.at("task_reason");
  return fmt::format("<p>{} rows: {}.{}</p>\n", shown(data.at("rows")), out,
                     reason.empty() ? "" : " " + escaped(reason, 300) + ".");
}

std::string classes_table(const Json& classes) {
  double most = 1.0, total = 0.0;
  for (const Json& each : classes) {
    most = std::max(most, each.at("training").get<double>());
    total += each.at("training").get<double>();
  }
  const bool weighted = classes[0].contains("weight");
  std::vector<HtmlColumn> columns = {{"Class"}, {"Training rows", true}, {"Share"}, {"Validation rows", true}};
  if (weighted) columns.push_back({"Weight", true});
  std::vector<std::vector<std::string>> rows;
  for (std::size_t k = 0; k < std::min(classes.size(), kClassesListed); ++k) {
    const double count = classes[k].at("training");
    rows.push_back({shown(classes[k].at("name")), shown_number(count),
                    fmt::format("<td class=\"share\" style=\"--share:{:.3f}\">{:.1f} %</td>", count / most,
                                total > 0.0 ? 100.0 * count / total : 0.0),
                    shown(classes[k].at("validation"))});
    if (weighted) rows.back().push_back(shown(classes[k].at("weight")));
  }
  std::string out = "<h3>Classes</h3>\n" + html_table(columns, rows);
  if (classes.size() > kClassesListed)
    out += fmt::format("<p class=\"note\">And {} more.</p>\n", classes.size() - kClassesListed);
  return out;
}

std::string bars(const Json& column) {
  if (!column.contains("spread") || column.at("spread").is_null()) return "";
  return html_bars(column.at("spread").at("counts").get<std::vector<int64_t>>(),
                   fmt::format("how {} is spread", column.at("name").get<std::string>()));
}

std::string targets_table(const Json& targets) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& target : targets)
    rows.push_back({shown(target.at("name")), shown(target.at("minimum")), shown(target.at("mean")),
                    shown(target.at("maximum")), bars(target)});
  return "<h3>Target</h3>\n" +
         html_table({{"Column"}, {"Least", true}, {"Mean", true}, {"Largest", true}, {"Spread"}}, rows);
}

std::string levels_text(const Json& column, double rows) {
  std::string out;
  const Json& levels = column.at("levels");
  for (std::size_t i = 0; i < std::min(levels.size(), kLevelsListed); ++i)
    out += fmt::format("{}{} <small>{:.0f} %</small>", i == 0 ? "" : ", ", escaped(levels[i][0].get<std::string>(), 40),
                       100.0 * levels[i][1].get<double>() / rows);
  return levels.size() > kLevelsListed ? out + ", …" : out;
}

std::string columns_table(const Json& data) {
  const double training = std::max(data.at("training_rows").get<double>(), 1.0);
  const double sampled = std::max(data.at("sampled_rows").get<double>(), 1.0);
  std::vector<std::vector<std::string>> rows;
  for (const Json& column : data.at("columns")) {
    const double missing = column.at("missing");
    std::string kind = column.at("kind");
    if (column.contains("monotone")) kind += column.at("monotone") == 1 ? ", increasing" : ", decreasing";
    const bool numeric = column.contains("minimum");
    rows.push_back(
        {shown(column.at("name")), kind,
         missing == 0.0 ? "–"
                        : fmt::format("{} <small>{:.1f} %</small>", shown_number(missing), 100.0 * missing / training),
         numeric ? fmt::format("{} to {}", shown(column.at("minimum")), shown(column.at("maximum")))
                 : counted(column.at("categories").get<int64_t>(), "category", "categories"),
         numeric ? fmt::format("{} <small>± {}</small>", shown(column.at("mean")), shown(column.at("deviation"))) : "",
         numeric                     ? bars(column)
         : column.contains("levels") ? levels_text(column, sampled)
                                     : "",
         shown(column.at("features"))});
  }
  std::string out =
      "<h3>Columns</h3>\n" +
      html_table(
          {{"Column"}, {"Kind"}, {"Missing", true}, {"Range"}, {"Mean ± deviation"}, {"Spread"}, {"Features", true}},
          rows, "columns");
  const auto more = data.at("column_count").get<std::size_t>() - rows.size();
  if (more > 0) out += fmt::format("<p class=\"note\">And {} more columns.</p>\n", more);
  if (sampled < training)
    out += fmt::format("<p class=\"note\">Spreads are those of a fixed sample of {} training rows.</p>\n",
                       shown(data.at("sampled_rows")));
  return out;
}

std::string network_table(const Json& recipe) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& layer : recipe.at("layers")) {
    std::string then;
    for (const Json& each : layer.at("then")) then += (then.empty() ? "" : ", ") + each.get<std::string>();
    rows.push_back({fmt::format("{}", rows.size() + 1), shown(layer.at("inputs")), shown(layer.at("units")),
                    escaped(then), shown(layer.at("parameters"))});
  }
  return "<h3>Network</h3>\n" +
         html_table({{"Layer", true}, {"Inputs", true}, {"Units", true}, {"Then"}, {"Parameters", true}}, rows) +
         fmt::format("<p>Loss: {}.</p>\n", escaped(recipe.at("head").get<std::string>()));
}

std::string options_table(const Json& pairs) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& pair : pairs) rows.push_back({"<code>" + shown(pair[0]) + "</code>", shown(pair[1])});
  return html_table({{"Option"}, {"Value"}}, rows, "options");
}

}  // namespace

std::string data_section(const Json& report) {
  const Json& data = report.at("data");
  std::string html = rows_text(data);
  if (data.contains("classes")) html += classes_table(data.at("classes"));
  if (data.at("task") == "regression") html += targets_table(data.at("targets"));
  return html_section("data", "Data", html + columns_table(data));
}

std::string recipe_section(const Json& report) {
  const Json& recipe = report.at("recipe");
  std::string html = fmt::format("<p>{}.</p>\n", escaped(recipe.at("summary").get<std::string>()));
  const std::string reason = recipe.at("solver_reason");
  if (!reason.empty()) html += fmt::format("<p>Solver: {}.</p>\n", escaped(reason));
  html += network_table(recipe);
  html += "<div class=\"pair\">\n<div><h3>Options as given</h3>\n";
  html += recipe.at("given").empty() ? "<p>None: everything is the preset’s.</p>\n" : options_table(recipe.at("given"));
  html += "</div>\n<div><h3>Options as chosen</h3>\n" + options_table(recipe.at("chosen")) + "</div>\n</div>\n";
  return html_section("recipe", "Recipe", html);
}

std::string reproduce_section(const Json& report) {
  const std::string command = report.at("command");
  std::string html =
      "<p>The same data, options and seed give the same model, bit for bit, with any number of threads.</p>\n";
  if (!command.empty()) html += fmt::format("<pre tabindex=\"0\"><code>{}</code></pre>\n", escaped(command));
  std::string versions;
  for (const Json& library : report.at("gradus").at("libraries"))
    versions += fmt::format("{}{} {}", versions.empty() ? "" : ", ", shown(library[0]), shown(library[1]));
  const std::vector<std::vector<std::string>> rows = {
      {"Seed", "<code>" + report.at("recipe").at("seed").dump() + "</code>"},
      {"Model, SHA-256", "<code class=\"sum\">" + shown(report.at("model_sha256")) + "</code>"},
      {"Data as read, SHA-256", "<code class=\"sum\">" + shown(report.at("data_sha256")) + "</code>"},
      {"Gradus",
       fmt::format("{}, {}", shown(report.at("gradus").at("version")), shown(report.at("gradus").at("build")))},
      {"Libraries", versions}};
  std::string list = "<dl class=\"facts\">\n";
  for (const auto& row : rows) list += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", row[0], row[1]);
  return html_section("reproduce", "Reproduce", html + list + "</dl>\n");
}

}  // namespace gradus
