#include "train/conformal.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus {
namespace {

// (n + 1) coverage is often a whole number that rounding misses by a hair.
constexpr double kHair = 1e-9;

}  // namespace

double conformal_quantile(std::vector<Score> scores, double coverage) {
  std::stable_sort(scores.begin(), scores.end(), [](const Score& a, const Score& b) { return a.value < b.value; });
  double total = 0.0;
  for (const Score& score : scores) total += score.weight;
  const double wanted = coverage * (total + 1.0) - kHair * (total + 1.0);
  double reached = 0.0;
  for (const Score& score : scores) {
    reached += score.weight;
    if (reached >= wanted) return score.value;
  }
  return std::numeric_limits<double>::infinity();
}

int64_t least_rows(double coverage) {
  return static_cast<int64_t>(std::ceil(coverage / (1.0 - coverage) * (1.0 - kHair)));
}

}  // namespace gradus
