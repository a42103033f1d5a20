#include "train/monotone_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "gradus/error.h"

#include "base/quote.h"
#include "data/targets.h"

namespace gradus {
namespace {

int direction(std::string_view item, std::string_view text) {
  if (text == "+1" || text == "1" || text == "increasing") return 1;
  if (text == "-1" || text == "decreasing") return -1;
  throw Error(ErrorCode::usage,
              fmt::format("--monotone: found {}, expected columns with a direction such as \"age=+1,price=-1\"",
                          in_quotes(item)));
}

ColumnEncoding& feature_column(std::string_view item, std::string_view column, const Table& table, Encoder& encoder) {
  const std::string& name = table.name(resolve_columns(table, column).front());
  const auto found = std::find_if(encoder.columns.begin(), encoder.columns.end(),
                                  [&](const ColumnEncoding& encoding) { return encoding.name == name; });
  if (found == encoder.columns.end())
    throw Error(
        ErrorCode::usage,
        fmt::format("--monotone: found {}, which is no feature, expected columns to learn from", in_quotes(name)));
  if (found->kind() != ColumnKind::numeric)
    throw Error(ErrorCode::usage,
                fmt::format("--monotone: found {}, which is text, expected columns of numbers", in_quotes(name)));
  if (found->monotone != 0)
    throw Error(ErrorCode::usage,
                fmt::format("--monotone: found {} twice, expected each column once", in_quotes(item)));
  return *found;
}

void take_one(std::string_view item, const Table& table, Encoder& encoder) {
  const std::size_t equals = item.rfind('=');
  const int sign = direction(item, equals == std::string_view::npos ? "" : item.substr(equals + 1));
  feature_column(item, item.substr(0, equals), table, encoder).monotone = sign;
}

/// The chance of the second of two classes is what rises; every number and label of others does.
std::vector<int> output_signs(const TargetEncoder& targets, int64_t outputs) {
  std::vector<int> signs(static_cast<std::size_t>(outputs), 1);
  if (targets.task != Task::classification) return signs;
  if (targets.classes.size() != 2)
    throw Error(ErrorCode::usage, fmt::format("--monotone: found a target of {} classes, expected two classes, whose "
                                              "second one's probability follows the column, or numbers",
                                              targets.classes.size()));
  signs.front() = -1;
  return signs;
}

}  // namespace

MonotoneChoice choose_monotone(const TrainOptions& options, const Table& table, const TargetEncoder& targets,
                               int64_t outputs, Encoder& encoder) {
  if (options.monotone.empty()) return {};
  const std::string_view text = options.monotone;
  // A comma belongs to a name where no '=' has come since the last one.
  std::size_t begin = 0;
  for (std::size_t end = 0; end <= text.size(); ++end) {
    if (end < text.size() && text[end] != ',') continue;
    const std::string_view item = text.substr(begin, end - begin);
    if (item.find('=') == std::string_view::npos && end < text.size()) continue;
    take_one(item, table, encoder);
    begin = end + 1;
  }
  MonotoneChoice choice = {std::vector<int>(static_cast<std::size_t>(encoder.width), 0),
                           output_signs(targets, outputs)};
  // A missing cell is no number: its indicator is free.
  for (const ColumnEncoding& column : encoder.columns)
    choice.inputs[static_cast<std::size_t>(column.first)] = column.monotone;
  return choice;
}

}  // namespace gradus
