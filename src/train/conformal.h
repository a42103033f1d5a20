// Split-conformal prediction: how bad a score may be for a new row to be as good as the part asked for.
#pragma once

#include <cstdint>
#include <vector>

namespace gradus {

/// How little a row conforms to what was predicted, and what the row counts.
struct Score {
  double value = 0.0;
  double weight = 1.0;
};

/// The least score that `coverage` x (W + 1) of the weight W doesn't exceed (Vovk et al. 2005; Lei et al. 2018): with
/// weights of 1 the ceil((n + 1) coverage)-th smallest of n. A new row's score is at most this with a probability of at
/// least `coverage` and, where no scores are equal, less than `coverage` + 1 / (n + 1). Infinite when W is less than
/// `least_rows(coverage)`.
double conformal_quantile(std::vector<Score> scores, double coverage);

/// The fewest rows that bound the score of a new one: coverage / (1 - coverage), rounded up.
int64_t least_rows(double coverage);

}  // namespace gradus
