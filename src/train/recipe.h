// From what the caller said, the preset and the shape of the data to one complete set of choices.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gradus/network.h"
#include "gradus/options.h"
#include "gradus/trainer.h"

#include "model/model_data.h"
#include "optim/schedule.h"
#include "train/choose_head.h"
#include "train/tabular_choice.h"

namespace gradus {

/// What the choices depend on.
struct TableShape {
  Task task = Task::classification;
  int64_t training_rows = 0;
  int64_t features = 0;
  int64_t outputs = 0;  ///< classes, or targets
};

struct Recipe {
  NetworkSpec network;
  std::optional<Initializer> initializer;  ///< unset: by activation
  TrainerOptions trainer;
  TabularChoice tabular;
  int64_t members = 1;
  std::string solver_reason;  ///< where the size chose it
  std::optional<double> init_scale;
  Schedule schedule = Schedule::constant;
  ScheduleSettings schedule_settings;
  int64_t epochs = 0;
  bool early_stopping = false;
  int64_t patience = 0;
  double tolerance = 0.0;
  std::optional<Metric> metric;  ///< unset: the loss
  double standard_errors = 0.0;  ///< of the validation loss, within which a later epoch is as good as the best
  std::vector<TargetScaling> target_scaling = {};  ///< one for each target of a regression
  double ema = 0.0;                                ///< 0: no moving average of the weights
  double swa = -1.0;                               ///< negative: no mean of the epochs' last weights
  bool batch_clamped = false;
  bool calibrate = false;  ///< logits are scaled on the validation rows, where there are some
};

/// Throws Error(usage) for a choice out of range or a combination that makes no sense.
Recipe resolve(const TrainOptions& options, const TableShape& shape);

/// How the columns of a table are encoded, which comes before all that depends on their width.
EncoderOptions encoder_options(const TrainOptions& options, Task task, int64_t training_rows);

/// How many networks. Throws Error(usage) for a number out of range, or several with --init-model or --checkpoint.
int64_t member_count(const TrainOptions& options);

/// The part of the rows held out when the caller says nothing.
double validation_fraction(const TrainOptions& options);

/// The part of the rows that the sets or intervals of a coverage are learned from, 0 without one. Throws Error(usage)
/// for values out of range and a fraction without a coverage.
double calibration_fraction(const TrainOptions& options);

/// "256,128", "256 relu, 128 tanh" or "none". Throws Error(usage).
std::vector<HiddenLayer> parse_hidden(const std::string& text, Activation activation, double dropout);

/// The recipe's network before its first step on rows `rows` of `features`; an initialiser that needs data looks at up
/// to kInitialRows of them, evenly spread.
inline constexpr int64_t kInitialRows = 1024;
template <typename T>
BasicNetwork<T> initial_network(const Recipe& recipe, MatrixView<const T> features, std::span<const uint32_t> rows);

/// The recipe as the model file keeps it.
OptionList describe(const TrainOptions& options, const Recipe& recipe);
/// The recipe as one line to read.
std::string summarize(const Recipe& recipe);

}  // namespace gradus
