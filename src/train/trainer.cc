#include "gradus/trainer.h"

#include <algorithm>
#include <utility>

#include "gradus/error.h"

#include "base/bounds.h"
#include "base/float_mode.h"
#include "comm/shards.h"
#include "data/sampler.h"
#include "kernels/reductions.h"
#include "nn/loss.h"
#include "nn/plan.h"
#include "optim/schedule.h"
#include "train/step.h"
#include "train/weight_average.h"

namespace gradus {
namespace {

TrainerOptions checked(const TrainerOptions& options, int64_t max_rows) {
  check_at_least("max_rows", max_rows, 1);
  check_at_least("batch_size", options.batch_size, 0);
  check_at_least("threads", options.threads, 1);
  check_at_least("epochs", options.epochs, 1);
  check_range("warmup", options.warmup, 0.0, static_cast<double>(options.epochs));
  check_range("rate_decay", options.rate_decay.value_or(1.0), 0.0, 1.0);
  check_range("rate_power", options.rate_power, 0.0, 100.0);
  check_at_least("cycle", options.cycle, 0);
  check_at_least("cycle_growth", options.cycle_growth, 1);
  check_below("ema", options.ema, 0.0, 1.0);
  check_below("swa", options.swa.value_or(0.0), 0.0, 1.0);
  if (options.ema > 0.0 && options.swa)
    throw Error(ErrorCode::usage, "swa: found with ema, expected one way to average the weights");
  check_range("shards", static_cast<double>(options.shards), 1.0, static_cast<double>(kMostShards));
  return options;
}

int64_t most_rows_a_step(const TrainerOptions& options, int64_t max_rows) {
  return options.batch_size == 0 ? max_rows : std::min(options.batch_size, max_rows);
}

/// Columns of the targets: what the loss learns from, and the weights.
template <typename T>
int64_t columns_of_targets(const BasicNetwork<T>& network, const TrainerOptions& options,
                           const BasicCustomLoss<T>* loss) {
  const int64_t width = loss == nullptr           ? target_width(network.spec().head, network.outputs())
                        : loss->target_width == 0 ? network.outputs()
                                                  : loss->target_width;
  return width + (options.weighted ? 1 : 0);
}

template <typename T>
void check_loss(const BasicCustomLoss<T>& loss) {
  if (!loss.rows) throw Error(ErrorCode::usage, "custom loss: found no function, expected one");
  check_at_least("custom loss: target_width", loss.target_width, 0);
}

}  // namespace

template <typename T>
struct BasicTrainer<T>::Impl {
  /// `loss`: the caller's own, or null.
  Impl(BasicNetwork<T>& network, const TrainerOptions& given, int64_t max_rows,
       const BasicCustomLoss<T>* loss = nullptr)
      : options(checked(given, max_rows)),
        parameters(std::as_const(network).parameters()),
        step(network, options, max_rows),  // train_step may bring all rows at once
        sampler(max_rows, network.inputs(), columns_of_targets(network, options, loss),
                most_rows_a_step(options, max_rows), options.shuffle, options.seed),
        average(options.ema, options.swa.value_or(-1.0), options.epochs, std::ssize(parameters)) {
    if (options.swa && has_batch_norm(compile(network.spec())))
      throw Error(ErrorCode::usage,
                  "swa: found with batch normalization, expected ema: the mean of weights has no "
                  "running statistics");
    if (loss != nullptr) step.use_loss(*loss);
  }

  DropoutDraws draws(int64_t step_in_epoch) const noexcept {
    return {options.seed, static_cast<uint32_t>(epochs), static_cast<uint32_t>(step_in_epoch)};
  }

  /// Lays the schedule out over epochs of so many steps and rows, unless it is.
  void lay_out(int64_t steps_an_epoch, int64_t rows) noexcept {
    if (schedule) return;
    last_step = steps_an_epoch - 1;
    schedule.emplace(
        options.schedule,
        ScheduleSettings{.warmup = options.warmup,
                         .decay = options.rate_decay.value_or(usual_decay(options.schedule)),
                         .power = options.rate_power,
                         .cycle = options.cycle,
                         .cycle_growth = options.cycle_growth},
        ScheduledRun{.rate = options.learning_rate, .epochs = options.epochs, .steps = steps_an_epoch, .rows = rows});
  }

  double rate(int64_t step_in_epoch) const noexcept {
    return epochs < options.epochs ? schedule->rate(epochs, step_in_epoch)
                                   : schedule->rate(options.epochs - 1, last_step);
  }

  EpochResult run_epoch() noexcept {
    const FloatMode float_mode;
    EpochResult result;
    kernels::BlockedSum sum;
    MatrixView<const T> x, y;
    sampler.start_epoch(static_cast<uint32_t>(epochs));
    lay_out(sampler.steps_per_epoch(), sampler.rows());
    while (sampler.next(x, y)) {
      const StepResult done = step.run(x, y, sampler.rows(), rate(result.steps), draws(result.steps));
      ++result.steps;
      ++steps;
      sum.add(done.loss * static_cast<double>(x.rows()));
      if (done.divergence != Divergence::none) {
        result.divergence = done.divergence;
        result.bad_step = result.steps;
        result.bad_layer = done.bad_layer;
        break;
      }
      average.after_step(parameters);
    }
    const int64_t epoch = epochs++;
    if (result.divergence == Divergence::none) average.after_epoch(epoch, parameters);
    result.loss = sum.total() / static_cast<double>(sampler.rows()) + step.penalty(sampler.rows());
    schedule->observe(epoch, result.loss);
    return result;
  }

  TrainerOptions options;
  std::span<const T> parameters;  // the network's
  TrainingStep<T> step;
  MinibatchSampler<T> sampler;
  WeightAverage<T> average;
  std::optional<LearningRateSchedule> schedule;  // from the first epoch on
  int64_t last_step = 0;                         // of an epoch of the schedule
  int64_t epochs = 0;
  int64_t steps = 0;
};

template <typename T>
BasicTrainer<T>::BasicTrainer(BasicNetwork<T>& network, const TrainerOptions& options, int64_t max_rows)
    : impl_(std::make_unique<Impl>(network, options, max_rows)) {}
template <typename T>
BasicTrainer<T>::BasicTrainer(BasicNetwork<T>& network, const TrainerOptions& options, int64_t max_rows,
                              BasicCustomLoss<T> loss) {
  check_loss(loss);
  impl_ = std::make_unique<Impl>(network, options, max_rows, &loss);
}
template <typename T>
BasicTrainer<T>::~BasicTrainer() = default;
template <typename T>
BasicTrainer<T>::BasicTrainer(BasicTrainer&&) noexcept = default;
template <typename T>
BasicTrainer<T>& BasicTrainer<T>::operator=(BasicTrainer&&) noexcept = default;

template <typename T>
EpochResult BasicTrainer<T>::train_epoch(MatrixView<const T> features, MatrixView<const T> targets) noexcept {
  impl_->sampler.bind(features, targets);
  return impl_->run_epoch();
}

template <typename T>
EpochResult BasicTrainer<T>::train_epoch(MatrixView<const T> features, MatrixView<const T> targets,
                                         std::span<const uint32_t> rows) noexcept {
  impl_->sampler.bind(features, targets, rows);
  return impl_->run_epoch();
}

template <typename T>
EpochResult BasicTrainer<T>::partial_fit(MatrixView<const T> features, MatrixView<const T> targets,
                                         int64_t epochs) noexcept {
  EpochResult result;
  for (int64_t epoch = 0; epoch < epochs && result.divergence == Divergence::none; ++epoch)
    result = train_epoch(features, targets);
  return result;
}

template <typename T>
double BasicTrainer<T>::train_step(MatrixView<const T> features, MatrixView<const T> targets) noexcept {
  const FloatMode float_mode;
  const double penalty = impl_->step.penalty(features.rows());
  impl_->lay_out(1, features.rows());
  const StepResult done =
      impl_->step.run(features, targets, features.rows(), impl_->rate(0), impl_->draws(impl_->steps));
  ++impl_->steps;
  if (done.divergence == Divergence::none) impl_->average.after_step(impl_->parameters);
  return done.loss + penalty;
}

template <typename T>
std::span<const T> BasicTrainer<T>::averaged_parameters() const noexcept {
  return impl_->average.weights(impl_->parameters);
}

template <typename T>
void BasicTrainer<T>::set_learning_rate(double learning_rate) noexcept {
  impl_->options.learning_rate = learning_rate;
  impl_->schedule.reset();
}
template <typename T>
double BasicTrainer<T>::learning_rate() const noexcept {
  return impl_->options.learning_rate;
}
template <typename T>
int64_t BasicTrainer<T>::epochs() const noexcept {
  return impl_->epochs;
}
template <typename T>
int64_t BasicTrainer<T>::steps() const noexcept {
  return impl_->steps;
}

template class BasicTrainer<float>;
template class BasicTrainer<double>;

}  // namespace gradus
