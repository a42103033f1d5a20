#include "train/regulariser_choice.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "gradus/error.h"

#include "base/bounds.h"
#include "optim/settings.h"
#include "train/monotone.h"

namespace gradus {
namespace {

/// The preset's activation, or one that never falls where a column is to be monotone and the preset's does.
Activation hidden_activation(const TrainOptions& options, const PresetDefaults& defaults) {
  if (options.activation) return *options.activation;
  return options.monotone.empty() || never_falls(defaults.activation) ? defaults.activation : Activation::elu;
}

/// Batch statistics are those of a whole minibatch, of more than one row.
void check_normalization(const TrainOptions& options, const Recipe& recipe) {
  const Normalization normalization = options.normalization.value_or(Normalization::none);
  if (normalization != Normalization::none && !options.monotone.empty())
    throw Error(ErrorCode::usage, fmt::format("--normalization: found {} with --monotone, expected none, as it mixes "
                                              "the signs of weights",
                                              name(normalization)));
  if (normalization != Normalization::batch) return;
  const auto refuse = [](std::string_view flag, const std::string& found, std::string_view expected) {
    throw Error(ErrorCode::usage,
                fmt::format("{}: found {} with --normalization batch, expected {}", flag, found, expected));
  };
  const TrainerOptions& trainer = recipe.trainer;
  if (trainer.shards > 1)
    refuse("--shards", fmt::format("{}", trainer.shards), "1: its statistics are those of the whole minibatch");
  if (!is_minibatch_rule(trainer.solver))
    refuse("--solver", std::string(name(trainer.solver)), "a rule that takes minibatches");
  if (trainer.batch_size < 2) refuse("--batch-size", "1", "at least 2, which have a deviation");
  if (recipe.swa >= 0.0)
    refuse("--swa", fmt::format("{}", recipe.swa), "--ema: the mean of weights has no running statistics");
}

/// Frozen layers keep their weights whatever else is asked for.
void check_freeze(const TrainOptions& options, const TrainerOptions& trainer) {
  if (trainer.frozen.empty()) return;
  const bool decays = trainer.weight_decay > 0.0 && !decays_itself(trainer.solver);
  const std::pair<bool, std::string_view> movers[] = {
      {trainer.max_norm > 0.0, "--max-norm"},
      {!options.monotone.empty(), "--monotone"},
      {decays, "--weight-decay and a solver without a decay of its own"},
      {options.normalization.value_or(Normalization::none) != Normalization::none, "--normalization"}};
  for (const auto& [found, flag] : movers)
    if (found)
      throw Error(ErrorCode::usage,
                  fmt::format("--freeze: found with {}, which moves all weights, expected one or the other", flag));
}

}  // namespace

std::vector<HiddenLayer> hidden_layers(const TrainOptions& options, const PresetDefaults& defaults, double dropout) {
  std::vector<HiddenLayer> layers =
      parse_hidden(options.hidden.value_or(defaults.hidden), hidden_activation(options, defaults), dropout);
  bool neighbours = false;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    layers[l].normalization = options.normalization.value_or(Normalization::none);
    layers[l].residual = options.residual;
    neighbours = neighbours || (l > 0 && layers[l].width == layers[l - 1].width);
  }
  if (options.residual && !neighbours)
    throw Error(ErrorCode::usage,
                "--residual: found no hidden layer as wide as the one before it, expected at least "
                "one, as in --hidden 128,128");
  if (options.normalization.value_or(Normalization::none) != Normalization::none && layers.empty())
    throw Error(ErrorCode::usage, "--normalization: found without hidden layers, expected some in --hidden");
  return layers;
}

void check_regularisers(const TrainOptions& options, const Recipe& recipe) {
  constexpr double kMost = 1e300;
  check_range("--l1", recipe.trainer.l1, 0.0, kMost);
  check_range("--clip-value", recipe.trainer.clip_value, 0.0, kMost);
  check_range("--clip-norm", recipe.trainer.clip_norm, 0.0, kMost);
  check_range("--max-norm", recipe.trainer.max_norm, 0.0, kMost);
  check_range("--input-noise", recipe.trainer.input_noise, 0.0, kMost);
  check_below("--ema", recipe.ema, 0.0, 1.0);
  check_below("--swa", options.swa.value_or(0.0), 0.0, 1.0);
  if (options.ema && options.swa)
    throw Error(ErrorCode::usage, "--swa: found --ema as well, expected one way to average the weights");
  check_normalization(options, recipe);
  check_freeze(options, recipe.trainer);
  if (options.monotone.empty()) return;
  for (const Op& op : recipe.network.ops)
    if (const auto* activate = std::get_if<Activate>(&op); activate != nullptr && !never_falls(activate->activation))
      throw Error(ErrorCode::usage,
                  fmt::format("--activation: found {} with --monotone, expected one that never falls, "
                              "such as elu, relu or tanh",
                              name(activate->activation)));
  if (!never_falls(recipe.network.head.activation))
    throw Error(ErrorCode::usage, fmt::format("--output-activation: found {} with --monotone, expected one that never "
                                              "falls",
                                              name(recipe.network.head.activation)));
}

void describe_regularisers(const TrainOptions& options, const Recipe& recipe, OptionList& list) {
  const auto add = [&](const char* option, double value) {
    if (value > 0.0) list.emplace_back(option, fmt::format("{}", value));
  };
  add("l1", recipe.trainer.l1);
  add("clip_value", recipe.trainer.clip_value);
  add("clip_norm", recipe.trainer.clip_norm);
  add("max_norm", recipe.trainer.max_norm);
  add("input_noise", recipe.trainer.input_noise);
  add("ema", recipe.ema);
  if (recipe.swa >= 0.0) list.emplace_back("swa", fmt::format("{}", recipe.swa));
  if (!options.monotone.empty()) list.emplace_back("monotone", options.monotone);
}

std::string summarize_regularisers(const Recipe& recipe) {
  const TrainerOptions& trainer = recipe.trainer;
  std::string text;
  if (trainer.l1 > 0.0) text += fmt::format(", L1 {}", trainer.l1);
  if (trainer.clip_value > 0.0) text += fmt::format(", gradients clipped to {}", trainer.clip_value);
  if (trainer.clip_norm > 0.0) text += fmt::format(", their norm to {}", trainer.clip_norm);
  if (trainer.max_norm > 0.0) text += fmt::format(", weights of a unit to a norm of {}", trainer.max_norm);
  if (trainer.input_noise > 0.0) text += fmt::format(", input noise {}", trainer.input_noise);
  if (recipe.ema > 0.0) text += fmt::format(", moving average of the weights ({})", recipe.ema);
  if (recipe.swa >= 0.0) text += fmt::format(", mean of the weights from {:.3g} of the epochs on", recipe.swa);
  if (!trainer.monotone.empty()) text += ", monotone columns";
  return text;
}

}  // namespace gradus
