#include "train/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "gradus/error.h"

#include "base/float_mode.h"
#include "comm/communicator.h"
#include "data/sampler.h"
#include "kernels/reductions.h"
#include "nn/finite.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "optim/settings.h"
#include "train/full_batch.h"
#include "train/step.h"
#include "train/validator.h"
#include "train/weight_average.h"

namespace gradus {
namespace {

constexpr int64_t kMostCounted = int64_t{1} << 53;
/// Looking at every weight costs less than a hundredth of a step on so many rows; smaller steps share a look.
constexpr int64_t kRowsUnchecked = 64;

/// Which epoch was best, and whether patience has run out. Lower is better; the last of equally good epochs wins, and
/// an epoch is as good as the lowest when it lies within some standard errors of it.
class EarlyStopping {
 public:
  explicit EarlyStopping(const Recipe& recipe)
      : patience_(recipe.patience), tolerance_(recipe.tolerance), standard_errors_(recipe.standard_errors) {}

  /// True when the epoch is the best so far. `error`: the standard error of `loss`.
  bool observe(double loss, double error) {
    if (loss < reference_ - tolerance_) {
      reference_ = loss;
      waited_ = 0;
    } else {
      ++waited_;
    }
    if (loss < lowest_) {
      lowest_ = loss;
      allowance_ = standard_errors_ * error;
    }
    return loss <= lowest_ + allowance_;
  }
  bool exhausted() const { return waited_ >= patience_; }
  void add_to(RunState& state) {
    state.add("lowest", lowest_);
    state.add("allowance", allowance_);
    state.add("reference", reference_);
    state.add("waited", waited_, kMostCounted);
  }

 private:
  int64_t patience_;
  double tolerance_;
  double standard_errors_;
  double lowest_ = std::numeric_limits<double>::infinity();
  double allowance_ = 0.0;
  double reference_ = std::numeric_limits<double>::infinity();
  int64_t waited_ = 0;
};

/// Seconds only ever reach callbacks: no decision and no model bit depends on them.
class Stopwatch {
 public:
  double seconds() const {
    return before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  /// Of the run that this one goes on from.
  void add(double seconds) { before_ += seconds; }

 private:
  double before_ = 0.0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

template <typename T>
class Fit {
 public:
  Fit(BasicNetwork<T>& network, const FitData<T>& data, const Recipe& recipe, Task task, const TrainOptions& callbacks,
      Checkpointer* checkpointer)
      : network_(network),
        recipe_(recipe),
        callbacks_(callbacks),
        checkpointer_(checkpointer),
        plan_(compile(network.spec())),
        sampler_(data.features, data.targets, data.training, recipe.trainer.batch_size, true, recipe.trainer.seed,
                 data.storage),
        validates_(!data.validation.empty()),
        validator_(plan_, validates_ ? data.validation_features : data.features,
                   validates_ ? data.validation_targets : data.targets, validates_ ? data.validation : probe(data),
                   task, recipe.trainer.threads, data.weighting, data.storage),
        schedule_(recipe.schedule, recipe.schedule_settings,
                  {.rate = recipe.trainer.learning_rate,
                   .epochs = recipe.epochs,
                   .steps = sampler_.steps_per_epoch(),
                   .rows = sampler_.rows(),
                   .patience = recipe.patience,
                   .tolerance = recipe.tolerance}),
        stopping_(recipe),
        average_(recipe.ema, recipe.swa, recipe.epochs, plan_.parameters),
        best_(network.parameters().begin(), network.parameters().end()) {
    if (recipe.metric && validates_) validator_.score_by(*recipe.metric, *data.encoder);
    if (is_elementwise(recipe.trainer.solver)) {
      step_.emplace(network, recipe.trainer, sampler_.batch_size(), group_);
    } else {
      descent_ = std::make_unique<FullBatchDescent<T>>(
          network, ObjectiveRows<T>{data.features, data.targets, data.training}, recipe.trainer);
    }
  }

  FitOutcome run() {
    if (checkpointer_ && checkpointer_->found()) resume();
    while (epoch_ < recipe_.epochs && !ended()) {
      EpochRecord record;
      record.epoch = epoch_ + 1;
      if (!(descent_ ? run_iteration(record) : run_steps(record)) || !finish_epoch(record)) break;
      ++epoch_;
      step_in_epoch_ = 0;
      losses_ = {};
      if (checkpointer_ && checkpointer_->due_after(epoch_)) keep();
    }
    if (checkpointer_ && outcome_.reason != StopReason::diverged) keep();
    std::copy(best_.begin(), best_.end(), network_.parameters().begin());
    return std::move(outcome_);
  }

 private:
  /// True when what the epochs so far brought is the end.
  bool ended() {
    if (converged_) return true;
    if (!recipe_.early_stopping || epoch_ == 0 || !gave_up()) return false;
    outcome_.reason = StopReason::early_stopping;
    return true;
  }

  /// Everything that the next step depends on and that (data, recipe) don't say.
  RunState state() {
    RunState all;
    all.add("epoch", epoch_, recipe_.epochs);
    all.add("step", steps_, kMostCounted);
    all.add("step_in_epoch", step_in_epoch_, std::max<int64_t>(sampler_.steps_per_epoch() - 1, 0));
    all.add("losses_in_epoch", std::span<double>(loss_parts_));
    all.add("best_epoch", outcome_.best_epoch, recipe_.epochs);
    all.add("converged", converged_);
    all.add("seconds", seconds_);
    stopping_.add_to(all);
    LearningRateSchedule::Observed& observed = schedule_.observed();
    all.add("schedule.factor", observed.factor);
    all.add("schedule.best", observed.best);
    all.add("schedule.worse", observed.worse, kMostCounted);
    all.add("schedule.exhausted", observed.exhausted);
    all.add("weights", network_.parameters());
    all.add("best_weights", std::span<T>(best_));
    average_.add_to(all);
    if (step_) step_->add_to(all);
    if (descent_) descent_->add_to(all);
    return all;
  }

  void resume() {
    const Checkpoint& found = *checkpointer_->found();
    found.restore(state());
    outcome_.history = found.history();
    if (std::ssize(outcome_.history) != epoch_)
      throw Error(ErrorCode::bad_data, Place{.file = found.file()},
                  fmt::format("found {} epochs in its history, expected {}", outcome_.history.size(), epoch_));
    losses_ = kernels::BlockedSum::from(loss_parts_);
    stopwatch_.add(std::isfinite(seconds_) ? seconds_ : 0.0);
    kept_step_ = steps_;
    checkpointer_->forget_found();
  }

  /// Writes a checkpoint, unless the last one is of this very step.
  void keep() {
    if (kept_step_ == steps_) return;
    kept_step_ = steps_;
    loss_parts_ = losses_.parts();
    seconds_ = stopwatch_.seconds();
    checkpointer_->write(outcome_.history, state());
  }

  /// All minibatches of one epoch that are still to come; false when the run ends inside it.
  bool run_steps(EpochRecord& record) {
    const int64_t rows = sampler_.rows();
    MatrixView<const T> x, y;
    sampler_.start_epoch(static_cast<uint32_t>(epoch_));
    int64_t rows_done = 0;
    for (int64_t step = 0; step < step_in_epoch_ && sampler_.next(x, y); ++step) rows_done += x.rows();
    while (sampler_.next(x, y)) {
      if (callbacks_.should_stop && agreed(group_, callbacks_.should_stop())) {
        outcome_.reason = StopReason::interrupted;
        return false;
      }
      if (checkpointer_ && checkpointer_->due()) keep();
      record.learning_rate = schedule_.rate(epoch_, step_in_epoch_);
      const DropoutDraws draws{recipe_.trainer.seed, static_cast<uint32_t>(epoch_),
                               static_cast<uint32_t>(step_in_epoch_)};
      const StepResult done = step_->run(x, y, rows, record.learning_rate, draws);
      ++step_in_epoch_;
      ++steps_;
      if (done.divergence != Divergence::none) {
        diverged(done.divergence == Divergence::loss ? "loss" : "gradient", record.epoch, step_in_epoch_,
                 done.bad_layer);
        return false;
      }
      rows_unchecked_ += x.rows();
      if (rows_unchecked_ >= kRowsUnchecked && !weights_finite(record.epoch)) return false;
      average_.after_step(std::as_const(network_).parameters());
      losses_.add(done.loss * static_cast<double>(x.rows()));
      rows_done += x.rows();
      if (callbacks_.on_progress) callbacks_.on_progress(epoch_ * rows + rows_done, recipe_.epochs * rows);
    }
    record.step = steps_;
    record.train_loss = losses_.total() / static_cast<double>(rows) + step_->penalty(rows);
    return true;
  }

  /// One iteration over all rows; false when the run ends in it.
  bool run_iteration(EpochRecord& record) {
    if (callbacks_.should_stop && callbacks_.should_stop()) {
      outcome_.reason = StopReason::interrupted;
      return false;
    }
    const Iteration done = descent_->iterate();
    if (!std::isfinite(done.objective)) {
      diverged("loss", record.epoch, 1, std::ssize(plan_.affines));
      return false;
    }
    converged_ = done.converged;
    record.step = ++steps_;
    record.train_loss = done.objective;
    record.learning_rate = recipe_.trainer.solver == Solver::rprop_plus ? recipe_.trainer.learning_rate : done.step;
    if (callbacks_.on_progress)
      callbacks_.on_progress(record.epoch * sampler_.rows(), recipe_.epochs * sampler_.rows());
    return true;
  }

  /// An adaptive rate falls where others stop, and says itself when it is too small to go on.
  bool gave_up() const {
    return recipe_.schedule == Schedule::adaptive ? schedule_.exhausted() : stopping_.exhausted();
  }

  void diverged(std::string_view what, int64_t epoch, int64_t step, int64_t layer) {
    outcome_.reason = StopReason::diverged;
    outcome_.divergence = fmt::format("the {} is not finite in epoch {}, step {}, layer {}", what, epoch, step, layer);
    if (uses_learning_rate(recipe_.trainer.solver))
      outcome_.divergence += fmt::format("; try a smaller --learning-rate than {}", recipe_.trainer.learning_rate);
  }

  /// A weight that an update took to infinity may hide behind an activation that saturates.
  bool weights_finite(int64_t epoch) {
    rows_unchecked_ = 0;
    const int64_t bad_layer = first_bad_layer<T>(plan_, std::as_const(network_).parameters());
    if (bad_layer != 0) diverged("weight", epoch, descent_ ? 1 : step_in_epoch_, bad_layer);
    return bad_layer == 0;
  }

  /// Without validation rows a few training rows tell whether the weights that an epoch ends with still give finite
  /// numbers: the epoch's own losses were taken before its last update.
  static std::span<const uint32_t> probe(const FitData<T>& data) {
    return data.training.first(std::min<std::size_t>(data.training.size(), 256));
  }

  /// Validates, records and keeps the best weights; false when the epoch's last update spoilt them.
  bool finish_epoch(EpochRecord& record) {
    if (!weights_finite(record.epoch)) return false;
    average_.after_epoch(record.epoch - 1, std::as_const(network_).parameters());
    const std::span<const T> weights = average_.weights(std::as_const(network_).parameters());
    const ValidationResult result = validator_.run(weights);
    if (!std::isfinite(result.loss)) {
      diverged(validates_ ? "validation loss" : "loss", record.epoch, sampler_.steps_per_epoch(),
               std::ssize(plan_.affines));
      return false;
    }
    record.validation_loss = validates_ ? result.loss : std::numeric_limits<double>::quiet_NaN();
    record.validation_metric = validates_ ? result.metric : std::numeric_limits<double>::quiet_NaN();
    const double watched = validates_ ? result.loss : record.train_loss;
    const bool by_metric = recipe_.metric && validates_;
    const double judged = !by_metric ? watched : higher_is_better(*recipe_.metric) ? -result.metric : result.metric;
    // Without validation rows the training loss only says when to stop, and without early stopping nothing is chosen:
    // the last weights are the best.
    const bool good = stopping_.observe(judged, validates_ ? result.loss_error : 0.0);
    record.best = good || !validates_ || !recipe_.early_stopping;
    schedule_.observe(record.epoch - 1, watched);
    if (record.best) {
      std::copy(weights.begin(), weights.end(), best_.begin());
      outcome_.best_epoch = record.epoch;
    }
    record.seconds = stopwatch_.seconds();
    record.rows_per_second = static_cast<double>(record.epoch * sampler_.rows()) / std::max(record.seconds, 1e-9);
    outcome_.history.push_back(record);
    if (callbacks_.on_epoch) callbacks_.on_epoch(record);
    return true;
  }

  Communicator& group_ = local_communicator();
  BasicNetwork<T>& network_;
  const Recipe& recipe_;
  const TrainOptions& callbacks_;
  Checkpointer* checkpointer_;  // null: nothing is kept
  Plan plan_;
  MinibatchSampler<T> sampler_;
  std::optional<TrainingStep<T>> step_;           // for rules that take minibatches,
  std::unique_ptr<FullBatchDescent<T>> descent_;  // or for methods that take all rows
  bool converged_ = false;
  bool validates_;
  Validator<T> validator_;
  LearningRateSchedule schedule_;
  EarlyStopping stopping_;
  WeightAverage<T> average_;
  std::vector<T> best_;
  int64_t epoch_ = 0;           // finished ones
  int64_t steps_ = 0;           // in all
  int64_t step_in_epoch_ = 0;   // of the one begun
  int64_t rows_unchecked_ = 0;  // since the weights were last seen to be finite
  kernels::BlockedSum losses_;  // of these steps
  kernels::BlockedSum::Parts loss_parts_{};
  double seconds_ = 0.0;    // as the last checkpoint has them
  int64_t kept_step_ = -1;  // that the last checkpoint stands at
  Stopwatch stopwatch_;
  FitOutcome outcome_;
};

}  // namespace

template <typename T>
FitOutcome fit(BasicNetwork<T>& network, const FitData<T>& data, const Recipe& recipe, Task task,
               const TrainOptions& callbacks, Checkpointer* checkpointer) {
  const FloatMode float_mode;
  return Fit<T>(network, data, recipe, task, callbacks, checkpointer).run();
}

template FitOutcome fit(BasicNetwork<float>&, const FitData<float>&, const Recipe&, Task, const TrainOptions&,
                        Checkpointer*);
template FitOutcome fit(BasicNetwork<double>&, const FitData<double>&, const Recipe&, Task, const TrainOptions&,
                        Checkpointer*);

}  // namespace gradus
