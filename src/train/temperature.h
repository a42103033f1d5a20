// The temperature that makes probabilities mean what they say.
#pragma once

#include <cstdint>
#include <vector>

namespace gradus {

/// Rows whose class is known. Probabilities are the softmax of `z`, or with `sigmoids` each sigmoid over their sum.
struct LabelledLogits {
  int64_t classes = 0;
  bool sigmoids = false;
  std::vector<double> z = {};        ///< (rows x classes)
  std::vector<int32_t> labels = {};  ///< one a row
  std::vector<double> weights = {};  ///< one a row
};

struct TemperatureFit {
  double temperature = 1.0;
  double log_loss_before = 0.0;  ///< weighted mean at temperature 1
  double log_loss = 0.0;         ///< at `temperature`
};

/// The mean of -log p(label) with logits divided by `temperature`.
double log_loss(const LabelledLogits& rows, double temperature);

/// The temperature from 1/10 to 10 nearest to 1 that the rows don't refute: whose log likelihood is within 5.41 of the
/// best one's, the likelihood ratio that chance exceeds in one case of a thousand (Wilks 1938). So it is 1 unless the
/// rows say clearly that 1 is wrong, and no farther from it than they say for sure. The best one has the least log loss
/// (Guo et al. 2017), each label taken as the runner-up's in one of (rows + 2) cases as Platt (1999) has it, so that
/// rows which are all right don't ask for certainty. Rows of unequal weights count as (sum of weights)^2 / (sum of
/// squares).
///
/// `smoothed`: the logits were learned from smoothed labels, which says by itself that probabilities are too modest; a
/// best temperature below 1 is taken as it is then.
TemperatureFit fit_temperature(const LabelledLogits& rows, bool smoothed = false);

}  // namespace gradus
