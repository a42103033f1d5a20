// The founding derivation on real rows: every quantity by name, and the gradient held against central differences.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gradus/model.h"
#include "gradus/options.h"
#include "gradus/table.h"

namespace gradus {

/// One affine layer of the derivation: Theta^(l) joins layer l (s_l units) to layer l+1.
struct TraceLayer {
  std::vector<double> a_in;                   ///< a^(l), what enters (without the bias unit)
  std::vector<std::vector<double>> theta;     ///< [0] the bias row, [j] the weights of unit j
  std::vector<double> z;                      ///< z^(l+1)
  std::vector<double> a;                      ///< a^(l+1) = g(z)
  std::string activation;                     ///< g
  std::vector<double> error;                  ///< (1) dJ/da^(l+1)
  std::vector<double> slope;                  ///< (2) da/dz; empty where softmax makes it a matrix
  std::vector<double> delta;                  ///< (1) x (2) = dJ/dz^(l+1)
  std::vector<std::vector<double>> gradient;  ///< dJ/dTheta, data term plus (lambda/m) Theta; row 0 is the bias
};

struct Trace {
  int64_t row = 0;  ///< counted from 1
  std::vector<std::string> feature_names;
  std::vector<double> features;
  std::vector<std::string> output_names;
  std::vector<double> target;
  std::string target_text;
  std::string prediction_text;
  std::string loss_name;
  double loss = 0.0;  ///< the data term of this row
  double l1 = 0.0;
  double l2 = 0.0;
  double training_rows = 0.0;  ///< m in lambda/m: the training rows, or what they weigh in all
  double learning_rate = 0.0;
  std::vector<TraceLayer> layers;
};

/// Walks row `row` (counted from 1) of `table` through the model forward and back, in float64.
Trace trace(const Model& model, const Table& table, int64_t row);

struct GradcheckResult {
  int64_t rows = 0;
  int64_t parameters = 0;
  int64_t checked = 0;           ///< parameters compared
  int64_t skipped_at_kinks = 0;  ///< where a piecewise activation changes side within the step
  double objective = 0.0;
  double largest_relative_difference = 0.0;
  std::string where;      ///< "layer 2 weight (17, 3)"
  double analytic = 0.0;  ///< at that place
  double numeric = 0.0;
  double tolerance = 1e-6;
  bool passed = false;
};

/// Builds the network of `options` for `table`, initialises it, and compares the gradient of its objective (loss + L2,
/// no dropout) over at most `max_rows` rows with central differences in float64, at most `max_parameters` of them,
/// evenly spread.
GradcheckResult gradcheck(Table table, const TrainOptions& options, int64_t max_rows = 64,
                          int64_t max_parameters = 2000);

}  // namespace gradus
