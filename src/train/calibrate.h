// From a trained model to a calibrated one.
#pragma once

#include <cstdint>
#include <span>

#include "gradus/matrix_view.h"

#include "base/storage.h"
#include "model/model_data.h"

namespace gradus {

/// Rows of an encoded table that no weight was learned from.
template <typename T>
struct HeldOutRows {
  MatrixView<const T> features;
  MatrixView<const T> targets;  ///< as loss.h wants them, weights in one more column
  std::span<const uint32_t> rows;
  Storage storage = {};  ///< where the matrices live
};

/// Puts temperatures into the head of `model`, whose network is a BasicNetwork<T>, and what they are worth into its
/// calibration: one from all classes, of labels one a target. `rows`: for each member of the network those that it was
/// not trained on, which it alone is judged by. Of more than 20,000 rows a member so many are used, evenly spread.
template <typename T>
void learn_temperatures(ModelData& model, std::span<const HeldOutRows<T>> rows, int threads);

/// Sets the sets or intervals of `model` that hold a new row's target with a probability of at least `coverage`.
template <typename T>
void learn_coverage(ModelData& model, const HeldOutRows<T>& rows, double coverage, int threads);

}  // namespace gradus
