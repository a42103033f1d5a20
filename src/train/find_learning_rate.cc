#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "gradus/error.h"
#include "gradus/learning_rate.h"
#include "gradus/model.h"

#include "base/float_mode.h"
#include "data/dataset.h"
#include "data/sampler.h"
#include "data/table_data.h"
#include "kernels/math.h"
#include "model/model_data.h"
#include "optim/settings.h"
#include "train/continue.h"
#include "train/monotone.h"
#include "train/prepare.h"
#include "train/step.h"

namespace gradus {
namespace {

constexpr double kSmoothing = 0.95;  // what an average keeps of the one before
constexpr double kBlownUp = 3.0;     // first losses above the lowest smoothed one, beyond which nothing is learned
// By how much the lowest smoothed loss must be below the first: five deviations of the smoothed loss, whose noise is
// sqrt((1 - 0.95) / (1 + 0.95)) = 0.16 of a minibatch's.
constexpr double kLeastFall = 0.8;

void check_ramp(const LearningRateRamp& ramp) {
  if (!(ramp.lowest > 0.0 && ramp.highest > ramp.lowest && std::isfinite(ramp.highest)))
    throw Error(ErrorCode::usage, fmt::format("learning rates: found {} to {}, expected two that rise, above 0",
                                              ramp.lowest, ramp.highest));
  if (ramp.steps < 2)
    throw Error(ErrorCode::usage, fmt::format("steps of the learning rates: found {}, expected 2 or more", ramp.steps));
}

/// Rates in even steps of their logarithm.
double rate_at(const LearningRateRamp& ramp, int64_t step) {
  const double part = static_cast<double>(step) / static_cast<double>(ramp.steps - 1);
  return ramp.lowest * kernels::exp(part * kernels::log(ramp.highest / ramp.lowest));
}

/// `value` as it is shown in two digits.
double in_two_digits(double value) {
  const std::string text = fmt::format("{:.1e}", value);
  double rounded = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

/// Keeps the smoothed loss of a ramp.
class SmoothedLoss {
 public:
  double add(double loss) {
    average_ = kSmoothing * average_ + (1.0 - kSmoothing) * loss;
    weight_ = kSmoothing * weight_ + (1.0 - kSmoothing);
    return average_ / weight_;
  }

 private:
  double average_ = 0.0, weight_ = 0.0;
};

/// The deviation of the first `count` losses, at rates that have not moved anything yet.
double noise_of(const std::vector<LearningRateStep>& steps, std::size_t count) {
  double mean = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < count; ++i) mean += steps[i].loss / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) squares += (steps[i].loss - mean) * (steps[i].loss - mean);
  return std::sqrt(squares / static_cast<double>(count));
}

/// Losses swing before the average has seen a few of them, so the first tenth of the ramp sets no minimum.
void suggest(const LearningRateRamp& ramp, LearningRateRange& range) {
  const auto& steps = range.steps;
  const auto settled = static_cast<std::size_t>(ramp.steps / 10);
  if (steps.size() <= settled) return;
  const auto lowest = std::min_element(
      steps.begin() + static_cast<int64_t>(settled), steps.end(),
      [](const LearningRateStep& a, const LearningRateStep& b) { return a.smoothed_loss < b.smoothed_loss; });
  const double first = steps[settled].smoothed_loss;
  if (first - lowest->smoothed_loss > kLeastFall * noise_of(steps, settled + 1))
    range.suggested = in_two_digits(lowest->learning_rate / 10.0);
}

template <typename T>
LearningRateRange climb(const Table& table, const TrainOptions& options, const Preparation& plan,
                        const LearningRateRamp& ramp) {
  const Storage storage = table.data().storage;
  const Dataset<T> data = encode_dataset<T>(table, plan.encoder, plan.targets, plan.feature_columns,
                                            plan.target_columns, plan.rows, plan.label_index(), storage);
  BasicNetwork<T> network = options.init_model ? continued_weights<T>(options.init_model->data(), plan.recipe.network)
                                               : initial_network<T>(plan.recipe, data.features(), plan.split.training);
  TrainerOptions trainer = plan.recipe.trainer;
  trainer.threads = std::max(1, options.threads);
  trainer.l2 *= static_cast<double>(plan.training_rows()) / plan.total_weight;
  trainer.l1 *= static_cast<double>(plan.training_rows()) / plan.total_weight;
  MinibatchSampler<T> sampler(data.features(), data.targets(), plan.split.training, trainer.batch_size, true,
                              trainer.seed, storage);
  TrainingStep<T> step(network, trainer, sampler.batch_size());
  LearningRateRange range;
  SmoothedLoss smoothed;
  double lowest = std::numeric_limits<double>::infinity();
  MatrixView<const T> x, y;
  uint32_t epoch = 0, in_epoch = 0;
  sampler.start_epoch(epoch);
  for (int64_t at = 0; at < ramp.steps; ++at) {
    if (options.should_stop && options.should_stop()) break;
    if (!sampler.next(x, y)) {
      sampler.start_epoch(++epoch);
      in_epoch = 0;
      sampler.next(x, y);
    }
    const double rate = rate_at(ramp, at);
    const StepResult done = step.run(x, y, sampler.rows(), rate, {trainer.seed, epoch, in_epoch++});
    if (done.divergence != Divergence::none) break;
    range.steps.push_back({rate, done.loss, smoothed.add(done.loss)});
    const double now = range.steps.back().smoothed_loss, first = range.steps.front().loss;
    lowest = std::min(lowest, now);
    if (options.on_progress) options.on_progress(at + 1, ramp.steps);
    if (at > ramp.steps / 10 && now - lowest > kBlownUp * std::abs(first)) break;
  }
  suggest(ramp, range);
  return range;
}

}  // namespace

LearningRateRange find_learning_rate(const Table& table, const TrainOptions& given, const LearningRateRamp& ramp) {
  const FloatMode float_mode;
  check_ramp(ramp);
  TrainOptions options = completed_by_model(given);
  options.learning_rate.reset();
  const Preparation plan = prepare(table, options, true);
  const Solver solver = plan.recipe.trainer.solver;
  if (!uses_schedule(solver))
    throw Error(ErrorCode::usage, fmt::format("--find-learning-rate: found solver {}, expected one that takes "
                                              "minibatches at a learning rate, such as adamw",
                                              name(solver)));
  return options.precision == Precision::float64 ? climb<double>(table, options, plan, ramp)
                                                 : climb<float>(table, options, plan, ramp);
}

}  // namespace gradus
