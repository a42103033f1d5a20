#include "data/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "gradus/error.h"

#include "base/float_mode.h"
#include "base/quote.h"
#include "data/cells.h"
#include "data/column_statistics.h"

namespace gradus {

namespace {

Error bad_target(const Table& table, int64_t column, const std::string& message) {
  return {ErrorCode::bad_data, Place{table.source()},
          fmt::format("target {}: {}", in_quotes(table.name(column)), message)};
}

std::string list_names(const Table& table) {
  constexpr int64_t kMost = 20;
  std::string text;
  for (int64_t c = 0; c < std::min(table.columns(), kMost); ++c) text += (c ? ", " : "") + in_quotes(table.name(c));
  if (table.columns() > kMost) text += fmt::format(", ... ({} in all)", table.columns());
  return text;
}

std::optional<int64_t> resolve_one(const Table& table, std::string_view item) {
  if (const auto found = table.find(item)) return found;
  int64_t number = 0;
  const auto [end, status] = std::from_chars(item.data(), item.data() + item.size(), number);
  if (status == std::errc() && end == item.data() + item.size() && number >= 1 && number <= table.columns()) {
    return number - 1;
  }
  return std::nullopt;
}

Error no_such_column(const Table& table, std::string_view item) {
  std::vector<std::string> all;
  for (int64_t c = 0; c < table.columns(); ++c) all.push_back(table.name(c));
  const std::string near = nearest_name(item, all);
  return {ErrorCode::usage, Place{table.source()},
          fmt::format("found no column {}{}, expected one of {}", in_quotes(item),
                      near.empty() ? "" : fmt::format(" (did you mean {}?)", in_quotes(near)), list_names(table))};
}

struct DistinctValues {
  bool integers = true;
  bool zero_one = true;
  std::set<double> values;  // at most kMaxIntegerClasses + 1
};

DistinctValues distinct_values(const Table& table, int64_t column) {
  DistinctValues found;
  NumberCells cells(table.data(), column);
  for (int64_t row = 0; row < table.rows(); ++row) {
    const double value = cells[row];
    if (std::isnan(value)) continue;
    if (value != std::floor(value)) found.integers = false;
    if (value != 0.0 && value != 1.0) found.zero_one = false;
    if (static_cast<int64_t>(found.values.size()) <= kMaxIntegerClasses) found.values.insert(value);
    if (!found.integers && !found.zero_one) break;
  }
  return found;
}

TaskDecision decide_single(const Table& table, int64_t column) {
  const std::string target = in_quotes(table.name(column));
  if (table.kind(column) == ColumnKind::text) {
    return {Task::classification, fmt::format("{} is text", target)};
  }
  const DistinctValues found = distinct_values(table, column);
  const auto count = static_cast<int64_t>(found.values.size());
  if (found.integers && count <= kMaxIntegerClasses) {
    return {Task::classification, fmt::format("{} holds {} distinct integers, at most {} are classes; --task "
                                              "regression treats them as numbers",
                                              target, count, kMaxIntegerClasses)};
  }
  return {Task::regression,
          fmt::format("{} holds {}; --task classification treats each value as a class", target,
                      found.integers ? fmt::format("more than {} distinct integers", kMaxIntegerClasses)
                                     : std::string("numbers that are not integers"))};
}

void check_asked(const Table& table, const std::vector<int64_t>& columns, Task asked) {
  if (asked == Task::classification) {
    if (columns.size() > 1) {
      throw Error(ErrorCode::usage, fmt::format("--task classification: found {} targets, expected one (several 0/1 "
                                                "targets are --task multilabel)",
                                                columns.size()));
    }
    return;
  }
  for (const int64_t column : columns) {
    if (table.kind(column) == ColumnKind::text) {
      throw bad_target(table, column, fmt::format("found text, expected numbers for --task {}", name(asked)));
    }
  }
}

// Values that read back the same are the same class, whether the table kept them as float or double.
std::map<std::string, int64_t> count_labels(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  std::map<std::string, int64_t> counts;
  if (table.kind(column) == ColumnKind::text) {
    const std::vector<std::string>& texts = table.data().columns[static_cast<std::size_t>(column)].dictionary;
    std::vector<int64_t> by_code(texts.size());
    CodeCells codes(table.data(), column);
    for (const uint32_t row : rows) ++by_code[codes[row]];
    for (std::size_t code = 0; code < texts.size(); ++code) {
      if (by_code[code] > 0) counts[texts[code]] = by_code[code];
    }
    return counts;
  }
  std::map<double, int64_t> by_value;
  NumberCells cells(table.data(), column);
  for (const uint32_t row : rows) ++by_value[cells[row]];
  for (const auto& [value, count] : by_value) counts[number_text(value)] += count;
  return counts;
}

void fit_classes(const Table& table, int64_t column, std::span<const uint32_t> rows, TargetEncoder& targets) {
  targets.numeric_classes = table.kind(column) == ColumnKind::numeric;
  const std::map<std::string, int64_t> counts = count_labels(table, column, rows);
  const char* hint = targets.numeric_classes ? "; --task regression treats them as numbers" : "";
  for (const auto& [label, count] : counts) {
    if (count == 1 && counts.size() > 1) {
      throw bad_target(table, column,
                       fmt::format("found one row only of class {}, expected at least two of each class (one to "
                                   "train on, one to validate){}",
                                   in_quotes(label), hint));
    }
    targets.classes.push_back(label);
  }
  if (targets.classes.size() == 1) {
    throw bad_target(
        table, column,
        fmt::format("found one class only, {}, expected at least two{}", in_quotes(targets.classes[0]), hint));
  }
  if (targets.numeric_classes) {
    std::sort(targets.classes.begin(), targets.classes.end(),
              [](const std::string& a, const std::string& b) { return class_number(a) < class_number(b); });
  }
  targets.columns.push_back({.name = table.name(column)});
}

void check_zero_one(const Table& table, int64_t column, std::span<const uint32_t> rows) {
  for (const uint32_t row : rows) {
    const double value = table.number(row, column);
    if (value == 0.0 || value == 1.0) continue;
    throw bad_target(
        table, column,
        fmt::format("found {} in row {}, expected 0 or 1 for a multi-label target", number_text(value), row + 1));
  }
}

void fit_numbers(const Table& table, int64_t column, Task task, std::span<const uint32_t> rows,
                 std::span<const double> weights, TargetEncoder& targets) {
  if (table.kind(column) == ColumnKind::text) {
    throw bad_target(table, column, fmt::format("found text, expected numbers for {}", name(task)));
  }
  TargetColumn target{.name = table.name(column)};
  if (task == Task::multilabel) check_zero_one(table, column, rows);
  const ColumnStatistics statistics = column_statistics(table, column, rows, false, weights);
  target.minimum = statistics.minimum;
  target.maximum = statistics.maximum;
  if (task == Task::regression) {
    target.mean = statistics.mean;
    target.scale = statistics.scale == 0.0 ? 1.0 : statistics.scale;  // a constant target: y - mean is 0 everywhere
  }
  targets.columns.push_back(target);
}

}  // namespace

void check_counts(const Table& table, std::span<const int64_t> columns, std::span<const uint32_t> rows) {
  for (const int64_t column : columns) {
    NumberCells cells(table.data(), column);
    for (const uint32_t row : rows) {
      if (cells[row] >= 0.0) continue;
      throw bad_target(table, column,
                       fmt::format("found {} in row {}, expected counts of at least 0 for the poisson loss",
                                   number_text(cells[row]), row + 1));
    }
  }
}

double class_number(std::string_view label) noexcept {
  double value = 0.0;
  std::from_chars(label.data(), label.data() + label.size(), value);
  return value;
}

std::vector<int64_t> resolve_columns(const Table& table, std::string_view list) {
  if (const auto whole = table.find(list)) return {*whole};
  std::vector<int64_t> columns;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view item = list.substr(begin, end - begin);
    const auto column = resolve_one(table, item);
    if (!column) throw no_such_column(table, item);
    if (std::find(columns.begin(), columns.end(), *column) != columns.end()) {
      throw Error(ErrorCode::usage, fmt::format("found column {} twice, expected each once", in_quotes(item)));
    }
    columns.push_back(*column);
    begin = end + 1;
  }
  return columns;
}

TaskDecision decide_task(const Table& table, const std::vector<int64_t>& target_columns, std::optional<Task> asked) {
  if (asked) {
    check_asked(table, target_columns, *asked);
    return {*asked, "as asked"};
  }
  if (target_columns.size() == 1) return decide_single(table, target_columns[0]);
  bool zero_one = true;
  for (const int64_t column : target_columns) {
    if (table.kind(column) == ColumnKind::text) {
      throw bad_target(table, column, "found text, expected numbers where there are several targets");
    }
    zero_one = zero_one && distinct_values(table, column).zero_one;
  }
  if (zero_one) {
    return {Task::multilabel, "every target holds only 0 and 1; --task regression treats them as numbers"};
  }
  return {Task::regression, "several targets of numbers; --task multilabel expects 0 and 1 only"};
}

std::vector<uint32_t> rows_with_target(const Table& table, std::span<const int64_t> target_columns) {
  std::vector<uint8_t> missing(static_cast<std::size_t>(table.rows()));
  for (const int64_t column : target_columns) {
    if (table.kind(column) == ColumnKind::text) {
      CodeCells codes(table.data(), column);
      for (std::size_t row = 0; row < missing.size(); ++row) {
        if (codes[static_cast<int64_t>(row)] == kMissingCode) missing[row] = 1;
      }
    } else {
      NumberCells cells(table.data(), column);
      for (std::size_t row = 0; row < missing.size(); ++row) {
        if (std::isnan(cells[static_cast<int64_t>(row)])) missing[row] = 1;
      }
    }
  }
  std::vector<uint32_t> rows;
  rows.reserve(missing.size());
  for (uint32_t row = 0; row < missing.size(); ++row) {
    if (!missing[row]) rows.push_back(row);
  }
  return rows;
}

TargetEncoder fit_targets(const Table& table, std::span<const int64_t> columns, Task task,
                          std::span<const uint32_t> rows, std::span<const double> weights) {
  const FloatMode float_mode;
  TargetEncoder targets;
  targets.task = task;
  if (rows.empty()) {
    throw bad_target(table, columns[0],
                     table.rows() == 0
                         ? "found no rows, expected at least two"
                         : fmt::format("found it missing in all {} rows, expected at least two with it", table.rows()));
  }
  for (const int64_t column : columns) {
    if (task == Task::classification) {
      fit_classes(table, column, rows, targets);
    } else {
      fit_numbers(table, column, task, rows, weights, targets);
    }
  }
  return targets;
}

std::vector<int32_t> class_indices(const Table& table, int64_t column, const TargetEncoder& targets,
                                   std::span<const uint32_t> rows) {
  std::vector<int32_t> classes;
  classes.reserve(rows.size());
  if (table.kind(column) == ColumnKind::text) {
    std::vector<int32_t> of_code;
    for (const std::string& label : table.data().columns[static_cast<std::size_t>(column)].dictionary) {
      of_code.push_back(static_cast<int32_t>(class_index(targets, label)));
    }
    CodeCells codes(table.data(), column);
    for (const uint32_t row : rows) {
      const uint32_t code = codes[row];
      classes.push_back(code == kMissingCode ? -1 : of_code[code]);
    }
    return classes;
  }
  std::map<double, int32_t> of_number;  // distinct labels are few: each is looked up by its text once
  NumberCells cells(table.data(), column);
  for (const uint32_t row : rows) {
    const double label = cells[row];
    if (std::isnan(label)) {
      classes.push_back(-1);
      continue;
    }
    const auto [entry, fresh] = of_number.try_emplace(label, -1);
    if (fresh) entry->second = static_cast<int32_t>(class_index(targets, label));
    classes.push_back(entry->second);
  }
  return classes;
}

}  // namespace gradus
