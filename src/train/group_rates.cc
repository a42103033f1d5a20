#include "train/group_rates.h"

#include <fmt/format.h>

#include <cmath>

#include "gradus/error.h"

#include "base/bounds.h"
#include "optim/optimizer.h"
#include "optim/settings.h"

namespace gradus {
namespace {

double factor(const ParameterFactors& factors, ParameterKind kind) noexcept {
  switch (kind) {
    case ParameterKind::weight:
      return factors.weight;
    case ParameterKind::bias:
      return factors.bias;
    case ParameterKind::norm:
      return factors.norm;
    case ParameterKind::scale:
      return factors.scale;
    case ParameterKind::embedding:
      return factors.embedding;
    case ParameterKind::blend:
      break;
  }
  return factors.blend;
}

void check(const ParameterFactors& factors) {
  for (const double value :
       {factors.weight, factors.bias, factors.norm, factors.scale, factors.embedding, factors.blend})
    check_range("factor of a rate", value, 0.0, 1e6);
}

}  // namespace

std::vector<GroupRate> group_rates(const Plan& plan, const TrainerOptions& options) {
  if (!options.ntk && options.rate_factors == ParameterFactors{} && options.decay_factors == ParameterFactors{})
    return {};
  if (!takes_factors(options.solver))
    throw Error(ErrorCode::usage,
                fmt::format("solver: found {} with factors of the learning rate, expected adam, adamw "
                            "or sgd",
                            name(options.solver)));
  check(options.rate_factors);
  check(options.decay_factors);
  const double decay = uses_weight_decay(options.solver) && decays_itself(options.solver) ? options.weight_decay : 0.0;
  std::vector<GroupRate> groups;
  for (const ParameterGroup& group : plan.groups) {
    const bool scaled = options.ntk && group.kind == ParameterKind::weight;
    const double width = scaled ? std::sqrt(static_cast<double>(group.fan_in)) : 1.0;
    groups.push_back({group.first, group.count, factor(options.rate_factors, group.kind) / width,
                      decay * factor(options.decay_factors, group.kind)});
  }
  return groups;
}

}  // namespace gradus
