#include "train/recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "gradus/error.h"
#include "gradus/model.h"

#include "base/bounds.h"
#include "comm/shards.h"
#include "nn/embed.h"
#include "nn/head.h"
#include "optim/settings.h"
#include "train/choose_head.h"
#include "train/presets.h"
#include "train/regulariser_choice.h"
#include "train/schedule_choice.h"
#include "train/scorer.h"
#include "train/solver_by_size.h"
#include "train/solver_choice.h"

namespace gradus {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

HiddenLayer parse_layer(std::string_view item, Activation activation, double dropout) {
  const std::size_t space = item.find(' ');
  const std::string_view digits = item.substr(0, space);
  int64_t width = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), width);
  if (error != std::errc() || end != digits.data() + digits.size() || width < 1 || digits.front() == '0') {
    throw Error(
        ErrorCode::usage,
        fmt::format("--hidden: found \"{}\", expected widths such as 256,128 or \"256 relu, 128 tanh\", or none",
                    item));
  }
  if (space != std::string_view::npos) activation = parse<Activation>(trim(item.substr(space)), "--hidden");
  return {width, activation, dropout};
}

/// Every n / count-th of the n rows, kInitialRows at most.
template <typename T>
std::vector<T> spread_rows(MatrixView<const T> features, std::span<const uint32_t> rows) {
  const int64_t all = std::ssize(rows), count = std::min(all, kInitialRows);
  std::vector<T> some;
  some.reserve(static_cast<std::size_t>(count * features.columns()));
  for (int64_t i = 0; i < count; ++i) {
    const std::span<const T> row = features.row(rows[static_cast<std::size_t>(i * all / count)]);
    some.insert(some.end(), row.begin(), row.end());
  }
  return some;
}

void check_init_scale(const TrainOptions& options) {
  if (!options.init_scale) return;
  check_range("--init-scale", *options.init_scale, 0.0, 1e300);
  const Initializer initializer = options.initializer.value_or(Initializer::zeros);
  if (initializer == Initializer::uniform || initializer == Initializer::normal ||
      initializer == Initializer::orthogonal)
    return;
  throw Error(ErrorCode::usage,
              fmt::format("--init-scale: found with --init {}, expected uniform, normal or orthogonal",
                          options.initializer ? name(*options.initializer) : "auto"));
}

}  // namespace

double validation_fraction(const TrainOptions& options) {
  const double fraction = options.validation_fraction.value_or(
      preset_defaults(options.preset, Task::classification, 0).validation_fraction);
  check_below("--validation-fraction", fraction, 0.0, 1.0);
  return fraction;
}

double calibration_fraction(const TrainOptions& options) {
  if (!options.coverage) {
    if (options.calibration_fraction)
      throw Error(ErrorCode::usage, "--calibration-fraction: found without --coverage, which it is for");
    return 0.0;
  }
  const double fraction = options.calibration_fraction.value_or(0.1);
  if (!(*options.coverage > 0.0 && *options.coverage < 1.0))
    throw Error(ErrorCode::usage,
                fmt::format("--coverage: found {}, expected a number between 0 and 1", *options.coverage));
  if (!(fraction > 0.0 && fraction < 1.0))
    throw Error(ErrorCode::usage,
                fmt::format("--calibration-fraction: found {}, expected a number between 0 and 1", fraction));
  return fraction;
}

std::vector<HiddenLayer> parse_hidden(const std::string& text, Activation activation, double dropout) {
  std::vector<HiddenLayer> layers;
  if (trim(text) == "none") return layers;
  std::string_view rest = text;
  for (;;) {
    const std::size_t comma = rest.find(',');
    layers.push_back(parse_layer(trim(rest.substr(0, comma)), activation, dropout));
    if (comma == std::string_view::npos) return layers;
    rest.remove_prefix(comma + 1);
  }
}

int64_t member_count(const TrainOptions& options) {
  constexpr int64_t kMost = 1024;
  PresetDefaults defaults = preset_defaults(options.preset, Task::classification, 0);
  defaults = suited(defaults, options, Task::classification, options.solver.value_or(defaults.solver));
  const int64_t members = options.members.value_or(defaults.members);
  check_range("--members", static_cast<double>(members), 1.0, static_cast<double>(kMost));
  if (members == 1) return members;
  const char* with = options.init_model ? "--init-model" : !options.checkpoint.empty() ? "--checkpoint" : nullptr;
  if (with != nullptr)
    throw Error(ErrorCode::usage,
                fmt::format("--members: found {} with {}, expected 1, which that is for", members, with));
  return members;
}

EncoderOptions encoder_options(const TrainOptions& options, Task task, int64_t training_rows) {
  PresetDefaults defaults = preset_defaults(options.preset, task, training_rows);
  defaults = suited(defaults, options, task, options.solver.value_or(defaults.solver));
  const TabularChoice choice = choose_tabular(options, defaults.tabular);
  return {.scaling = choice.scaling,
          .most_one_hot = choice.most_one_hot,
          .signs = choice.signs,
          .wide = options.precision == Precision::float64,
          .on_warning = options.on_warning};
}

Recipe resolve(const TrainOptions& options, const TableShape& shape) {
  if (options.auto_solver) return resolve_by_size(options, shape);
  PresetDefaults defaults = preset_defaults(options.preset, shape.task, shape.training_rows);
  defaults = suited(defaults, options, shape.task, options.solver.value_or(defaults.solver));
  Recipe recipe;
  recipe.trainer = choose_solver(options, defaults, shape.training_rows);
  // Noise in the gradient is what methods for all rows can't use.
  const double dropout = options.dropout.value_or(needs_all_rows(recipe.trainer.solver) ? 0.0 : defaults.dropout);
  check_below("--dropout", dropout, 0.0, 1.0);
  if (dropout > 0.0 && needs_all_rows(recipe.trainer.solver))
    throw Error(ErrorCode::usage,
                fmt::format("--dropout: found {} with solver {}, expected 0, because its steps rest on "
                            "an objective without noise",
                            dropout, name(recipe.trainer.solver)));
  recipe.members = member_count(options);
  recipe.tabular = choose_tabular(options, defaults.tabular);
  recipe.trainer.rate_factors = recipe.tabular.rate_factors;
  recipe.trainer.decay_factors = recipe.tabular.decay_factors;
  recipe.trainer.ntk = recipe.tabular.parametrization == Parametrization::ntk;
  auto hidden = hidden_layers(options, defaults, dropout);
  for (HiddenLayer& layer : hidden) layer.blend = recipe.tabular.blend;
  Head head = choose_head(options, shape.task);
  if (!options.label_smoothing && head.loss == Loss::softmax_cross_entropy)
    head.label_smoothing = defaults.label_smoothing;
  recipe.network = multilayer(shape.features, hidden, shape.outputs * outputs_per_target(head), head);
  check_lm_loss(recipe.trainer, recipe.network);
  recipe.initializer = options.initializer;
  recipe.init_scale = options.init_scale;
  check_init_scale(options);
  recipe.schedule =
      uses_schedule(recipe.trainer.solver) ? options.schedule.value_or(defaults.schedule) : Schedule::constant;
  recipe.epochs = options.epochs.value_or(defaults.epochs);
  recipe.schedule_settings = choose_schedule_settings(options, recipe.schedule, recipe.epochs);
  recipe.early_stopping = options.early_stopping.value_or(options.patience.has_value() || defaults.early_stopping);
  recipe.patience = options.patience.value_or(defaults.patience);
  recipe.tolerance = options.tolerance.value_or(defaults.tolerance);
  recipe.metric = choose_metric(options.metric, shape.task);
  recipe.standard_errors = recipe.metric ? 0.0 : defaults.standard_errors;
  recipe.target_scaling = choose_target_scaling(options, recipe.network.head, shape.task, shape.outputs);
  recipe.calibrate = choose_calibration(options, recipe.network.head, shape.task);
  recipe.ema = options.ema.value_or(0.0);
  recipe.swa = options.swa.value_or(-1.0);
  check_regularisers(options, recipe);
  recipe.batch_clamped = options.batch_size.value_or(0) > shape.training_rows;
  check_at_least("--epochs", recipe.epochs, 1);
  check_at_least("--patience", recipe.patience, 1);
  check_at_least("--batch-size", options.batch_size.value_or(0), 0);
  check_range("--shards", static_cast<double>(recipe.trainer.shards), 1.0, static_cast<double>(kMostShards));
  check_range("--learning-rate", recipe.trainer.learning_rate, 0.0, 1e300);
  check_range("--tol", recipe.tolerance, 0.0, 1e300);
  return recipe;
}

template <typename T>
BasicNetwork<T> initial_network(const Recipe& recipe, MatrixView<const T> features, std::span<const uint32_t> rows) {
  BasicNetwork<T> network(recipe.network);
  if (!recipe.initializer) {
    network.initialize(recipe.trainer.seed);
  } else if (*recipe.initializer == Initializer::lsuv) {
    const std::vector<T> some = spread_rows<T>(features, rows);
    network.initialize_from({some.data(), std::ssize(some) / features.columns(), features.columns()},
                            recipe.trainer.seed);
  } else {
    network.initialize(*recipe.initializer, recipe.trainer.seed, recipe.init_scale);
  }
  // The same draws as the initialiser's, of another deviation.
  if (recipe.tabular.frequency != kUsualFrequency)
    reset_embeddings<T>(compile(recipe.network), recipe.trainer.seed, network.parameters(), recipe.tabular.frequency);
  return network;
}
template BasicNetwork<float> initial_network(const Recipe&, MatrixView<const float>, std::span<const uint32_t>);
template BasicNetwork<double> initial_network(const Recipe&, MatrixView<const double>, std::span<const uint32_t>);

OptionList describe(const TrainOptions& options, const Recipe& recipe) {
  const TrainerOptions& trainer = recipe.trainer;
  OptionList list = {
      {"preset", std::string(name(options.preset))},
      {"precision", std::string(name(options.precision))},
      {"initializer", recipe.initializer ? std::string(name(*recipe.initializer)) : "auto"},
      {"solver", std::string(name(trainer.solver))},
      {"learning_rate", fmt::format("{}", trainer.learning_rate)},
      {"schedule", std::string(name(recipe.schedule))},
      {"batch_size", fmt::format("{}", trainer.batch_size)},
      {"shards", fmt::format("{}", trainer.shards)},
      {"epochs", fmt::format("{}", recipe.epochs)},
      {"l2", fmt::format("{}", trainer.l2)},
  };
  if (recipe.init_scale) list.emplace_back("init_scale", fmt::format("{}", *recipe.init_scale));
  describe_solver(trainer, list);
  if (recipe.members > 1) list.emplace_back("members", fmt::format("{}", recipe.members));
  describe_tabular(recipe.tabular, list);
  describe_schedule(recipe.schedule, recipe.schedule_settings, list);
  if (!options.weights.empty()) list.emplace_back("weights", options.weights);
  if (!options.group.empty()) list.emplace_back("group", options.group);
  if (!options.time.empty()) list.emplace_back("time", options.time);
  if (options.in_order) list.emplace_back("in_order", "true");
  if (!options.class_weights.empty()) list.emplace_back("class_weights", options.class_weights);
  if (!options.target_scaling.empty()) {
    std::vector<std::string_view> scalings;
    for (const TargetScaling scaling : options.target_scaling) scalings.push_back(name(scaling));
    list.emplace_back("target_scaling", fmt::format("{}", fmt::join(scalings, ",")));
  }
  if (recipe.calibrate) list.emplace_back("calibrate", "true");
  if (options.coverage) {
    list.emplace_back("coverage", fmt::format("{}", *options.coverage));
    list.emplace_back("calibration_fraction", fmt::format("{}", calibration_fraction(options)));
  }
  // Which data the weights began on: a path would say nothing elsewhere.
  if (options.init_model) list.emplace_back("init_model", options.init_model->data().fingerprint);
  if (!trainer.frozen.empty()) list.emplace_back("freeze", fmt::format("{}", fmt::join(trainer.frozen, ",")));
  describe_regularisers(options, recipe, list);
  list.emplace_back("early_stopping", recipe.early_stopping ? "true" : "false");
  if (recipe.early_stopping || recipe.schedule == Schedule::adaptive) {
    list.emplace_back("patience", fmt::format("{}", recipe.patience));
    list.emplace_back("tolerance", fmt::format("{}", recipe.tolerance));
    list.emplace_back("standard_errors", fmt::format("{}", recipe.standard_errors));
  }
  if (recipe.metric) list.emplace_back("metric", std::string(name(*recipe.metric)));
  return list;
}

std::string summarize(const Recipe& recipe) {
  const TrainerOptions& trainer = recipe.trainer;
  std::string text(name(trainer.solver));
  if (uses_learning_rate(trainer.solver)) text += fmt::format(", learning rate {}", trainer.learning_rate);
  if (uses_schedule(trainer.solver)) text += fmt::format(" ({})", summarize(recipe.schedule, recipe.schedule_settings));
  text += fmt::format(", batch size {}, at most {} epochs", trainer.batch_size, recipe.epochs);
  text += summarize(recipe.tabular);
  if (recipe.members > 1) text += fmt::format(", {} networks", recipe.members);
  if (trainer.shards > 1) text += fmt::format(", {} shards", trainer.shards);
  if (trainer.l2 > 0.0) text += fmt::format(", L2 {}", trainer.l2);
  if (trainer.weight_decay > 0.0) text += fmt::format(", weight decay {}", trainer.weight_decay);
  if (!trainer.frozen.empty())
    text += fmt::format(", layer{} {} frozen", trainer.frozen.size() > 1 ? "s" : "", fmt::join(trainer.frozen, ", "));
  text += summarize_regularisers(recipe);
  if (recipe.early_stopping)
    text += fmt::format(", early stopping after {} epochs without improvement", recipe.patience);
  if (recipe.early_stopping && recipe.metric) text += fmt::format(" in {}", name(*recipe.metric));
  return text;
}

}  // namespace gradus
