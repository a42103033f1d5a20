#include "train/calibrate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "model/output_decoder.h"
#include "nn/head.h"
#include "nn/pass.h"
#include "train/conformal.h"
#include "train/metrics.h"
#include "train/temperature.h"

namespace gradus {
namespace {

constexpr int64_t kBatch = 256;
constexpr std::size_t kMostRows = 20000;  // a temperature from so many has a standard error below 1 %

/// A row's logits, outputs and targets, and what it counts.
template <typename T>
struct SeenRow {
  std::span<const T> logits, outputs, targets;
  double weight;
};

/// The weight of the row itself, without its class's.
template <typename T>
double own_weight(const ModelData& model, std::span<const T> targets, std::size_t width, int32_t label) {
  if (targets.size() == width) return 1.0;
  const double weight = static_cast<double>(targets[width]) * model.targets.mean_weight;
  const auto& classes = model.targets.class_weights;
  return classes.empty() ? weight : weight / classes[static_cast<std::size_t>(label)];
}

/// A classification's class index.
template <typename T>
int32_t label_of(const Head& head, std::span<const T> targets) {
  return has_softmax(head.loss) ? static_cast<int32_t>(targets[0]) : largest_index<T>(targets);
}

/// Each row through the network, in order.
template <typename T>
void see_rows(const ModelData& model, const BasicNetwork<T>& network, const HeldOutRows<T>& held_out,
              std::span<const uint32_t> rows, int threads, const std::function<void(const SeenRow<T>&)>& see) {
  const Plan plan = compile(network.spec());
  ThreadPool pool(threads);
  Workspace<T> workspace(plan, kBatch, false);
  AlignedBuffer<T> x(kBatch * plan.inputs), outputs(kBatch * plan.outputs);
  const auto width = static_cast<std::size_t>(target_width(plan.head, plan.outputs));
  const bool classes = model.targets.task == Task::classification;
  for (std::size_t first = 0; first < rows.size(); first += kBatch) {
    const std::span<const uint32_t> batch = rows.subspan(first, std::min<std::size_t>(kBatch, rows.size() - first));
    const auto count = std::ssize(batch);
    held_out.storage.used(static_cast<std::size_t>(batch.back() - batch.front() + 1) *
                          static_cast<std::size_t>(held_out.features.stride()) * sizeof(T));
    for (std::size_t i = 0; i < batch.size(); ++i)
      std::copy_n(held_out.features.row(batch[i]).data(), plan.inputs,
                  x.data() + static_cast<int64_t>(i) * plan.inputs);
    const MatrixView<const T> logits =
        forward<T>(plan, network.parameters(), {x.data(), count, plan.inputs}, nullptr, workspace, pool);
    const MatrixView<T> out(outputs.data(), count, plan.outputs);
    head_outputs<T>(plan.head, logits, out);
    for (int64_t i = 0; i < count; ++i) {
      const std::span<const T> targets = held_out.targets.row(batch[static_cast<std::size_t>(i)]);
      const std::span<const T> own = targets.first(width);
      const int32_t label = classes ? label_of(plan.head, own) : 0;
      see({logits.row(i), MatrixView<const T>(out).row(i), own, own_weight(model, targets, width, label)});
    }
  }
}

std::vector<uint32_t> evenly_spread(std::span<const uint32_t> rows) {
  if (rows.size() <= kMostRows) return {rows.begin(), rows.end()};
  std::vector<uint32_t> some;
  for (std::size_t i = 0; i < kMostRows; ++i) some.push_back(rows[i * rows.size() / kMostRows]);
  return some;
}

/// The logits of all classes, or of each label against none.
template <typename T>
std::vector<LabelledLogits> labelled_logits(const ModelData& model, std::span<const HeldOutRows<T>> held_out,
                                            int threads) {
  const Head& head = spec(model).head;
  const bool labels = model.targets.task == Task::multilabel;
  const auto outputs = static_cast<int64_t>(labels ? model.targets.columns.size() : model.targets.classes.size());
  std::vector<LabelledLogits> all(
      labels ? static_cast<std::size_t>(outputs) : 1,
      LabelledLogits{.classes = labels ? 2 : outputs, .sigmoids = !labels && !has_softmax(head.loss)});
  const auto take = [&](const SeenRow<T>& row) {
    for (std::size_t k = 0; labels && k < all.size(); ++k) {
      all[k].z.insert(all[k].z.end(), {0.0, static_cast<double>(row.logits[k])});
      all[k].labels.push_back(row.targets[k] > T(0.5) ? 1 : 0);
    }
    if (!labels) {
      all[0].z.insert(all[0].z.end(), row.logits.begin(), row.logits.end());
      all[0].labels.push_back(label_of(head, row.targets));
    }
    for (LabelledLogits& one : all) one.weights.push_back(row.weight);
  };
  const auto& network = std::get<BasicNetwork<T>>(model.network);
  for (std::size_t m = 0; m < held_out.size(); ++m)
    see_rows<T>(model, member(network, static_cast<int64_t>(m)), held_out[m], evenly_spread(held_out[m].rows), threads,
                take);
  return all;
}

template <typename T>
BasicNetwork<T> with_temperatures(const BasicNetwork<T>& network, std::vector<double> temperatures) {
  NetworkSpec spec = network.spec();
  spec.head.temperatures = std::move(temperatures);
  BasicNetwork<T> scaled(spec);
  std::copy(network.parameters().begin(), network.parameters().end(), scaled.parameters().begin());
  return scaled;
}

/// How far a regression's target lies outside what was predicted for it, in the learned scale.
template <typename T>
double distance(const Head& head, const SeenRow<T>& row, std::size_t target) {
  const auto each = static_cast<std::size_t>(outputs_per_target(head));
  const auto output = [&](std::size_t k) { return static_cast<double>(row.outputs[target * each + k]); };
  const auto y = static_cast<double>(row.targets[target]);
  return each > 1 ? std::max(output(0) - y, y - output(each - 1)) : std::fabs(output(0) - y);
}

/// Minus the least probability of a class or label that the row has.
template <typename T>
double improbability(const OutputDecoder& decoder, const ModelData& model, const SeenRow<T>& row,
                     std::vector<T>& probabilities) {
  decoder.probabilities<T>(row.outputs, probabilities);
  if (model.targets.task == Task::classification)
    return -static_cast<double>(probabilities[static_cast<std::size_t>(label_of(spec(model).head, row.targets))]);
  double least = 1.0;
  for (std::size_t k = 0; k < probabilities.size(); ++k)
    if (row.targets[k] > T(0.5)) least = std::min(least, static_cast<double>(probabilities[k]));
  return -least;
}

}  // namespace

template <typename T>
void learn_temperatures(ModelData& model, std::span<const HeldOutRows<T>> rows, int threads) {
  const std::vector<LabelledLogits> all = labelled_logits(model, rows, threads);
  std::vector<double> temperatures;
  double before = 0.0, after = 0.0;
  for (const LabelledLogits& one : all) {
    const TemperatureFit fit = fit_temperature(one, spec(model).head.label_smoothing > 0.0);
    temperatures.push_back(fit.temperature);
    before += fit.log_loss_before;
    after += fit.log_loss;
  }
  if (std::all_of(temperatures.begin(), temperatures.end(), [](double t) { return t == 1.0; })) return;
  const auto count = static_cast<double>(all.size());
  model.calibration.temperature_rows = std::ssize(all[0].labels);
  model.calibration.log_loss_before = before / count;
  model.calibration.log_loss = after / count;
  model.network = with_temperatures(std::get<BasicNetwork<T>>(model.network), std::move(temperatures));
}

template <typename T>
void learn_coverage(ModelData& model, const HeldOutRows<T>& rows, double coverage, int threads) {
  const Head& head = spec(model).head;
  const bool numbers = model.targets.task == Task::regression;
  const OutputDecoder decoder(model, {});
  std::vector<T> probabilities(static_cast<std::size_t>(decoder.probability_count()));
  std::vector<std::vector<Score>> scores(numbers ? model.targets.columns.size() : 1);
  see_rows<T>(model, std::get<BasicNetwork<T>>(model.network), rows, rows.rows, threads, [&](const SeenRow<T>& row) {
    for (std::size_t k = 0; k < scores.size(); ++k)
      scores[k].push_back(
          {numbers ? distance(head, row, k) : improbability(decoder, model, row, probabilities), row.weight});
  });
  model.calibration.coverage = coverage;
  model.calibration.coverage_rows = std::ssize(rows.rows);
  for (std::size_t k = 0; k < scores.size(); ++k) {
    const double quantile = conformal_quantile(std::move(scores[k]), coverage);
    if (!numbers) model.calibration.least_probability = -quantile;
    if (numbers) model.calibration.margins.push_back(quantile / model.targets.columns[k].scale);
  }
}

template void learn_temperatures(ModelData&, std::span<const HeldOutRows<float>>, int);
template void learn_temperatures(ModelData&, std::span<const HeldOutRows<double>>, int);
template void learn_coverage(ModelData&, const HeldOutRows<float>&, double, int);
template void learn_coverage(ModelData&, const HeldOutRows<double>&, double, int);

}  // namespace gradus
