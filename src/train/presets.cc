#include "train/presets.h"

#include <algorithm>

namespace gradus {
namespace {

/// The founding network: sigmoid units, plain gradient descent, nothing else.
PresetDefaults classic() {
  return {.hidden = "64",
          .activation = Activation::sigmoid,
          .dropout = 0.0,
          .solver = Solver::sgd,
          .learning_rate = 0.5,
          .beta2 = 0.999,
          .epsilon_place = EpsilonPlace::corrected_root,
          .schedule = Schedule::constant,
          .batch_size = 10,
          .epochs = 100,
          .l2 = 0.1,
          .weight_decay = 0.0,
          .validation_fraction = 0.1,
          .early_stopping = false,
          .patience = 10,
          .tolerance = 0.0,
          .standard_errors = 0.0};
}

/// scikit-learn 1.2's MLPClassifier and MLPRegressor.
PresetDefaults plain() {
  return {.hidden = "100",
          .activation = Activation::relu,
          .dropout = 0.0,
          .solver = Solver::adam,
          .learning_rate = 1e-3,
          .beta2 = 0.999,
          .epsilon_place = EpsilonPlace::root,
          .schedule = Schedule::constant,
          .batch_size = 200,
          .epochs = 200,
          .l2 = 1e-4,
          .weight_decay = 0.0,
          .validation_fraction = 0.0,
          .early_stopping = true,
          .patience = 10,
          .tolerance = 1e-4,
          .standard_errors = 0.0};
}

/// RealMLP (Holzmueller, Grinsztajn & Steinwart 2024) in the parts that pay here (docs/accuracy.md): robust scaling,
/// periodic embeddings of numbers, rates by width, four cosine cycles, smoothed labels. Epochs shrink as rows grow, so
/// that a run takes seconds.
PresetDefaults standard(Task task, int64_t rows) {
  const bool numbers = task == Task::regression;
  constexpr int64_t kRowsInAll = 600000, kFewestEpochs = 20, kMostEpochs = 256;
  const int64_t epochs = std::clamp<int64_t>(kRowsInAll / std::max<int64_t>(rows, 1), kFewestEpochs, kMostEpochs);
  return {.hidden = "256,256,256",
          .activation = Activation::mish,
          .dropout = 0.0,
          .solver = Solver::adamw,
          .learning_rate = numbers ? 0.07 : 0.04,
          .beta2 = 0.95,
          .epsilon_place = EpsilonPlace::corrected_root,
          .schedule = Schedule::log_cosine,
          .batch_size = rows <= 8192    ? 128
                        : rows <= 32768 ? 256
                                        : 512,
          .epochs = epochs,
          .l2 = 0.0,
          .weight_decay = 0.02,
          .validation_fraction = 0.15,
          .early_stopping = true,
          .patience = epochs,
          .tolerance = 0.0,
          .standard_errors = numbers ? 0.0 : 1.0,
          .label_smoothing = task == Task::classification ? 0.1 : 0.0,
          .tabular = {.scaling = NumericScaling::robust,
                      .embedding = NumericEmbedding::periodic,
                      .frequency = numbers ? 1.0 : 0.3,
                      .most_one_hot = 64,
                      .signs = true,
                      .parametrization = Parametrization::ntk,
                      .rate_factors = {.bias = 0.1, .scale = 6.0, .embedding = 0.1, .blend = 0.1},
                      .decay_factors = {.bias = 0.0, .scale = 36.0, .embedding = 0.01, .blend = 0.01}}};
}

/// Eight of them, each checked on another eighth of the rows.
PresetDefaults best(Task task, int64_t rows) {
  PresetDefaults defaults = standard(task, rows);
  defaults.members = 8;
  return defaults;
}

}  // namespace

PresetDefaults preset_defaults(Preset preset, Task task, int64_t training_rows) {
  switch (preset) {
    case Preset::classic:
      return classic();
    case Preset::plain:
      return plain();
    case Preset::best:
      return best(task, training_rows);
    case Preset::standard:
      break;
  }
  return standard(task, training_rows);
}

}  // namespace gradus
