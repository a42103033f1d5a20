// Training that starts from a model: what the model has decided stays decided.
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/network.h"
#include "gradus/options.h"
#include "gradus/table.h"

#include "model/model_data.h"
#include "train/prepare.h"

namespace gradus {

/// `options` with the network's and the target's choices taken from `options.init_model`, or as they are without one.
/// Throws Error(usage) that names both for a choice that was given and is another than the model's.
TrainOptions completed_by_model(TrainOptions options);

/// The columns of `table` called as the model's targets. Throws Error(bad_data) where there are none, and Error(usage)
/// when `options` name others.
std::vector<int64_t> continued_targets(const Table& table, const TrainOptions& options, const ModelData& model);

/// With the targets and weights of `p` found: the model's columns in `table`, matched by name, its task, encodings and
/// classes. Throws Error(bad_data) for columns that the model doesn't have or that `table` lacks.
void adopt_model(const Table& table, const TrainOptions& options, const ModelData& model, Preparation& p);

/// Throws Error(bad_data) for a label in `p.rows` that the model has no output for.
void check_classes_known(const Table& table, const Preparation& p);

/// The model's network, calibration undone, with the dropout that `options` ask for instead of its own.
NetworkSpec continued_network(const ModelData& model, const TrainOptions& options);

/// `spec`, whose affine ops are those of `model`, with the model's weights. Throws Error(internal) for another
/// precision than the model's.
template <typename T>
BasicNetwork<T> continued_weights(const ModelData& model, const NetworkSpec& spec);

}  // namespace gradus
