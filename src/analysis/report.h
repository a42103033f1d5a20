// What a training report says, as JSON: the page's text and charts are both made from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gradus/model.h"
#include "gradus/report.h"

#include "model/strict_json.h"

namespace gradus {

/// More columns than this are only counted, and more categories or classes of one.
inline constexpr std::size_t kReportColumns = 200;
inline constexpr std::size_t kReportLevels = 40;
/// Beyond so many rows, spreads of columns and measures of training rows come from a sample of them.
inline constexpr std::size_t kReportRows = 100'000;

struct ReportFacts {
  Table table;
  std::optional<Table> validation;  ///< where the caller brought rows to validate on
  ReportOptions options;
  std::optional<TrainingStart> start;  ///< unset until a training was watched
  RowParts rows;
  std::vector<std::string> warnings;
};

/// The whole of it.
Json report_json(const ReportFacts& facts, const Model& model);

/// Its parts: `data` is what was learned from, `recipe` how, `measured` what the model says of the validation rows, or
/// without any of training rows.
Json data_json(const ReportFacts& facts, const Model& model);
Json recipe_json(const ReportFacts& facts, const Model& model);
Json measured_json(const ReportFacts& facts, const Model& model);

/// The page.
std::string report_html(const Json& report);

}  // namespace gradus
