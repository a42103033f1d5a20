#include "analysis/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus {

Histogram histogram(std::span<const double> values, int bins) {
  Histogram found{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), {}};
  bool whole = true;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    found.low = std::min(found.low, value);
    found.high = std::max(found.high, value);
    whole = whole && value == std::floor(value);
  }
  if (!(found.low <= found.high)) return {};
  const double range = found.high - found.low;
  if ((whole && range < bins) || range == 0.0) {
    bins = static_cast<int>(range) + 1;
    found.low -= 0.5;
    found.high += 0.5;
  }
  found.counts.resize(static_cast<std::size_t>(bins));
  const double width = (found.high - found.low) / bins;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    // A range near the largest double overflows: all in the first bin.
    const double place = std::isfinite(width) && width > 0.0 ? (value - found.low) / width : 0.0;
    ++found.counts[static_cast<std::size_t>(std::clamp(place, 0.0, bins - 1.0))];
  }
  return found;
}

}  // namespace gradus
