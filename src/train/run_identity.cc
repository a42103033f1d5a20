#include "train/run_identity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <variant>

#include "gradus/error.h"
#include "gradus/info.h"
#include "gradus/model.h"

#include "base/quote.h"
#include "base/sha256.h"
#include "model/model_json.h"

namespace gradus {
namespace {

constexpr std::size_t kSumDigits = 64;

std::string op_text(const Op& op) {
  if (const auto* affine = std::get_if<Affine>(&op)) return fmt::format("{}", affine->outputs);
  if (const auto* activate = std::get_if<Activate>(&op)) return std::string(name(activate->activation));
  if (const auto* norm = std::get_if<BatchNorm>(&op)) return fmt::format("batch_norm {}", norm->epsilon);
  if (const auto* norm = std::get_if<LayerNorm>(&op)) return fmt::format("layer_norm {}", norm->epsilon);
  if (const auto* residual = std::get_if<Residual>(&op)) return fmt::format("residual {}", residual->from);
  return fmt::format("dropout {}", std::get<Dropout>(op).rate);
}

std::string network_text(const NetworkSpec& network) {
  std::string text = fmt::format("{}", network.inputs);
  for (const Op& op : network.ops) text.append(" ").append(op_text(op));
  return text;
}

std::string head_text(const Head& head) {
  return fmt::format("{} {} {} {} {} {} {}", name(head.loss), name(head.activation), fmt::join(head.quantiles, " "),
                     head.huber_delta, head.focal_gamma, head.label_smoothing, fmt::join(head.temperatures, " "));
}

/// What no option says: how cells become features and targets, and which rows do what.
std::string encoding_and_split(const Preparation& plan, std::span<const uint32_t> validation_rows) {
  ModelData model;
  model.encoder = plan.encoder;
  model.targets = plan.targets;
  Sha256 sum;
  sum.update(std::string_view(model_json(model)));
  for (const std::span<const uint32_t> rows :
       {std::span<const uint32_t>(plan.rows), std::span<const uint32_t>(plan.split.training),
        std::span<const uint32_t>(plan.split.validation), std::span<const uint32_t>(plan.split.calibration),
        validation_rows}) {
    const uint64_t count = rows.size();
    sum.update(std::as_bytes(std::span(&count, 1)));
    sum.update(std::as_bytes(rows));
  }
  return sum.hex();
}

std::string weights_sum(const ModelData& model) {
  return std::visit(
      [](const auto& network) {
        Sha256 sum;
        sum.update(std::as_bytes(network.parameters()));
        return sum.hex();
      },
      model.network);
}

std::optional<std::string> value_of(const OptionList& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& option) { return option.first == name; });
  return found == list.end() ? std::nullopt : std::optional(found->second);
}

std::string shown(const std::optional<std::string>& value) {
  return value ? in_quotes(*value) : "nothing";
}

bool grew(const std::optional<std::string>& there, const std::optional<std::string>& here) {
  int64_t before = 0, now = 0;
  if (!there || !here) return false;
  const bool numbers = std::from_chars(there->data(), there->data() + there->size(), before).ec == std::errc() &&
                       std::from_chars(here->data(), here->data() + here->size(), now).ec == std::errc();
  return numbers && now >= before;
}

/// `sums` say nothing to a reader beyond that they differ.
std::string difference(const std::string& name, const std::optional<std::string>& there,
                       const std::optional<std::string>& here) {
  if (there && here && there->size() == kSumDigits && here->size() == kSumDigits) return name;
  return fmt::format("{} ({} there, {} here)", name, shown(there), shown(here));
}

}  // namespace

OptionList run_identity(const TrainOptions& options, const Preparation& plan, const std::string& data,
                        const std::string& validation, std::span<const uint32_t> validation_rows) {
  OptionList run = {{"program", "gradus " + version()}, {"data", data}};
  if (!validation.empty()) run.emplace_back("validation_data", validation);
  run.emplace_back("task", std::string(name(plan.task)));
  run.emplace_back("seed", fmt::format("{}", options.seed));
  run.emplace_back("network", network_text(plan.recipe.network));
  run.emplace_back("loss", head_text(plan.recipe.network.head));
  for (const auto& option : describe(options, plan.recipe)) run.push_back(option);
  if (options.init_model) run.emplace_back("init_model_weights", weights_sum(options.init_model->data()));
  run.emplace_back("encoding_and_split", encoding_and_split(plan, validation_rows));
  return run;
}

bool longer_run_starts_alike(const Recipe& recipe) noexcept {
  return recipe.swa < 0.0 && !depends_on_length(recipe.schedule, recipe.schedule_settings);
}

void check_same_run(const Checkpoint& checkpoint, const OptionList& run, bool epochs_may_grow) {
  std::vector<std::string> names;
  for (const OptionList* list : {&checkpoint.run(), &run})
    for (const auto& option : *list)
      if (std::find(names.begin(), names.end(), option.first) == names.end()) names.push_back(option.first);
  std::vector<std::string> differences;
  for (const std::string& name : names) {
    const auto there = value_of(checkpoint.run(), name), here = value_of(run, name);
    if (there == here || (name == "epochs" && epochs_may_grow && grew(there, here))) continue;
    differences.push_back(difference(name, there, here));
  }
  // Other data have other statistics: that much follows.
  if (differences.size() > 1) std::erase(differences, "encoding_and_split");
  if (differences.empty()) return;
  throw Error(
      ErrorCode::bad_data, Place{.file = checkpoint.file()},
      fmt::format("found the checkpoint of another run, expected the same {}; without --resume a run starts anew",
                  fmt::join(differences, ", ")));
}

}  // namespace gradus
