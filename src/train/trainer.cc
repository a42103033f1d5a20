#include "gradus/trainer.h"

#include <algorithm>

#include "base/bounds.h"
#include "base/float_mode.h"
#include "comm/shards.h"
#include "data/sampler.h"
#include "kernels/reductions.h"
#include "nn/loss.h"
#include "train/step.h"

namespace gradus {
namespace {

TrainerOptions checked(const TrainerOptions& options, int64_t max_rows) {
  check_at_least("max_rows", max_rows, 1);
  check_at_least("batch_size", options.batch_size, 0);
  check_at_least("threads", options.threads, 1);
  check_range("shards", static_cast<double>(options.shards), 1.0, static_cast<double>(kMostShards));
  return options;
}

int64_t most_rows_a_step(const TrainerOptions& options, int64_t max_rows) {
  return options.batch_size == 0 ? max_rows : std::min(options.batch_size, max_rows);
}

}  // namespace

template <typename T>
struct BasicTrainer<T>::Impl {
  Impl(BasicNetwork<T>& network, const TrainerOptions& given, int64_t max_rows)
      : options(checked(given, max_rows)),
        step(network, options, max_rows),  // train_step may bring all rows at once
        sampler(max_rows, network.inputs(),
                target_width(network.spec().head, network.outputs()) + (options.weighted ? 1 : 0),
                most_rows_a_step(options, max_rows), options.shuffle, options.seed) {}

  DropoutDraws draws(int64_t step_in_epoch) const noexcept {
    return {options.seed, static_cast<uint32_t>(epochs), static_cast<uint32_t>(step_in_epoch)};
  }

  EpochResult run_epoch() noexcept {
    const FloatMode float_mode;
    EpochResult result;
    kernels::BlockedSum sum;
    MatrixView<const T> x, y;
    sampler.start_epoch(static_cast<uint32_t>(epochs));
    while (sampler.next(x, y)) {
      const StepResult done = step.run(x, y, sampler.rows(), options.learning_rate, draws(result.steps));
      ++result.steps;
      ++steps;
      sum.add(done.loss * static_cast<double>(x.rows()));
      if (done.divergence != Divergence::none) {
        result.divergence = done.divergence;
        result.bad_step = result.steps;
        result.bad_layer = done.bad_layer;
        break;
      }
    }
    ++epochs;
    result.loss = sum.total() / static_cast<double>(sampler.rows()) + step.penalty(sampler.rows());
    return result;
  }

  TrainerOptions options;
  TrainingStep<T> step;
  MinibatchSampler<T> sampler;
  int64_t epochs = 0;
  int64_t steps = 0;
};

template <typename T>
BasicTrainer<T>::BasicTrainer(BasicNetwork<T>& network, const TrainerOptions& options, int64_t max_rows)
    : impl_(std::make_unique<Impl>(network, options, max_rows)) {}
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
double BasicTrainer<T>::train_step(MatrixView<const T> features, MatrixView<const T> targets) noexcept {
  const FloatMode float_mode;
  const double penalty = impl_->step.penalty(features.rows());
  const StepResult done =
      impl_->step.run(features, targets, features.rows(), impl_->options.learning_rate, impl_->draws(impl_->steps));
  ++impl_->steps;
  return done.loss + penalty;
}

template <typename T>
void BasicTrainer<T>::set_learning_rate(double learning_rate) noexcept {
  impl_->options.learning_rate = learning_rate;
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
