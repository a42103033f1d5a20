#include "data/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/float_mode.h"
#include "base/quote.h"
#include "data/cell.h"
#include "data/cells.h"
#include "data/column_statistics.h"

namespace gradus {

namespace {

// Above this a column of values that never repeat says nothing: it is a name or an identifier.
constexpr std::size_t kMaxSingleCategories = 64;

void warn(const EncoderOptions& options, const std::string& column, const std::string& message) {
  if (options.on_warning) options.on_warning(fmt::format("column {}: {}", in_quotes(column), message));
}

NumericEncoding fit_numeric(const Table& table, int64_t column, std::span<const uint32_t> rows,
                            const EncoderOptions& options, int64_t& missing) {
  NumericEncoding encoding;
  const bool stored_wide = table.data().columns[static_cast<std::size_t>(column)].wide;
  encoding.wide = stored_wide && (options.wide || needs_double(table, column));
  const ColumnStatistics statistics = column_statistics(table, column, rows, !encoding.wide, options.weights);
  encoding.mean = statistics.mean;
  encoding.scale = statistics.scale;
  if (options.scaling == NumericScaling::robust && statistics.scale > 0.0) {
    const RobustStatistics robust = robust_statistics(table, column, rows, !encoding.wide, options.weights);
    encoding.mean = robust.median;
    encoding.scale = robust.scale;
    encoding.smooth_clip = true;
  }
  encoding.fill = encoding.mean;
  encoding.minimum = statistics.minimum;
  encoding.maximum = statistics.maximum;
  encoding.indicator = statistics.missing > 0;
  missing = statistics.missing;
  if (statistics.count == 0) {
    warn(options, table.name(column), "found no value in any training row; it adds nothing");
  } else if (statistics.scale == 0.0) {
    warn(options, table.name(column),
         fmt::format("constant, {} in every training row that has a value; it adds nothing",
                     number_text(statistics.minimum)));
  }
  return encoding;
}

// Codes of the training categories to keep, the most frequent first when there are too many.
std::vector<uint32_t> kept_codes(const std::vector<double>& counts, const std::vector<std::string>& texts) {
  std::vector<uint32_t> once;
  std::vector<uint32_t> kept;
  for (uint32_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 1.0) once.push_back(code);
    if (counts[code] > 1.0) kept.push_back(code);
  }
  if (kept.empty() && once.size() <= kMaxSingleCategories) return once;
  if (static_cast<int64_t>(kept.size()) <= kMaxCategories) return kept;
  std::sort(kept.begin(), kept.end(), [&](uint32_t a, uint32_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : texts[a] < texts[b];
  });
  kept.resize(static_cast<std::size_t>(kMaxCategories));
  return kept;
}

CategoryEncoding fit_categories(const Table& table, int64_t column, std::span<const uint32_t> rows,
                                const EncoderOptions& options, int64_t& missing) {
  const std::vector<std::string>& texts = table.data().columns[static_cast<std::size_t>(column)].dictionary;
  std::vector<double> counts(texts.size());
  CodeCells codes(table.data(), column);
  missing = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const uint32_t code = codes[rows[i]];
    if (code == kMissingCode) {
      ++missing;
    } else {
      counts[code] += options.weights.empty() ? 1.0 : std::max(1.0, options.weights[i]);
    }
  }
  CategoryEncoding encoding;
  encoding.indicator = missing > 0;
  for (const uint32_t code : kept_codes(counts, texts)) encoding.categories.push_back(texts[code]);
  std::sort(encoding.categories.begin(), encoding.categories.end());

  const auto distinct = std::count_if(counts.begin(), counts.end(), [](double count) { return count > 0.0; });
  const auto repeated = std::count_if(counts.begin(), counts.end(), [](double count) { return count > 1.0; });
  if (distinct == 0) {
    warn(options, table.name(column), "found no value in any training row; it adds nothing");
  } else if (distinct == 1 && missing == 0) {
    warn(options, table.name(column),
         fmt::format("constant, {} in every training row; it adds nothing",
                     encoding.categories.empty() ? "one text" : in_quotes(encoding.categories[0])));
  } else if (encoding.categories.empty()) {
    warn(options, table.name(column),
         fmt::format("found a different text in each of {} training rows, as in a name or identifier; it adds nothing",
                     distinct));
  } else if (repeated > kMaxCategories) {
    warn(options, table.name(column),
         fmt::format("found {} categories, keeping the {} most frequent; the others are "
                     "one category, `unknown`",
                     distinct, kMaxCategories));
  }
  return encoding;
}

void choose_form(const EncoderOptions& options, CategoryEncoding& encoding) {
  const auto categories = std::ssize(encoding.categories);
  if (options.signs && categories == 2) {
    encoding.form = CategoryEncoding::Form::sign;
  } else if (categories > options.most_one_hot) {
    encoding.form = CategoryEncoding::Form::index;
  }
}

int64_t encoded_width(const ColumnEncoding& column) {
  if (const auto* numeric = std::get_if<NumericEncoding>(&column.encoding)) return numeric->indicator ? 2 : 1;
  const auto& text = std::get<CategoryEncoding>(column.encoding);
  return encoded_width(text);
}

}  // namespace

int64_t encoded_width(const CategoryEncoding& encoding) noexcept {
  const int64_t indicator = encoding.indicator ? 1 : 0;
  switch (encoding.form) {
    case CategoryEncoding::Form::index:
      return 1;
    case CategoryEncoding::Form::sign:
      return 1 + indicator;
    case CategoryEncoding::Form::one_hot:
      break;
  }
  return std::ssize(encoding.categories) + 1 + indicator;
}

std::vector<std::string> feature_names(const Encoder& encoder) {
  std::vector<std::string> names;
  for (const ColumnEncoding& column : encoder.columns) {
    bool indicator = false;
    if (const auto* numeric = std::get_if<NumericEncoding>(&column.encoding)) {
      names.push_back(column.name);
      indicator = numeric->indicator;
    } else {
      const auto& text = std::get<CategoryEncoding>(column.encoding);
      using Form = CategoryEncoding::Form;
      if (text.form == Form::index) {
        names.push_back(column.name);
        continue;
      }
      indicator = text.indicator;
      for (const std::string& category : text.categories)
        if (text.form == Form::one_hot || category == text.categories.back())
          names.push_back(column.name + ":" + category);
      if (text.form == Form::one_hot) names.push_back(column.name + ":unknown");
    }
    if (indicator) names.push_back(column.name + ":missing");
  }
  return names;
}

Encoder fit_encoder(const Table& table, std::span<const int64_t> columns, std::span<const uint32_t> rows,
                    const EncoderOptions& options) {
  const FloatMode float_mode;
  Encoder encoder;
  for (const int64_t index : columns) {
    ColumnEncoding column;
    column.name = table.name(index);
    if (table.kind(index) == ColumnKind::numeric) {
      column.encoding = fit_numeric(table, index, rows, options, column.training_missing);
    } else {
      CategoryEncoding encoding = fit_categories(table, index, rows, options, column.training_missing);
      choose_form(options, encoding);
      column.encoding = std::move(encoding);
    }
    column.first = encoder.width;
    column.width = encoded_width(column);
    encoder.width += column.width;
    encoder.columns.push_back(std::move(column));
  }
  return encoder;
}

std::string number_text(double value) {
  if (value == 0.0) return "0";  // and -0
  const auto rounded = static_cast<float>(std::clamp(value, -3e38, 3e38));
  if (static_cast<double>(rounded) == value) return fmt::format("{}", rounded);
  return fmt::format("{}", value);
}

int64_t class_index(const TargetEncoder& targets, std::string_view label) {
  if (targets.numeric_classes) {
    const std::optional<double> value = CellParser(CsvOptions{}).parse_number(label);
    return value ? class_index(targets, *value) : -1;
  }
  const auto found = std::lower_bound(targets.classes.begin(), targets.classes.end(), label);
  return found != targets.classes.end() && *found == label ? found - targets.classes.begin() : -1;
}

int64_t class_index(const TargetEncoder& targets, double label) {
  // Through the text, so that 0.1 kept as float and 0.1 kept as double are one class.
  const std::string text = number_text(label);
  const auto found = std::find(targets.classes.begin(), targets.classes.end(), text);
  return found != targets.classes.end() ? found - targets.classes.begin() : -1;
}

}  // namespace gradus
