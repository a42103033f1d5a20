// The choices that tables ask for: how columns become features, what the network does to those before its first layer,
// and at which rates the parts of it learn.
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/network.h"
#include "gradus/options.h"
#include "gradus/trainer.h"

#include "data/encoder.h"
#include "model/model_data.h"

namespace gradus {

struct TabularChoice {
  NumericScaling scaling = NumericScaling::standard;
  NumericEmbedding embedding = NumericEmbedding::none;
  double frequency = 0.1;  ///< deviation of the first frequencies of periodic embeddings
  int64_t most_one_hot = kMaxCategories;
  bool signs = false;  ///< columns of two categories are one feature
  bool scale = false;
  bool blend = false;
  Parametrization parametrization = Parametrization::standard;
  ParameterFactors rate_factors = {};
  ParameterFactors decay_factors = {};
  StrengthSchedule strength = StrengthSchedule::constant;
};

/// What the caller said over what the preset has. Throws Error(usage).
TabularChoice choose_tabular(const TrainOptions& options, const TabularChoice& preset);

/// The ops that stand before the first layer of a network on the features of `encoder`.
std::vector<Op> input_ops(const TabularChoice& choice, const Encoder& encoder);

/// Puts `ops` before those of `network`, whose residuals go on pointing where they did.
void put_first(std::vector<Op> ops, NetworkSpec& network);

void describe_tabular(const TabularChoice& choice, OptionList& list);
std::string summarize(const TabularChoice& choice);

}  // namespace gradus
