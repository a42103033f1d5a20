// Rows that look like a model's training rows without being any, and what the model answers on them.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "data/encoder.h"
#include "model/model_data.h"

namespace gradus {

/// A cell of a raw column: of a numeric one its number, NaN when missing; of a text one its text, nothing when missing.
struct RawCell {
  double number = std::numeric_limits<double>::quiet_NaN();
  std::optional<std::string> text = {};
};
using RawRow = std::vector<RawCell>;

/// Drawn from what the model file says of each column, its range or its categories: of 100 cells about 6 missing and 6
/// outside the range or unseen. The same seed gives the same rows.
std::vector<RawRow> synthetic_rows(const Encoder& encoder, int64_t count, uint64_t seed);

/// One row's answer as `predict` gives it, whichever of its parts the task has.
struct Answer {
  int64_t label = -1;               ///< classification: the index of the class predicted
  std::vector<double> predictions;  ///< one a target: numbers, or 0 and 1 of labels
  std::vector<double> probabilities;
  std::vector<double> quantiles;
  std::vector<double> intervals;  ///< lower and upper of the first target, then of the next
  std::vector<bool> in_set;
};

std::vector<Answer> answers(const ModelData& model, const std::vector<RawRow>& rows);

}  // namespace gradus
