#include "analysis/permutation_importance.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/row_sample.h"
#include "base/float_mode.h"
#include "base/random.h"
#include "data/dataset.h"
#include "data/targets.h"
#include "data/weights.h"
#include "model/batch_predictor.h"
#include "model/model_data.h"
#include "nn/head.h"
#include "train/metrics.h"
#include "train/scorer.h"

namespace gradus {
namespace {

constexpr std::size_t kRows = 2000;
constexpr std::size_t kFewestRows = 50;
constexpr int kRepeats = 5;
constexpr double kMostWork = 3e10;  // multiply-adds: a second or so

/// The position whose cell each row gets (Fisher & Yates).
std::vector<std::size_t> shuffled(std::size_t rows, uint32_t column, uint32_t repeat) {
  const RandomStream draws(0, Purpose::permutation_importance, column, repeat);
  std::vector<std::size_t> order(rows);
  for (std::size_t i = 0; i < rows; ++i) order[i] = i;
  for (std::size_t i = rows; i > 1; --i) std::swap(order[i - 1], order[draws.below(i, i)]);
  return order;
}

/// Rows are encoded once: a shuffled cell is a shuffled run of features, because columns are encoded one by one.
template <typename T>
class Shuffler {
 public:
  Shuffler(const BasicNetwork<T>& network, const ModelData& model, const Table& table, std::span<const uint32_t> rows,
           Metric metric, int threads)
      : model_(model),
        predictor_(network, threads),
        scorer_(metric, model.targets, network.spec().head),
        data_(encoded(model, network.spec().head, table, rows)),
        outputs_(static_cast<std::size_t>(data_.rows() * network.outputs())),
        width_(network.outputs()) {
    scorer_.take_targets<T>(std::as_const(data_).targets());
    if (!model.targets.weights.empty() && table.find(model.targets.weights))
      weights_ = row_weights(table, model.targets.weights, rows);
  }

  /// The metric with the cells of `column` from the rows at `order`; without an order as they are.
  double measure(const ColumnEncoding* column, std::span<const std::size_t> order) {
    const MatrixView<const T> features = std::as_const(data_).features();
    for (int64_t first = 0; first < features.rows(); first += predictor_.rows()) {
      const int64_t count = std::min(predictor_.rows(), features.rows() - first);
      const MatrixView<T> batch = predictor_.features(count);
      for (int64_t i = 0; i < count; ++i) {
        std::copy_n(&features(first + i, 0), features.columns(), &batch(i, 0));
        if (column != nullptr)
          std::copy_n(&features(static_cast<int64_t>(order[static_cast<std::size_t>(first + i)]), column->first),
                      column->width, &batch(i, column->first));
      }
      const MatrixView<const T> outputs = predictor_.run(count);
      for (int64_t i = 0; i < count; ++i) keep(first + i, outputs.row(i));
    }
    return scorer_.measure<T>({outputs_.data(), features.rows(), predictions()}, weights_);
  }

 private:
  static Dataset<T> encoded(const ModelData& model, const Head& head, const Table& table,
                            std::span<const uint32_t> rows) {
    TargetEncoder targets = model.targets;  // weights are of the measure, not of the targets
    targets.weights.clear();
    targets.class_weights.clear();
    std::vector<int64_t> features, columns;
    for (const ColumnEncoding& column : model.encoder.columns) features.push_back(table.find(column.name).value());
    for (const TargetColumn& column : targets.columns) columns.push_back(table.find(column.name).value());
    return encode_dataset<T>(table, model.encoder, targets, features, columns, rows, has_softmax(head.loss));
  }

  /// Of a regression's quantiles the central one, else all outputs.
  int64_t predictions() const {
    return model_.targets.task == Task::regression ? std::ssize(model_.targets.columns) : width_;
  }
  void keep(int64_t row, std::span<const T> outputs) {
    const Head& head = spec(model_).head;
    const bool numbers = model_.targets.task == Task::regression;
    const int64_t each = numbers ? outputs_per_target(head) : 1, central = numbers ? central_output(head) : 0;
    for (int64_t k = 0; k < predictions(); ++k)
      outputs_[static_cast<std::size_t>(row * predictions() + k)] =
          outputs[static_cast<std::size_t>(k * each + central)];
  }

  const ModelData& model_;
  BatchPredictor<T> predictor_;
  Scorer scorer_;
  Dataset<T> data_;
  std::vector<T> outputs_;
  int64_t width_;
  std::vector<double> weights_;
};

template <typename T>
void measure_columns(Shuffler<T>& shuffler, const Encoder& encoder, PermutationImportance& found) {
  found.base = shuffler.measure(nullptr, {});
  const double sign = higher_is_better(found.metric) ? -1.0 : 1.0;
  for (std::size_t c = 0; c < encoder.columns.size(); ++c) {
    double sum = 0.0, squares = 0.0;
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
      const auto order =
          shuffled(static_cast<std::size_t>(found.rows), static_cast<uint32_t>(c), static_cast<uint32_t>(repeat));
      const double worse = sign * (shuffler.measure(&encoder.columns[c], order) - found.base);
      sum += worse;
      squares += worse * worse;
    }
    const double mean = sum / kRepeats;
    found.columns.push_back(
        {encoder.columns[c].name, mean, std::sqrt(std::max(squares / kRepeats - mean * mean, 0.0))});
  }
}

}  // namespace

PermutationImportance permutation_importance(const Model& model, const Table& table, std::span<const uint32_t> rows,
                                             int threads) {
  const FloatMode float_mode;
  const ModelData& data = model.data();
  PermutationImportance found;
  found.metric = data.targets.task == Task::regression ? Metric::r2 : Metric::log_loss;
  found.repeats = kRepeats;
  const double a_row =
      static_cast<double>(data.encoder.columns.size()) * kRepeats * static_cast<double>(parameter_count(spec(data)));
  const double affordable = std::min(kMostWork / a_row, static_cast<double>(kRows));
  std::vector<uint32_t> sample = sample_rows(rows, static_cast<std::size_t>(affordable));
  if (data.targets.task == Task::classification && !sample.empty()) {
    const std::vector<int32_t> labels =
        class_indices(table, table.find(data.targets.columns[0].name).value(), data.targets, sample);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (labels[i] != kUnknownClass) sample[kept++] = sample[i];
    sample.resize(kept);
  }
  found.rows = std::ssize(sample);
  if (sample.size() < std::min(kFewestRows, rows.size()) || sample.size() < 2) return found;
  std::visit(
      [&]<typename T>(const BasicNetwork<T>& network) {
        Shuffler<T> shuffler(network, data, table, sample, found.metric, threads);
        measure_columns(shuffler, data.encoder, found);
      },
      data.network);
  return found;
}

}  // namespace gradus
