#include "train/choose_head.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gradus/error.h"

#include "nn/head.h"

namespace gradus {
namespace {

/// The losses that make sense for a task, the usual one first.
std::vector<Loss> losses_for(Task task) {
  switch (task) {
    case Task::classification:
      return {Loss::softmax_cross_entropy, Loss::sigmoid_cross_entropy, Loss::focal, Loss::sigmoid_focal, Loss::hinge,
              Loss::squared_error};
    case Task::multilabel:
      return {Loss::sigmoid_cross_entropy, Loss::focal, Loss::sigmoid_focal, Loss::hinge, Loss::squared_error};
    case Task::regression:
      break;
  }
  return {Loss::squared_error, Loss::absolute_error, Loss::huber, Loss::log_cosh, Loss::quantile, Loss::poisson};
}

Loss choose_loss(const TrainOptions& options, Task task) {
  const std::vector<Loss> fitting = losses_for(task);
  if (!options.loss) {
    const bool founding = options.preset == Preset::classic && task == Task::classification;
    return founding ? Loss::sigmoid_cross_entropy : fitting.front();
  }
  if (std::find(fitting.begin(), fitting.end(), *options.loss) == fitting.end()) {
    std::vector<std::string_view> known;
    for (const Loss loss : fitting) known.push_back(name(loss));
    throw Error(ErrorCode::usage, fmt::format("--loss: found {}, expected one of {} for a {} target",
                                              name(*options.loss), fmt::join(known, ", "), name(task)));
  }
  // Labels that don't exclude each other have no softmax.
  const bool by_label = task == Task::multilabel && *options.loss == Loss::focal;
  return by_label ? Loss::sigmoid_focal : *options.loss;
}

Activation choose_output_activation(const TrainOptions& options, Loss loss) {
  if (has_output_activation(loss)) {
    const bool founding = options.preset == Preset::classic && loss == Loss::squared_error;
    return options.output_activation.value_or(founding ? Activation::sigmoid : Activation::identity);
  }
  const bool redundant = loss == Loss::sigmoid_cross_entropy && options.output_activation == Activation::sigmoid;
  if (options.output_activation && !redundant)
    throw Error(ErrorCode::usage, fmt::format("--output-activation: found {}, expected none with {}, which has its own",
                                              name(*options.output_activation), name(loss)));
  return Activation::identity;
}

/// Takes `given` where the loss has such a parameter.
void set_parameter(const std::optional<double>& given, bool fits, std::string_view flag, std::string_view expected,
                   Loss loss, double& parameter) {
  if (!given) return;
  if (!fits)
    throw Error(ErrorCode::usage, fmt::format("{}: found with loss {}, expected {}", flag, name(loss), expected));
  parameter = *given;
}

}  // namespace

std::string_view name(TargetScaling scaling) noexcept {
  switch (scaling) {
    case TargetScaling::standard:
      return "standard";
    case TargetScaling::unit:
      return "unit";
    case TargetScaling::mean:
      return "mean";
    case TargetScaling::none:
      return "none";
  }
  return "unknown";
}

Head choose_head(const TrainOptions& options, Task task) {
  Head head;
  head.loss = choose_loss(options, task);
  head.activation = choose_output_activation(options, head.loss);
  const bool focal = head.loss == Loss::focal || head.loss == Loss::sigmoid_focal;
  const bool cross_entropy = head.loss == Loss::softmax_cross_entropy || head.loss == Loss::sigmoid_cross_entropy;
  set_parameter(options.huber_delta, head.loss == Loss::huber, "--huber-delta", "huber", head.loss, head.huber_delta);
  set_parameter(options.focal_gamma, focal, "--focal-gamma", "focal", head.loss, head.focal_gamma);
  set_parameter(options.label_smoothing, cross_entropy, "--label-smoothing", "a cross-entropy", head.loss,
                head.label_smoothing);
  head.quantiles = options.quantiles;
  check_head(head);
  return head;
}

bool choose_calibration(const TrainOptions& options, const Head& head, Task task) {
  const bool possible = task != Task::regression && (has_softmax(head.loss) || has_sigmoids(head.loss));
  if (options.calibrate == true && !possible)
    throw Error(ErrorCode::usage,
                fmt::format("--calibrate: found with {} for a {} target, expected classes or labels learned by a loss "
                            "over logits",
                            name(head.loss), name(task)));
  return possible && options.calibrate.value_or(options.preset == Preset::standard);
}

std::vector<TargetScaling> choose_target_scaling(const TrainOptions& options, const Head& head, Task task,
                                                 int64_t targets) {
  const std::vector<TargetScaling>& given = options.target_scaling;
  const auto count = static_cast<std::size_t>(targets);
  if (task != Task::regression) {
    if (!given.empty())
      throw Error(ErrorCode::usage,
                  fmt::format("--target-scaling: found with a {} target, expected a regression's", name(task)));
    return {};
  }
  if (given.size() > 1 && given.size() != count)
    throw Error(ErrorCode::usage, fmt::format("--target-scaling: found {}, expected one for all targets or one for "
                                              "each of the {}",
                                              given.size(), count));
  const bool counts = head.loss == Loss::poisson;
  for (const TargetScaling scaling : given) {
    if (counts && scaling != TargetScaling::mean && scaling != TargetScaling::none)
      throw Error(ErrorCode::usage, fmt::format("--target-scaling: found {} with poisson, whose means are above 0, "
                                                "expected mean or none",
                                                name(scaling)));
  }
  if (given.size() > 1) return given;
  const TargetScaling usual = counts                                   ? TargetScaling::mean
                              : head.activation == Activation::sigmoid ? TargetScaling::unit
                                                                       : TargetScaling::standard;
  return std::vector<TargetScaling>(count, given.empty() ? usual : given.front());
}

}  // namespace gradus
