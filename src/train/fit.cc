#include "train/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

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
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

template <typename T>
class Fit {
 public:
  Fit(BasicNetwork<T>& network, const FitData<T>& data, const Recipe& recipe, Task task, const TrainOptions& callbacks)
      : network_(network),
        recipe_(recipe),
        callbacks_(callbacks),
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
    for (int64_t epoch = 0; epoch < recipe_.epochs; ++epoch) {
      EpochRecord record;
      record.epoch = epoch + 1;
      if (!(descent_ ? run_iteration(epoch, record) : run_steps(epoch, record)) || !finish_epoch(record)) break;
      if (converged_) break;
      if (recipe_.early_stopping && gave_up() && epoch + 1 < recipe_.epochs) {
        outcome_.reason = StopReason::early_stopping;
        break;
      }
    }
    std::copy(best_.begin(), best_.end(), network_.parameters().begin());
    return std::move(outcome_);
  }

 private:
  /// All minibatches of one epoch; false when the run ends inside it.
  bool run_steps(int64_t epoch, EpochRecord& record) {
    const int64_t rows = sampler_.rows();
    kernels::BlockedSum sum;
    int64_t in_epoch = 0;
    int64_t rows_done = 0;
    MatrixView<const T> x, y;
    sampler_.start_epoch(static_cast<uint32_t>(epoch));
    while (sampler_.next(x, y)) {
      if (callbacks_.should_stop && agreed(group_, callbacks_.should_stop())) {
        outcome_.reason = StopReason::interrupted;
        return false;
      }
      record.learning_rate = schedule_.rate(epoch, in_epoch);
      const DropoutDraws draws{recipe_.trainer.seed, static_cast<uint32_t>(epoch), static_cast<uint32_t>(in_epoch)};
      const StepResult done = step_->run(x, y, rows, record.learning_rate, draws);
      ++in_epoch;
      ++steps_;
      if (done.divergence != Divergence::none) {
        diverged(done.divergence == Divergence::loss ? "loss" : "gradient", epoch + 1, in_epoch, done.bad_layer);
        return false;
      }
      average_.after_step(std::as_const(network_).parameters());
      sum.add(done.loss * static_cast<double>(x.rows()));
      rows_done += x.rows();
      if (callbacks_.on_progress) callbacks_.on_progress(epoch * rows + rows_done, recipe_.epochs * rows);
    }
    record.step = steps_;
    record.train_loss = sum.total() / static_cast<double>(rows) + step_->penalty(rows);
    return true;
  }

  /// One iteration over all rows; false when the run ends in it.
  bool run_iteration(int64_t epoch, EpochRecord& record) {
    if (callbacks_.should_stop && callbacks_.should_stop()) {
      outcome_.reason = StopReason::interrupted;
      return false;
    }
    const Iteration done = descent_->iterate();
    if (!std::isfinite(done.objective)) {
      diverged("loss", epoch + 1, 1, std::ssize(plan_.affines));
      return false;
    }
    converged_ = done.converged;
    record.step = ++steps_;
    record.train_loss = done.objective;
    record.learning_rate = recipe_.trainer.solver == Solver::rprop_plus ? recipe_.trainer.learning_rate : done.step;
    if (callbacks_.on_progress) callbacks_.on_progress((epoch + 1) * sampler_.rows(), recipe_.epochs * sampler_.rows());
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

  /// Without validation rows a few training rows tell whether the weights that an epoch ends with still give finite
  /// numbers: the epoch's own losses were taken before its last update.
  static std::span<const uint32_t> probe(const FitData<T>& data) {
    return data.training.first(std::min<std::size_t>(data.training.size(), 256));
  }

  /// Validates, records and keeps the best weights; false when the epoch's last update spoilt them.
  bool finish_epoch(EpochRecord& record) {
    const int64_t bad_layer = first_bad_layer<T>(plan_, std::as_const(network_).parameters());
    if (bad_layer != 0) {
      diverged("weight", record.epoch, sampler_.steps_per_epoch(), bad_layer);
      return false;
    }
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
  int64_t steps_ = 0;
  Stopwatch stopwatch_;
  FitOutcome outcome_;
};

}  // namespace

template <typename T>
FitOutcome fit(BasicNetwork<T>& network, const FitData<T>& data, const Recipe& recipe, Task task,
               const TrainOptions& callbacks) {
  const FloatMode float_mode;
  return Fit<T>(network, data, recipe, task, callbacks).run();
}

template FitOutcome fit(BasicNetwork<float>&, const FitData<float>&, const Recipe&, Task, const TrainOptions&);
template FitOutcome fit(BasicNetwork<double>&, const FitData<double>&, const Recipe&, Task, const TrainOptions&);

}  // namespace gradus
