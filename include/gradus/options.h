// What a caller may say about training on a table; everything unsaid comes from the preset.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/names.h"
#include "gradus/network.h"

namespace gradus {

class Model;

/// What was found in the data, before training starts.
struct ColumnSummary {
  std::string name;
  std::string kind;  ///< "numeric" or "text"
  int64_t missing = 0;
  int64_t categories = 0;  ///< text columns: distinct training values
  int64_t width = 0;       ///< features it becomes
};

/// One line of the training history and of `--log`.
struct EpochRecord {
  int64_t epoch = 0;  ///< counted from 1
  int64_t step = 0;   ///< updates so far
  double train_loss = 0.0;
  double validation_loss = 0.0;    ///< NaN without validation rows
  double validation_metric = 0.0;  ///< TrainingStart::metric; NaN without validation rows
  double learning_rate = 0.0;
  double seconds = 0.0;          ///< since training began; not kept in the model
  double rows_per_second = 0.0;  ///< not kept in the model
  bool best = false;             ///< the best so far
};

struct TrainingStart {
  Task task = Task::classification;
  std::string task_reason;  ///< why it is that task and how to override it
  std::vector<std::string> targets;
  std::vector<std::string> classes;  ///< classification
  std::vector<ColumnSummary> columns;
  int64_t rows = 0;
  int64_t rows_without_target = 0;
  int64_t training_rows = 0;
  int64_t validation_rows = 0;
  int64_t calibration_rows = 0;  ///< with a coverage
  NetworkSpec network;
  int64_t parameters = 0;
  int64_t max_epochs = 0;             ///< over all members
  int64_t members = 1;                ///< networks, each of `parameters`
  std::string weights;                ///< the column of weights, or empty
  double total_weight = 0.0;          ///< of the training rows: m
  std::vector<double> class_weights;  ///< one a class, or none
  std::string metric;                 ///< what EpochRecord::validation_metric measures
  std::string recipe;                 ///< one line: solver, rate, schedule, batch size, regularisation
  bool resumes = false;               ///< whether there was a checkpoint to go on from
  std::vector<EpochRecord> resumed;   ///< with TrainOptions::resume: the epochs that were done before
  std::string solver_reason;          ///< with TrainOptions::auto_solver: which it is and why
};

/// Which rows of the table are what: indices from 0, ascending.
struct RowParts {
  std::vector<uint32_t> training;
  std::vector<uint32_t> validation;  ///< of the table of validation rows, where the caller brought one
  std::vector<uint32_t> calibration;
};

enum class StopReason { completed, early_stopping, interrupted, diverged };
std::string_view name(StopReason reason) noexcept;

/// How a regression's targets become what the network learns.
enum class TargetScaling {
  standard,  ///< mean 0, deviation 1
  unit,      ///< the training range onto [0, 1]: sigmoid outputs can't leave it
  mean,      ///< divided by the training mean: counts, which stay at or above 0
  none,      ///< as they are
};
inline constexpr TargetScaling kTargetScalings[] = {TargetScaling::standard, TargetScaling::unit, TargetScaling::mean,
                                                    TargetScaling::none};
std::string_view name(TargetScaling scaling) noexcept;

/// Every member has an initialiser, so that naming some of them draws no warning about the rest.
struct TrainOptions {
  // Data.
  std::string target = {};                         ///< a name or a number counted from 1; several, comma-separated
  std::optional<Task> task = {};                   ///< unset: decided from the target
  std::optional<double> validation_fraction = {};  ///< of the rows; 0 for none
  /// A numeric column, by name or number, that says how much each row counts: a row of weight 2 is as two rows in the
  /// objective, the statistics of the encoding and the metrics, and one of weight 0 is left out.
  std::string weights = {};
  /// How rows may be held out, at most one of the three. A column named here is no feature.
  std::string group = {};          ///< rows with the same cell of this column train together or validate together
  std::string time = {};           ///< the rows last in this column validate: numbers, or dates such as 2020-01-31
  bool in_order = false;           ///< rows are in the order of time: the last validate
  std::string class_weights = {};  ///< in the objective: "balanced", or "a=2,b=1"; none when empty

  // What training starts from.
  /// A model whose weights are the start: `table` has its columns; its network, encodings, classes and precision are
  /// kept, the solver starts anew. `target` may be left empty.
  std::shared_ptr<const Model> init_model = {};
  std::vector<int64_t> freeze = {};  ///< layers, counted from 1, whose weights and biases stay as they are, bit for bit

  // Network.
  Preset preset = Preset::standard;
  std::optional<std::string> hidden = {};  ///< "256,128", "256 relu, 128 tanh" or "none"
  std::optional<Activation> activation = {};
  std::optional<Loss> loss = {};
  std::vector<double> quantiles = {};      ///< quantile: ascending, between 0 and 1
  std::optional<double> huber_delta = {};  ///< huber: in standard deviations of the target
  std::optional<double> focal_gamma = {};
  std::optional<double> label_smoothing = {};  ///< cross-entropies
  std::optional<Activation> output_activation = {};
  std::optional<Initializer> initializer = {};
  std::optional<double> init_scale = {};  ///< of uniform, normal and orthogonal; see BasicNetwork::initialize
  std::optional<double> dropout = {};
  std::optional<Normalization> normalization = {};
  bool residual = false;  ///< hidden layers as wide as the one before add its values to theirs
  // From columns to the first layer: docs/tables.md.
  std::optional<NumericScaling> numeric_scaling = {};
  std::optional<NumericEmbedding> numeric_embedding = {};
  std::optional<double> embedding_frequency = {};  ///< deviation of the first frequencies of periodic embeddings
  std::optional<int64_t> one_hot_limit = {};       ///< text columns of more categories get learned embeddings
  std::optional<bool> learned_scale = {};          ///< features are multiplied by learned factors
  std::optional<bool> parametric_activation = {};  ///< hidden units mix their activation with z: see Blend
  /// Networks of an ensemble, each checked on other rows, whose mean logits predict; 1: a network by itself.
  std::optional<int64_t> members = {};
  Precision precision = Precision::float32;
  std::vector<TargetScaling> target_scaling =
      {};  ///< of a regression: one for all targets or one for each; unset: as the loss and the outputs want it

  // Training.
  std::optional<Solver> solver = {};
  /// Picks lm, lbfgs or adamw by the task, the rows and the network (docs/solvers.md); `solver` is left unset.
  bool auto_solver = false;
  std::optional<double> learning_rate = {};
  std::optional<Schedule> schedule = {};
  std::optional<double> warmup = {};         ///< epochs of linear rise before the schedule; one_cycle's own rise
  std::optional<double> rate_decay = {};     ///< factor of a fall: step, exponential, plateau, adaptive
  std::optional<double> rate_power = {};     ///< invscaling
  std::optional<int64_t> cycle = {};         ///< cosine: epochs until it starts again
  std::optional<int64_t> cycle_growth = {};  ///< cosine: how many times as long each cycle is as the one before
  std::optional<Parametrization> parametrization = {};
  std::string rate_factors = {};   ///< "scale=6,bias=0.1": ParameterFactors; as the preset has them when empty
  std::string decay_factors = {};  ///< the same of the weight decay
  std::optional<StrengthSchedule> strength_schedule = {};  ///< of dropout and weight decay
  std::optional<double> momentum = {};                     ///< these six as in TrainerOptions
  std::optional<double> beta1 = {};
  std::optional<double> beta2 = {};
  std::optional<double> rho = {};
  std::optional<double> epsilon = {};
  std::optional<EpsilonPlace> epsilon_place = {};
  std::optional<int64_t> batch_size = {};  ///< 0: all rows
  std::optional<int64_t> epochs = {};
  std::optional<double> l2 = {};
  std::optional<double> l1 = {};
  std::optional<double> weight_decay = {};
  std::optional<double> clip_value = {};  ///< these four as in TrainerOptions
  std::optional<double> clip_norm = {};
  std::optional<double> max_norm = {};
  std::optional<double> input_noise = {};
  std::optional<double> ema = {};  ///< decay of an exponential moving average of the weights; see docs/numerics.md
  std::optional<double> swa = {};  ///< the part of the epochs after which their last weights are averaged
  /// "age=+1,price=-1": numbers in which predictions (of two classes, the second one's probability) never fall or rise.
  std::string monotone = {};
  std::optional<bool> early_stopping = {};
  std::optional<int64_t> patience = {};
  std::optional<double> tolerance = {};
  /// What early stopping and the choice of the best epoch go by, on the validation rows; unset: the loss. The loss is
  /// always in the history.
  std::optional<Metric> metric = {};
  // Calibration, after training.
  /// Scales logits on the validation rows so that probabilities mean what they say; unset: as the preset has it.
  std::optional<bool> calibrate = {};
  /// Rows held out of all else give sets or intervals that hold a new row's target with at least this probability.
  std::optional<double> coverage = {};
  std::optional<double> calibration_fraction = {};  ///< of the rows, with coverage; unset: 0.1

  std::optional<int64_t> shards = {};  ///< parts a minibatch is cut into; see TrainerOptions
  uint64_t seed = 1;
  int threads = 0;  ///< 0: as many as help

  // Checkpoints: docs/checkpoints.md.
  /// A file that keeps the run from time to time, when it is interrupted and at its end; none when empty.
  std::string checkpoint = {};
  double checkpoint_seconds = 60.0;  ///< between two of them
  int64_t checkpoint_epochs = 0;     ///< one after so many epochs, instead of by the clock; 0: by the clock
  /// Goes on from `checkpoint` to the bits of a run that was never interrupted; a run starts where there is none yet.
  /// Throws Error(bad_data) for the checkpoint of another run.
  bool resume = false;

  // Callbacks, all optional, called from the training thread.
  std::function<void(const TrainingStart&)> on_start = {};
  std::function<void(const EpochRecord&)> on_epoch = {};
  std::function<void(const RowParts&)> on_rows = {};  ///< once, before on_start
  /// Rows trained so far and at most, over all epochs.
  std::function<void(int64_t done, int64_t total)> on_progress = {};
  std::function<void(const std::string&)> on_warning = {};
  /// Asked between steps; true ends training with the best model so far.
  std::function<bool()> should_stop = {};
};

}  // namespace gradus
