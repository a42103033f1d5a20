#include "interop/int8.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/float_mode.h"
#include "interop/synthetic_rows.h"

namespace gradus {
namespace {

constexpr int kLargest = 127;
constexpr int64_t kRows = 1000;
constexpr uint64_t kSeed = 2;  // other rows than those of the self-test

template <typename T>
Int8Weight quantise_weight(MatrixView<T> weight) {
  Int8Weight out;
  out.values.resize(static_cast<std::size_t>(weight.rows() * weight.columns()));
  for (int64_t i = 0; i < weight.columns(); ++i) {
    T largest = T(0);
    for (int64_t j = 0; j < weight.rows(); ++j) largest = std::max(largest, std::fabs(weight(j, i)));
    const T scale = largest / static_cast<T>(kLargest);
    for (int64_t j = 0; j < weight.rows(); ++j) {
      // Where the scale has underflowed every weight is too small to tell from 0.
      const T steps = scale > T(0) ? std::nearbyint(weight(j, i) / scale) : T(0);
      const auto value = static_cast<int8_t>(std::clamp(steps, T(-kLargest), T(kLargest)));
      out.values[static_cast<std::size_t>(j * weight.columns() + i)] = value;
      weight(j, i) = scale * static_cast<T>(value);
    }
    out.scales.push_back(static_cast<double>(scale));
  }
  return out;
}

}  // namespace

std::vector<Int8Weight> quantise(Pipeline& pipeline) {
  const FloatMode float_mode;
  return std::visit(
      [](auto& network) {
        std::vector<Int8Weight> weights;
        for (int64_t l = 0; l < network.affine_count(); ++l) weights.push_back(quantise_weight(network.weight(l)));
        return weights;
      },
      pipeline.network);
}

Int8Loss measure_loss(const ModelData& model, const ModelData& rounded) {
  const std::vector<RawRow> rows = synthetic_rows(model.encoder, kRows, kSeed);
  const std::vector<Answer> before = answers(model, rows);
  const std::vector<Answer> after = answers(rounded, rows);
  const bool numbers = model.targets.task == Task::regression;
  Int8Loss loss{.rows = kRows};
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::vector<double>& a = numbers ? before[i].predictions : before[i].probabilities;
    const std::vector<double>& b = numbers ? after[i].predictions : after[i].probabilities;
    for (std::size_t k = 0; k < a.size(); ++k, ++count) {
      const double difference = std::fabs(a[k] - b[k]) * (numbers ? model.targets.columns[k].scale : 1.0);
      loss.largest_difference = std::max(loss.largest_difference, difference);
      sum += difference * difference;
    }
    const bool same = before[i].label == after[i].label && (numbers || before[i].predictions == after[i].predictions);
    loss.predicted_otherwise += same ? 0 : 1;
  }
  loss.root_mean_square = std::sqrt(sum / static_cast<double>(std::max<std::size_t>(count, 1)));
  return loss;
}

Model int8_model(const Model& model) {
  std::vector<Pipeline> pipelines = make_pipelines(model.data());
  for (Pipeline& pipeline : pipelines) quantise(pipeline);
  auto data = std::make_shared<ModelData>(model.data());
  data->network = joined(pipelines);
  return Model(std::move(data));
}

}  // namespace gradus
