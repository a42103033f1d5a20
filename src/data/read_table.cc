#include "data/read_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "gradus/error.h"
#include "gradus/names.h"

#include "base/float_mode.h"
#include "base/quote.h"
#include "data/cell.h"
#include "data/csv_header.h"
#include "data/csv_reader.h"
#include "data/table_builder.h"

namespace gradus {
namespace {

constexpr int64_t kProgressBytes = int64_t{1} << 20;
// A wrong first guess of a column's form shows within so many rows; it is cheap to start again there.
constexpr int64_t kEarlyRows = 1024;
// Numbers looked at to see whether centring keeps them apart.
constexpr int64_t kCentringSample = int64_t{1} << 20;
constexpr double kFloatWhole = 0x1p24;

void warn(const CsvOptions& options, const std::string& text) {
  if (options.on_warning) options.on_warning(text);
}

/// on_progress about once a megabyte.
class Progress {
 public:
  Progress(const ByteSource& source, const CsvOptions& options) : source_(source), options_(options) {}
  void tick() {
    if (!options_.on_progress || source_.consumed() < next_) return;
    next_ = source_.consumed() + kProgressBytes;
    report();
  }
  void report() const {
    if (options_.on_progress && !options_.on_progress(source_.consumed(), source_.total())) {
      throw Error(ErrorCode::usage, "interrupted");
    }
  }

 private:
  const ByteSource& source_;
  const CsvOptions& options_;
  int64_t next_ = kProgressBytes;
};

/// One file, header read, ready for as many passes as its kinds take.
class TableReading {
 public:
  TableReading(ByteSource& source, char delimiter, const CsvOptions& options)
      : source_(source), options_(options), parser_(options), reader_(source, delimiter), delimiter_(delimiter) {}

  void read_names(const std::function<bool(std::string_view, std::size_t)>& matters) {
    header_ = read_header(reader_, source_.name(), delimiter_, options_, matters);
  }
  const std::vector<std::string>& names() const noexcept { return header_.names; }

  Table read(std::vector<ColumnPlan> plans) {
    for (;;) {
      TableBuilder builder(plans, parser_, storage());
      std::vector<ColumnPlan> better = pass(builder);
      if (better.empty()) return finish(builder);
      plans = std::move(better);
      reader_.rewind();
      if (!header_.row_is_data) reader_.next();
    }
  }

 private:
  Storage storage() const { return options_.stream ? Storage::in_file(options_.temporary_folder) : Storage(); }

  /// Reads to the end, or to where the plans prove wrong: then returns others.
  std::vector<ColumnPlan> pass(TableBuilder& builder) {
    Progress progress(source_, options_);
    bool have_row = header_.row_is_data && started_ == 0;
    ++started_;
    for (;;) {
      const std::size_t plain = have_row ? 0 : reader_.next_rows(header_.names.size(), builder.rows_wanted());
      if (plain > 0) {
        builder.append_rows(reader_, plain);
      } else {
        if (!have_row && !reader_.next()) break;
        have_row = false;
        check_width(reader_, header_.names.size());
        builder.append(reader_);
      }
      progress.tick();
      if (builder.rows() != kEarlyRows) continue;
      std::vector<ColumnPlan> better = builder.another_pass(false);
      if (!better.empty()) return better;
    }
    progress.report();
    if (builder.rows() == 0) {
      throw Error(ErrorCode::bad_data, Place{.file = source_.name()}, "found a header only, expected rows below it");
    }
    return builder.another_pass(true);
  }

  Table finish(TableBuilder& builder) {
    Table table = builder.finish(source_.name());
    if (reader_.blank_lines() > 0) {
      warn(options_, fmt::format("{}: {} blank line{} skipped", source_.name(), reader_.blank_lines(),
                                 reader_.blank_lines() == 1 ? "" : "s"));
    }
    for (std::size_t i = 0; i < builder.columns().size(); ++i) {
      for (const std::string& text : builder.columns()[i].warnings()) warn(options_, text);
      warn_of_centring(table, static_cast<int64_t>(i), builder.columns()[i]);
    }
    return table;
  }

  /// Whole numbers so large that even after subtracting the mean float can't hold them apart.
  void warn_of_centring(const Table& table, int64_t column, const ColumnBuilder& builder) const {
    const double range = builder.maximum() - builder.minimum();
    if (!options_.on_warning || !builder.wide() || !builder.all_integers() || range <= kFloatWhole) return;
    std::vector<double> values;
    double sum = 0.0;
    for (int64_t row = 0; row < std::min(table.rows(), kCentringSample); ++row) {
      const double value = table.number(row, column);
      if (std::isnan(value)) continue;
      values.push_back(value);
      sum += value;
    }
    const double mean = sum / static_cast<double>(values.size());
    std::sort(values.begin(), values.end());
    int64_t lost = 0;
    for (std::size_t i = 1; i < values.size(); ++i) {
      lost += values[i] != values[i - 1] &&
              static_cast<float>(values[i] - mean) == static_cast<float>(values[i - 1] - mean);
    }
    if (lost == 0) return;
    warn(options_,
         fmt::format("column {0}: whole numbers from {1:.0f} to {2:.0f}: {3} different value{4} can't be told "
                     "from a neighbour in float32, even centred (an identifier? --ignore it; or --precision "
                     "float64)",
                     in_quotes(table.name(column)), builder.minimum(), builder.maximum(), lost, lost == 1 ? "" : "s"));
  }

  ByteSource& source_;
  const CsvOptions& options_;
  CellParser parser_;
  CsvReader reader_;
  char delimiter_;
  CsvHeader header_;
  int started_ = 0;
};

/// One flag a column for a list of names and numbers.
std::vector<bool> chosen(const std::vector<std::string>& names, const std::vector<std::string>& list,
                         std::string_view option) {
  std::vector<bool> flags(names.size(), false);
  for (const std::string& text : list) flags[find_column(names, text, option)] = true;
  return flags;
}

std::vector<ColumnPlan> plans_by_options(const std::vector<std::string>& names, const CsvOptions& options) {
  const std::vector<bool> ignored = chosen(names, options.ignore, "--ignore");
  const std::vector<bool> categorical = chosen(names, options.categorical, "--categorical");
  const std::vector<bool> numeric = chosen(names, options.numeric, "--numeric");
  std::vector<ColumnPlan> plans;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (categorical[i] && numeric[i]) {
      throw Error(ErrorCode::usage,
                  fmt::format("found column {} both in --categorical and in --numeric, expected it in "
                              "one of them",
                              in_quotes(names[i])));
    }
    if (ignored[i]) continue;
    ColumnPlan plan{names[i], i, std::nullopt, std::nullopt, false};
    if (categorical[i]) plan.kind = ColumnKind::text;
    if (numeric[i]) plan.kind = ColumnKind::numeric;
    if (options.float64 && !categorical[i]) plan.wide = true;
    plan.mixed_as_text = options.mixed_as_text;
    plans.push_back(std::move(plan));
  }
  if (plans.empty()) throw Error(ErrorCode::usage, "--ignore: found every column in it, expected some left");
  return plans;
}

}  // namespace

Table read_csv(ByteSource& source, char delimiter, const CsvOptions& options) {
  const FloatMode mode;
  TableReading reading(source, delimiter, options);
  reading.read_names([&](std::string_view name, std::size_t number) {
    return std::find(options.ignore.begin(), options.ignore.end(), std::to_string(number)) == options.ignore.end() ||
           std::find(options.ignore.begin(), options.ignore.end(), name) != options.ignore.end();
  });
  return reading.read(plans_by_options(reading.names(), options));
}

Table read_csv(const std::string& path, const CsvOptions& options) {
  const char delimiter = csv_delimiter(path, options);
  const auto source = open_source(path, {options.max_expansion, true, options.temporary_folder});
  return read_csv(*source, delimiter, options);
}

Table read_csv(const std::string& path, const CsvOptions& options, std::span<const WantedColumn> wanted) {
  const FloatMode mode;
  const auto find = [&](std::string_view name) {
    return std::find_if(wanted.begin(), wanted.end(), [&](const WantedColumn& column) { return column.name == name; });
  };
  const char delimiter = csv_delimiter(path, options);
  // Kinds are known, so one pass does.
  const auto source = open_source(path, {options.max_expansion, false});
  TableReading reading(*source, delimiter, options);
  reading.read_names([&](std::string_view name, std::size_t) { return find(name) != wanted.end(); });
  const std::string absent = absent_columns(wanted, reading.names());
  if (!absent.empty()) throw Error(ErrorCode::bad_data, Place{.file = source->name(), .line = 1}, absent);
  std::vector<ColumnPlan> plans;
  for (std::size_t i = 0; i < reading.names().size(); ++i) {
    const auto column = find(reading.names()[i]);
    if (column != wanted.end()) plans.push_back({column->name, i, column->kind, column->wide, false});
  }
  return reading.read(std::move(plans));
}

std::string absent_columns(std::span<const WantedColumn> wanted, std::span<const std::string> names) {
  std::string list;
  const std::vector<std::string> all(names.begin(), names.end());
  for (const WantedColumn& column : wanted) {
    if (!column.required || std::find(names.begin(), names.end(), column.name) != names.end()) continue;
    list += (list.empty() ? "" : ", ") + in_quotes(column.name);
    const std::string nearest = nearest_name(column.name, all);
    if (!nearest.empty()) list += fmt::format(" (nearest: {})", in_quotes(nearest));
  }
  return list.empty() ? list : fmt::format("found no column {}, expected every column the model was trained on", list);
}

}  // namespace gradus
