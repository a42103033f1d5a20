#include "train/tabular_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "gradus/error.h"

#include "base/bounds.h"
#include "base/quote.h"

namespace gradus {
namespace {

// The sizes of RealMLP (Holzmueller et al. 2024).
constexpr int64_t kCosines = 16;
constexpr int64_t kPeriodicOutputs = 4;
constexpr int64_t kTableOutputs = 8;

struct NamedFactor {
  std::string_view name;
  double ParameterFactors::*value;
};
constexpr NamedFactor kFactors[] = {
    {"weight", &ParameterFactors::weight},       {"bias", &ParameterFactors::bias},
    {"norm", &ParameterFactors::norm},           {"scale", &ParameterFactors::scale},
    {"embedding", &ParameterFactors::embedding}, {"activation", &ParameterFactors::blend}};

/// "scale=6,bias=0.1" into `factors`; what isn't named stays.
void parse_factors(std::string_view flag, std::string_view text, ParameterFactors& factors) {
  const auto refuse = [&](std::string_view item) {
    std::vector<std::string_view> known;
    for (const NamedFactor& factor : kFactors) known.push_back(factor.name);
    throw Error(ErrorCode::usage, fmt::format("{}: found {}, expected factors from 0 to 1e6 of {}, as in bias=0.1",
                                              flag, in_quotes(item), fmt::join(known, ", ")));
  };
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const std::size_t equals = item.find('=');
    const auto* const known = std::find_if(std::begin(kFactors), std::end(kFactors),
                                           [&](const NamedFactor& f) { return f.name == item.substr(0, equals); });
    if (equals == std::string_view::npos || known == std::end(kFactors)) refuse(item);
    double value = -1.0;
    const auto [end, error] = std::from_chars(item.data() + equals + 1, item.data() + item.size(), value);
    if (error != std::errc() || end != item.data() + item.size() || !(value >= 0.0 && value <= 1e6)) refuse(item);
    factors.*(known->value) = value;
  }
}

std::string factors_text(const ParameterFactors& factors) {
  std::string text;
  for (const NamedFactor& factor : kFactors)
    if (factors.*(factor.value) != 1.0)
      text += fmt::format("{}{}={}", text.empty() ? "" : ",", factor.name, factors.*(factor.value));
  return text;
}

/// One that takes `width` inputs as they are, joined to the one before where that does too.
void add_pass(int64_t width, Embed& embed) {
  if (!embed.columns.empty() && embed.columns.back().kind == ColumnEmbedding::Kind::pass) {
    embed.columns.back().inputs += width;
    embed.columns.back().outputs += width;
  } else {
    embed.columns.push_back({.inputs = width, .outputs = width});
  }
}

void add_column(const TabularChoice& choice, const ColumnEncoding& column, Embed& embed) {
  using Kind = ColumnEmbedding::Kind;
  if (const auto* numeric = std::get_if<NumericEncoding>(&column.encoding)) {
    if (choice.embedding == NumericEmbedding::none || numeric->scale == 0.0) return add_pass(column.width, embed);
    embed.columns.push_back({.kind = Kind::periodic, .outputs = kPeriodicOutputs, .hidden = kCosines});
    if (numeric->indicator) add_pass(1, embed);
    return;
  }
  const auto& category = std::get<CategoryEncoding>(column.encoding);
  if (category.form != CategoryEncoding::Form::index) return add_pass(column.width, embed);
  const int64_t levels = std::ssize(category.categories) + (category.indicator ? 2 : 1);
  embed.columns.push_back({.kind = Kind::category, .outputs = kTableOutputs, .levels = levels});
}

/// What would let a prediction turn back where its column must not.
void keep_monotone(const TrainOptions& options, TabularChoice& choice) {
  const auto refuse = [](const char* flag) {
    throw Error(ErrorCode::usage, fmt::format("{}: found with --monotone, expected one of them", flag));
  };
  if (options.numeric_embedding.value_or(NumericEmbedding::none) != NumericEmbedding::none)
    refuse("--numeric-embedding");
  if (options.learned_scale == true) refuse("--learned-scale");
  if (options.parametric_activation == true) refuse("--parametric-activation");
  choice.embedding = NumericEmbedding::none;
  choice.scale = choice.blend = false;
  choice.most_one_hot = kMaxCategories;
}

}  // namespace

TabularChoice choose_tabular(const TrainOptions& options, const TabularChoice& preset) {
  TabularChoice choice = preset;
  choice.scaling = options.numeric_scaling.value_or(preset.scaling);
  choice.embedding = options.numeric_embedding.value_or(preset.embedding);
  choice.frequency = options.embedding_frequency.value_or(preset.frequency);
  check_below("--embedding-frequency", choice.frequency, 0.0, 1e6);
  choice.most_one_hot = options.one_hot_limit.value_or(preset.most_one_hot);
  choice.scale = options.learned_scale.value_or(preset.scale);
  choice.blend = options.parametric_activation.value_or(preset.blend);
  choice.parametrization = options.parametrization.value_or(preset.parametrization);
  choice.strength = options.strength_schedule.value_or(preset.strength);
  if (!options.monotone.empty()) keep_monotone(options, choice);
  parse_factors("--rate-factors", options.rate_factors, choice.rate_factors);
  parse_factors("--decay-factors", options.decay_factors, choice.decay_factors);
  check_range("--one-hot-limit", static_cast<double>(choice.most_one_hot), 2.0, static_cast<double>(kMaxCategories));
  return choice;
}

std::vector<Op> input_ops(const TabularChoice& choice, const Encoder& encoder) {
  std::vector<Op> ops;
  Embed embed;
  for (const ColumnEncoding& column : encoder.columns) add_column(choice, column, embed);
  if (std::ranges::any_of(embed.columns, [](const auto& column) { return column.kind != ColumnEmbedding::Kind::pass; }))
    ops.push_back(std::move(embed));
  if (choice.scale) ops.push_back(Scale{});
  return ops;
}

void put_first(std::vector<Op> ops, NetworkSpec& network) {
  const auto count = std::ssize(ops);
  for (Op& op : network.ops)
    if (auto* residual = std::get_if<Residual>(&op)) residual->from += count;
  network.ops.insert(network.ops.begin(), std::make_move_iterator(ops.begin()), std::make_move_iterator(ops.end()));
}

void describe_tabular(const TabularChoice& choice, OptionList& list) {
  const auto add = [&](const char* option, std::string value) { list.emplace_back(option, std::move(value)); };
  add("numeric_scaling", std::string(name(choice.scaling)));
  add("numeric_embedding", std::string(name(choice.embedding)));
  if (choice.embedding == NumericEmbedding::periodic) add("embedding_frequency", fmt::format("{}", choice.frequency));
  if (choice.most_one_hot < kMaxCategories) add("one_hot_limit", fmt::format("{}", choice.most_one_hot));
  if (choice.scale) add("learned_scale", "true");
  if (choice.blend) add("parametric_activation", "true");
  if (choice.parametrization != Parametrization::standard)
    add("parametrization", std::string(name(choice.parametrization)));
  if (const std::string text = factors_text(choice.rate_factors); !text.empty()) add("rate_factors", text);
  if (const std::string text = factors_text(choice.decay_factors); !text.empty()) add("decay_factors", text);
  if (choice.strength != StrengthSchedule::constant) add("strength_schedule", std::string(name(choice.strength)));
}

std::string summarize(const TabularChoice& choice) {
  std::string text;
  if (choice.parametrization == Parametrization::ntk) text += ", rates by width";
  if (choice.strength == StrengthSchedule::flat_cosine) text += ", dropout and decay fading in the second half";
  return text;
}

}  // namespace gradus
