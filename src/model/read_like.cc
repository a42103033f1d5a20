#include <algorithm>

#include "gradus/model.h"

#include "model/model_data.h"

namespace gradus {
namespace {

void want(const std::string& name, ColumnKind kind, CsvOptions& options) {
  (kind == ColumnKind::text ? options.categorical : options.numeric).push_back(name);
}

/// Classes that are numbers are found by their value in any kind of column.
bool has_kind(const TargetEncoder& targets) {
  return targets.task != Task::classification || !targets.numeric_classes;
}

/// The kinds that the model's columns have, or only those of columns in `table` where it is given.
CsvOptions with_kinds(const ModelData& model, CsvOptions options, const Table* table) {
  options.categorical.clear();
  options.numeric.clear();
  const auto wanted = [&](const std::string& name) { return table == nullptr || table->find(name).has_value(); };
  for (const ColumnEncoding& column : model.encoder.columns)
    if (wanted(column.name)) want(column.name, column.kind(), options);
  const bool text = model.targets.task == Task::classification;
  for (const TargetColumn& target : model.targets.columns)
    if (has_kind(model.targets) && wanted(target.name))
      want(target.name, text ? ColumnKind::text : ColumnKind::numeric, options);
  return options;
}

bool is_alike(const Table& table, const CsvOptions& kinds) {
  const auto all = [&table](const std::vector<std::string>& names, ColumnKind kind) {
    return std::all_of(names.begin(), names.end(),
                       [&](const auto& name) { return table.kind(*table.find(name)) == kind; });
  };
  return all(kinds.categorical, ColumnKind::text) && all(kinds.numeric, ColumnKind::numeric);
}

}  // namespace

Table read_csv_like(const Model& model, const std::string& path, const CsvOptions& options) {
  const ModelData& data = model.data();
  CsvOptions asked = options;
  asked.float64 = std::holds_alternative<BasicNetwork<double>>(data.network);
  // Standard input is read once: a column that isn't there is then the reader's to name.
  if (path == "-") return read_csv(path, with_kinds(data, asked, nullptr));
  asked.categorical.clear();
  asked.numeric.clear();
  Table table = read_csv(path, asked);
  const CsvOptions kinds = with_kinds(data, asked, &table);
  return is_alike(table, kinds) ? table : read_csv(path, kinds);
}

}  // namespace gradus
