#include "train/search_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "gradus/error.h"

#include "base/quote.h"
#include "base/random.h"
#include "kernels/math.h"

namespace gradus {
namespace {

std::string draw_number(const SearchRange& range, double uniform) {
  double value = 0.0;
  if (range.logarithmic) {
    const double low = kernels::log(range.low);
    value = kernels::exp(low + uniform * (kernels::log(range.high) - low));
  } else {
    value = range.low + uniform * (range.high - range.low + (range.whole ? 1.0 : 0.0));
  }
  if (range.whole) {
    value = range.logarithmic ? std::round(value) : std::floor(value);
    return fmt::format("{}", static_cast<int64_t>(std::clamp(value, range.low, range.high)));
  }
  // Four digits may step over an end.
  const double rounded = std::stod(fmt::format("{:.4g}", value));
  return fmt::format("{}", std::clamp(rounded, range.low, range.high));
}

}  // namespace

void check_ranges(const std::vector<SearchRange>& ranges) {
  std::set<std::string> names;
  for (const SearchRange& range : ranges) {
    const auto fail = [&range](const std::string& message) {
      throw Error(ErrorCode::usage, fmt::format("range {}: {}", in_quotes(range.name), message));
    };
    if (!names.insert(range.name).second) fail("found it twice, expected each option once");
    if (!range.choices.empty()) continue;
    if (!(range.low < range.high) || !std::isfinite(range.high - range.low))
      fail(fmt::format("found {} to {}, expected the lower end first", range.low, range.high));
    if (range.logarithmic && !(range.low > 0.0))
      fail(fmt::format("found {} at the end of a logarithmic range, expected numbers above 0", range.low));
    if (range.whole && (range.low != std::floor(range.low) || range.high != std::floor(range.high)))
      fail(fmt::format("found {} to {}, expected whole numbers", range.low, range.high));
  }
}

Assignment draw_values(const std::vector<SearchRange>& ranges, uint64_t seed, int64_t number) {
  const RandomStream draws(seed, Purpose::search, static_cast<uint32_t>(number));
  Assignment values;
  for (std::size_t k = 0; k < ranges.size(); ++k) {
    const SearchRange& range = ranges[k];
    values.emplace_back(range.name, range.choices.empty() ? draw_number(range, draws.uniform(k))
                                                          : range.choices[draws.below(k, range.choices.size())]);
  }
  return values;
}

bool ranks_before(const Trial& a, const Trial& b, bool higher_is_better) noexcept {
  if (a.state != b.state) return a.state < b.state;
  if (a.epochs != b.epochs) return a.epochs > b.epochs;
  // A score that is not defined comes last.
  const auto cost = [](double value, bool higher) { return std::isnan(value) ? INFINITY : higher ? -value : value; };
  const double score_a = cost(a.score, higher_is_better), score_b = cost(b.score, higher_is_better);
  if (score_a != score_b) return score_a < score_b;
  const double loss_a = cost(a.validation_loss, false), loss_b = cost(b.validation_loss, false);
  return loss_a != loss_b ? loss_a < loss_b : a.number < b.number;
}

std::vector<Rung> halving_rungs(int64_t trials, int64_t epochs, int64_t factor) {
  std::vector<Rung> rungs = {{trials, epochs}};
  while (rungs.back().trials > 1 && rungs.front().epochs / factor >= 1) {
    const int64_t left = (rungs.back().trials + factor - 1) / factor;
    rungs.push_back({left, epochs});
    for (std::size_t k = 0; k + 1 < rungs.size(); ++k) rungs[k].epochs /= factor;
  }
  return rungs;
}

}  // namespace gradus
