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

/// The temperature from 1/10 to 10 of least log loss (Guo et al. 2017), each label taken as the runner-up's in one of
/// (rows + 2) cases as Platt (1999) has it, so that rows which are all right don't ask for certainty. It is 1 unless in
/// cross-validation over five parts, rows i, i + 5, ... each, the temperature of the other four lowers the log loss of
/// the fifth.
TemperatureFit fit_temperature(const LabelledLogits& rows);

}  // namespace gradus
