#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "options.h"
#include "print.h"

namespace gradus::cli {
namespace {

std::vector<std::string_view> scaling_names() {
  std::vector<std::string_view> all;
  for (const TargetScaling scaling : kTargetScalings) all.push_back(name(scaling));
  return all;
}

std::vector<TargetScaling> parse_scalings(const Flags& flags, const std::string& flag) {
  std::vector<TargetScaling> scalings;
  const std::vector<std::string> parts = flags.list(flag);
  if (parts == std::vector<std::string>{"auto"}) return scalings;
  for (const std::string& part : parts) {
    const auto* const found = std::find_if(std::begin(kTargetScalings), std::end(kTargetScalings),
                                           [&](TargetScaling scaling) { return name(scaling) == part; });
    if (found == std::end(kTargetScalings))
      flags.fail(flag, fmt::format("found \"{}\", expected auto or {} for all targets or for each", printable(part),
                                   fmt::join(scaling_names(), ", ")));
    scalings.push_back(*found);
  }
  return scalings;
}

}  // namespace

std::vector<FlagSpec> tabular_flags() {
  return {
      {"--target-scaling", FlagKind::list, "NAME,...",
       fmt::format("of a regression's targets, one for all or one for each: auto, {}",
                   fmt::join(scaling_names(), ", "))},
      {"--members", FlagKind::whole, "N", "networks of an ensemble, each checked on other rows; together they predict"},
      {"--numeric-scaling", FlagKind::text, "NAME",
       "of numeric columns: standard (mean and deviation) or robust (median and quartiles, smoothly clipped)"},
      {"--numeric-embedding", FlagKind::text, "NAME", "of numeric columns: none or periodic (learned cosines)"},
      {"--embedding-frequency", FlagKind::number, "X",
       "periodic embeddings begin with frequencies of this deviation, in turns per scaled unit"},
      {"--one-hot-limit", FlagKind::whole, "N", "text columns of more categories get learned embeddings"},
      {"--learned-scale", FlagKind::toggle, "", "features are multiplied by learned factors"},
      {"--no-learned-scale", FlagKind::toggle, "", "features enter the first layer as they are"},
      {"--parametric-activation", FlagKind::toggle, "", "each hidden unit learns how much of its activation it uses"},
      {"--no-parametric-activation", FlagKind::toggle, "", "activations are what they are"},
      {"--parametrization", FlagKind::text, "NAME", "standard, or ntk: a weight's rate falls with its layer's width"},
      {"--rate-factors", FlagKind::list, "PART=X,...",
       "what the learning rate of weight, bias, norm, scale, embedding or activation is multiplied by"},
      {"--decay-factors", FlagKind::list, "PART=X,...", "the same of the weight decay"},
      {"--strength-schedule", FlagKind::text, "NAME",
       "of dropout and weight decay: constant, or flat_cosine, down to 0 in the second half"},
  };
}

void read_tabular_options(const Flags& flags, TrainOptions& options) {
  options.target_scaling = parse_scalings(flags, "--target-scaling");
  options.members = flags.whole("--members", 1, 1024);
  options.numeric_scaling = flags.choice<NumericScaling>("--numeric-scaling");
  options.numeric_embedding = flags.choice<NumericEmbedding>("--numeric-embedding");
  options.embedding_frequency = flags.number("--embedding-frequency", 0.0, 1e6);
  options.one_hot_limit = flags.whole("--one-hot-limit", 2, 4096);
  options.learned_scale = toggled(flags, "learned-scale");
  options.parametric_activation = toggled(flags, "parametric-activation");
  options.parametrization = flags.choice<Parametrization>("--parametrization");
  options.rate_factors = fmt::format("{}", fmt::join(flags.list("--rate-factors"), ","));
  options.decay_factors = fmt::format("{}", fmt::join(flags.list("--decay-factors"), ","));
  options.strength_schedule = flags.choice<StrengthSchedule>("--strength-schedule");
}

}  // namespace gradus::cli
