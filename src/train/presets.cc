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

/// A wider, regularised network on a cosine schedule. The batch grows with the rows so that a run takes seconds.
///
/// Classes: dropout and decay are strong because cross-entropy on a small table soon grows overconfident; a later epoch
/// within one standard error of the lowest loss is preferred, because accuracy goes on rising as the rate anneals
/// (digits 0.974 -> 0.980, vehicle 0.81 -> 0.83 over ten splits). Numbers want a freer network and, in small tables,
/// more steps (concrete: R2 0.87 -> 0.90).
PresetDefaults standard(Task task, int64_t rows) {
  const bool numbers = task == Task::regression;
  return {.hidden = "256,128",
          .activation = numbers ? Activation::gelu : Activation::silu,
          .dropout = numbers ? 0.1 : 0.3,
          .solver = Solver::adamw,
          .learning_rate = numbers ? 3e-3 : 2e-3,
          .beta2 = 0.98,
          .epsilon_place = EpsilonPlace::corrected_root,
          .schedule = Schedule::cosine,
          .batch_size = rows <= 4096     ? 32
                        : rows <= 32768  ? 128
                        : rows <= 262144 ? 512
                                         : 1024,
          .epochs = std::clamp<int64_t>(400000 / std::max<int64_t>(rows, 1), 10, numbers ? 400 : 100),
          .l2 = 0.0,
          .weight_decay = numbers ? 0.02 : 0.4,
          .validation_fraction = 0.1,
          .early_stopping = true,
          .patience = numbers ? 200 : 60,
          .tolerance = 0.0,
          .standard_errors = numbers ? 0.0 : 1.0};
}

/// Eight networks, each checked on another eighth of the rows, by RealMLP (Holzmueller, Grinsztajn & Steinwart 2024) in
/// the parts that pay here (docs/tables.md): robust scaling, periodic embeddings of numbers, rates by width, four
/// cosine cycles, smoothed labels. Epochs shrink as rows grow, so that a network takes seconds.
PresetDefaults best(Task task, int64_t rows) {
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
                      .decay_factors = {.bias = 0.0, .scale = 36.0, .embedding = 0.01, .blend = 0.01}},
          .members = 8};
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
