#include "train/validator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/float_mode.h"
#include "kernels/reductions.h"
#include "nn/loss.h"
#include "nn/pass.h"
#include "train/metrics.h"

namespace gradus {
namespace {

constexpr int64_t kBatch = 256;

template <typename T>
void gather(MatrixView<const T> from, std::span<const uint32_t> rows, T* out) noexcept {
  for (const uint32_t row : rows) out = std::copy_n(from.row(row).data(), from.columns(), out);
}

/// Bytes of `from` between the first and the last of `rows`, which ascend.
template <typename T>
std::size_t spanned(MatrixView<const T> from, std::span<const uint32_t> rows) noexcept {
  return static_cast<std::size_t>((rows.back() - rows.front() + 1) * from.stride()) * sizeof(T);
}

/// The mean of the losses and its standard error.
template <typename T>
std::pair<double, double> mean_and_error(std::span<const T> losses, std::span<const double> weights) noexcept {
  kernels::BlockedSum rows, sum, squares;
  const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  for (std::size_t i = 0; i < losses.size(); ++i) {
    rows.add(weight(i));
    sum.add(static_cast<double>(losses[i]) * weight(i));
  }
  const double mean = sum.total() / rows.total();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const double deviation = static_cast<double>(losses[i]) - mean;
    squares.add(deviation * deviation * weight(i));
  }
  return {mean, std::sqrt(squares.total()) / rows.total()};
}

}  // namespace

template <typename T>
Validator<T>::Validator(const Plan& plan, MatrixView<const T> features, MatrixView<const T> targets,
                        std::span<const uint32_t> rows, Task task, int threads, const Weighting& weighting,
                        const Storage& storage)
    : plan_(plan),
      features_(features),
      all_targets_(targets),
      rows_(rows),
      task_(task),
      batch_(std::min(kBatch, std::max<int64_t>(1, static_cast<int64_t>(rows.size())))),
      pool_(threads),
      workspace_(plan, batch_, false),
      storage_(storage),
      x_(static_cast<std::size_t>(batch_ * features.columns())),
      targets_(std::ssize(rows) * targets.columns(), storage),
      outputs_(std::ssize(rows) * plan.outputs, storage),
      losses_(std::ssize(rows), storage) {
  gather(all_targets_, rows_, targets_.data());
  if (all_targets_.columns() > target_width(plan_.head, plan_.outputs)) take_weights(weighting);
}

template <typename T>
void Validator<T>::take_weights(const Weighting& weighting) {
  const int64_t width = all_targets_.columns() - 1;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::span<const T> row(targets_.data() + i * static_cast<std::size_t>(width + 1),
                                 static_cast<std::size_t>(width));
    weights_.push_back(static_cast<double>(row.data()[width]) * weighting.mean_weight);
    counts_.push_back(weights_.back());
    if (weighting.class_weights.empty()) continue;
    const auto label = has_softmax(plan_.head.loss) ? static_cast<int32_t>(row[0]) : largest_index<T>(row);
    counts_.back() /= weighting.class_weights[static_cast<std::size_t>(label)];
  }
}

template <typename T>
MatrixView<const T> Validator<T>::outputs() const noexcept {
  return {outputs_.data(), std::ssize(rows_), plan_.outputs / outputs_per_target(plan_.head)};
}

template <typename T>
MatrixView<const T> Validator<T>::targets() const noexcept {
  return {targets_.data(), std::ssize(rows_), target_width(plan_.head, plan_.outputs), all_targets_.columns()};
}

template <typename T>
void Validator<T>::score_by(Metric metric, const TargetEncoder& targets) {
  if (metric == Metric::loss) return;
  scorer_.emplace(metric, targets, plan_.head);
  scorer_->take_targets<T>(this->targets());
}

template <typename T>
double Validator<T>::metric() const {
  if (scorer_) return scorer_->measure<T>(outputs(), counts_);
  if (task_ == Task::classification) return accuracy<T>(outputs(), targets(), counts_);
  if (task_ == Task::multilabel) return label_accuracy<T>(outputs(), targets(), counts_);
  return mean_r2<T>(outputs(), targets(), counts_);
}

template <typename T>
ValidationResult Validator<T>::run(std::span<const T> parameters) {
  const FloatMode float_mode;
  const auto rows = static_cast<int64_t>(rows_.size());
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (rows == 0) return {kNone, kNone, kNone};
  const MatrixView<T> outputs(outputs_.data(), rows, plan_.outputs / outputs_per_target(plan_.head));
  for (int64_t first = 0; first < rows; first += batch_) {
    const int64_t count = std::min(batch_, rows - first);
    const auto batch_rows = rows_.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    storage_.used(spanned(features_, batch_rows) + static_cast<std::size_t>(count * plan_.outputs) * sizeof(T));
    gather(features_, batch_rows, x_.data());
    const MatrixView<const T> x(x_.data(), count, features_.columns());
    const MatrixView<T> logits = forward<T>(plan_, parameters, x, nullptr, workspace_, pool_);
    const std::span<T> losses(losses_.data() + first, static_cast<std::size_t>(count));
    loss_and_delta<T>(plan_.head, logits, targets().rows(first, count), T(1), workspace_.outputs(count), {}, losses);
    predictions(logits, outputs.rows(first, count));
  }
  const auto [loss, error] = mean_and_error<T>(std::as_const(losses_).span(), weights_);
  return {loss, error, metric()};
}

template <typename T>
void Validator<T>::predictions(MatrixView<const T> logits, MatrixView<T> out) noexcept {
  const int64_t each = outputs_per_target(plan_.head);
  if (each == 1) return head_outputs<T>(plan_.head, logits, out);
  const MatrixView<T> all = workspace_.outputs(logits.rows());
  head_outputs<T>(plan_.head, logits, all);
  for (int64_t i = 0; i < out.rows(); ++i)
    for (int64_t k = 0; k < out.columns(); ++k) out(i, k) = all(i, k * each + central_output(plan_.head));
}

template class Validator<float>;
template class Validator<double>;

}  // namespace gradus
