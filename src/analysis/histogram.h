// How numbers are spread: counts in bins of equal width.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gradus {

struct Histogram {
  double low = 0.0;   ///< where the first bin begins
  double high = 0.0;  ///< where the last bin ends
  std::vector<int64_t> counts;
};

/// `bins` bins from the least value to the largest; whole numbers that take few values get a bin each. Numbers that are
/// not finite are left out; empty counts of none.
Histogram histogram(std::span<const double> values, int bins);

}  // namespace gradus
