#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "gradus/error.h"
#include "gradus/train.h"

#include "base/float_mode.h"
#include "base/quote.h"
#include "base/thread_pool.h"
#include "data/cells.h"
#include "data/encode_cells.h"
#include "data/encoder.h"
#include "data/targets.h"
#include "data/weights.h"
#include "model/model_data.h"
#include "model/output_decoder.h"
#include "model/unknown_categories.h"
#include "nn/loss.h"
#include "nn/pass.h"
#include "train/metrics.h"
#include "train/on_rows.h"

namespace gradus {

namespace {

constexpr int64_t kBatch = 256;

/// Rows with every target, and what the targets are.
struct Truth {
  std::vector<int64_t> columns;
  std::vector<uint32_t> rows;
  std::vector<int32_t> labels;               // classification
  std::vector<std::vector<double>> numbers;  // otherwise, by target
  std::vector<double> weights;               // empty: 1 each
};

std::vector<int64_t> target_columns(const TargetEncoder& targets, const Table& table) {
  std::vector<int64_t> columns;
  std::vector<std::string> present;
  for (int64_t column = 0; column < table.columns(); ++column) present.push_back(table.name(column));
  for (const TargetColumn& target : targets.columns) {
    const auto column = table.find(target.name);
    if (!column) {
      const std::string near = nearest_name(target.name, present);
      throw Error(ErrorCode::bad_data, Place{.file = table.source()},
                  fmt::format("found no column {}{}, expected the target to compare with", in_quotes(target.name),
                              near.empty() ? "" : fmt::format(" (the nearest is {})", in_quotes(near))));
    }
    columns.push_back(*column);
  }
  return columns;
}

/// The weights of rows that have them; rows of weight 0 are left out. Without the model's column of weights, which new
/// rows need not have, every row counts the same, and that is said.
void read_weights(const TargetEncoder& targets, const Table& table, const PredictOptions& options, Truth& truth) {
  if (targets.weights.empty()) return;
  if (!table.find(targets.weights)) {
    if (options.on_warning)
      options.on_warning(
          fmt::format("found no column {} of weights: every row counts the same", in_quotes(targets.weights)));
    return;
  }
  truth.rows = rows_with_weight(table, targets.weights, std::move(truth.rows));
  truth.weights = row_weights(table, targets.weights, truth.rows);
}

/// `rows`: only these; empty: all.
Truth read_truth(const TargetEncoder& targets, const Table& table, const PredictOptions& options,
                 std::span<const uint32_t> rows) {
  Truth truth;
  truth.columns = target_columns(targets, table);
  truth.rows = rows_with_target(table, truth.columns);
  if (!rows.empty())
    std::erase_if(truth.rows, [&](uint32_t row) { return !std::binary_search(rows.begin(), rows.end(), row); });
  read_weights(targets, table, options, truth);
  if (truth.rows.empty()) {
    throw Error(ErrorCode::bad_data, Place{.file = table.source()},
                "found no row with a target, expected at least one");
  }
  if (targets.task == Task::classification) {
    truth.labels = class_indices(table, truth.columns[0], targets, truth.rows);
    return truth;
  }
  for (const int64_t column : truth.columns) {
    if (table.kind(column) == ColumnKind::text) {
      throw Error(ErrorCode::bad_data, Place{.file = table.source()},
                  fmt::format("target {}: found text, expected numbers", in_quotes(table.name(column))));
    }
    NumberCells cells(table.data(), column);
    std::vector<double> values;
    for (const uint32_t row : truth.rows) values.push_back(cells[row]);
    truth.numbers.push_back(std::move(values));
  }
  return truth;
}

/// The row's target as the network learned it; a class it doesn't know stands as none, and its loss isn't used.
template <typename T>
void encode_target(const TargetEncoder& targets, const Truth& truth, std::size_t row, std::span<T> out) {
  std::fill(out.begin(), out.end(), T{0});
  if (targets.task == Task::classification) {
    const int32_t label = std::max(truth.labels[row], 0);
    if (out.size() == 1) {
      out[0] = static_cast<T>(label);
    } else {
      out[static_cast<std::size_t>(label)] = T{1};
    }
    return;
  }
  for (std::size_t k = 0; k < out.size(); ++k) {
    const TargetColumn& column = targets.columns[k];
    out[k] = to_feature<T>((truth.numbers[k][row] - column.mean) * column.scale);
  }
}

/// What the network says of every row: outputs (rows x outputs), and the mean loss of the rows whose target it knows.
template <typename T>
struct Outcome {
  int64_t width = 0;
  std::vector<T> outputs;
  WeightedMean loss;
};

/// What the row counts in the objective.
double loss_weight(const TargetEncoder& targets, const Truth& truth, std::size_t row) {
  const double weight = truth.weights.empty() ? 1.0 : truth.weights[row];
  return targets.class_weights.empty() ? weight
                                       : weight * targets.class_weights[static_cast<std::size_t>(truth.labels[row])];
}

template <typename T>
Outcome<T> run_network(const BasicNetwork<T>& network, const ModelData& model, const Table& table, const Truth& truth,
                       const PredictOptions& options) {
  const Plan plan = compile(network.spec());
  ThreadPool pool(std::max(options.threads, 1));
  Workspace<T> workspace(plan, kBatch, false);
  TableEncoder encoder(model.encoder, table, options.strict);
  const auto rows = static_cast<int64_t>(truth.rows.size());
  AlignedBuffer<T> features(kBatch * plan.inputs);
  AlignedBuffer<T> targets(kBatch * target_width(plan.head, plan.outputs));
  Outcome<T> outcome{plan.outputs, std::vector<T>(static_cast<std::size_t>(rows * plan.outputs)), {}};
  std::vector<T> losses(kBatch);
  for (int64_t first = 0; first < rows; first += kBatch) {
    const int64_t count = std::min(kBatch, rows - first);
    const auto size = static_cast<std::size_t>(count);
    const MatrixView<T> x(features.data(), count, plan.inputs);
    const MatrixView<T> y(targets.data(), count, target_width(plan.head, plan.outputs));
    encoder.encode(std::span(truth.rows).subspan(static_cast<std::size_t>(first), size), x);
    for (int64_t i = 0; i < count; ++i) {
      encode_target(model.targets, truth, static_cast<std::size_t>(first + i), y.row(i));
    }
    const MatrixView<T> logits = forward<T>(plan, network.parameters(), x, nullptr, workspace, pool);
    loss_and_delta<T>(plan.head, logits, y, T{1}, workspace.outputs(count), {}, std::span<T>(losses).first(size));
    head_outputs<T>(plan.head, logits, {outcome.outputs.data() + first * plan.outputs, count, plan.outputs});
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t row = static_cast<std::size_t>(first) + i;
      if (!truth.labels.empty() && truth.labels[row] == kUnknownClass) continue;
      outcome.loss.add(static_cast<double>(losses[i]), loss_weight(model.targets, truth, row));
    }
  }
  warn_of_unknown_categories(model.encoder, encoder.unknown(), options.on_warning);
  return outcome;
}

using NamedValues = std::vector<std::pair<std::string, double>>;

NamedValues named(const ClassMetrics& m) {
  return {{"accuracy", m.accuracy}, {"error", m.error}, {"balanced_accuracy", m.balanced_accuracy},
          {"log_loss", m.log_loss}, {"auc", m.auc},     {"f1_macro", m.f1_macro},
          {"brier", m.brier},       {"ece", m.ece}};
}

NamedValues named(const NumberMetrics& m) {
  return {{"rmse", m.rmse}, {"mae", m.mae}, {"r2", m.r2}, {"median_absolute_error", m.median_absolute_error}};
}

/// The mean over targets under the plain name (NaN values left out), then each target's own as `name:target`. One
/// target: just its values.
void append(const std::vector<NamedValues>& by_target, const TargetEncoder& targets, Evaluation& evaluation) {
  for (std::size_t m = 0; m < by_target[0].size(); ++m) {
    double sum = 0.0;
    double defined = 0.0;
    for (const NamedValues& values : by_target) {
      if (std::isnan(values[m].second)) continue;
      sum += values[m].second;
      defined += 1.0;
    }
    const double mean = defined > 0.0 ? sum / defined : std::numeric_limits<double>::quiet_NaN();
    evaluation.metrics.emplace_back(by_target[0][m].first, mean);
  }
  for (std::size_t k = 0; by_target.size() > 1 && k < by_target.size(); ++k) {
    for (const auto& [metric, value] : by_target[k]) {
      evaluation.metrics.emplace_back(fmt::format("{}:{}", metric, targets.columns[k].name), value);
    }
  }
}

/// Whether row `row` has class or label `k`.
bool is_true(const Truth& truth, std::size_t row, std::size_t k) {
  return truth.labels.empty() ? truth.numbers[k][row] == 1.0 : truth.labels[row] == static_cast<int32_t>(k);
}

/// How often all classes or labels of a row are in its set, a class that training never saw in none; how many the set
/// has.
template <typename T>
void measure_sets(const OutputDecoder& decoder, MatrixView<const T> outputs, MatrixView<const T> probabilities,
                  const Truth& truth, Evaluation& evaluation) {
  if (!decoder.has_set()) return;
  WeightedMean covered, size;
  for (int64_t i = 0; i < outputs.rows(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    bool all = truth.labels.empty() || truth.labels[row] != kUnknownClass;
    double count = 0.0;
    for (std::size_t k = 0; k < probabilities.row(i).size(); ++k) {
      const bool in = decoder.in_set<T>(outputs.row(i), probabilities.row(i), k);
      all = all && (in || !is_true(truth, row, k));
      count += in ? 1.0 : 0.0;
    }
    const double weight = truth.weights.empty() ? 1.0 : truth.weights[row];
    covered.add(all ? 1.0 : 0.0, weight);
    size.add(count, weight);
  }
  evaluation.metrics.emplace_back("coverage", covered.value());
  evaluation.metrics.emplace_back("mean_set_size", size.value());
}

template <typename T>
void measure_classes(const OutputDecoder& decoder, MatrixView<const T> outputs, const Truth& truth,
                     const ModelData& model, Evaluation& evaluation) {
  std::vector<T> values(static_cast<std::size_t>(outputs.rows() * outputs.columns()));
  const MatrixView<T> probabilities(values.data(), outputs.rows(), outputs.columns());
  std::vector<int32_t> predicted;
  for (int64_t row = 0; row < outputs.rows(); ++row) {
    decoder.probabilities<T>(outputs.row(row), probabilities.row(row));
    predicted.push_back(decoder.predicted_class<T>(outputs.row(row), probabilities.row(row)));
  }
  ClassMetrics metrics = class_metrics<T>(probabilities, truth.labels, predicted, truth.weights);
  append({named(metrics)}, model.targets, evaluation);
  measure_sets<T>(decoder, outputs, probabilities, truth, evaluation);
  evaluation.classes = model.targets.classes;
  evaluation.confusion = std::move(metrics.confusion);
  evaluation.rows_of_unknown_class = std::count(truth.labels.begin(), truth.labels.end(), kUnknownClass);
}

/// Each label as two classes, absent and present.
template <typename T>
void measure_labels(const OutputDecoder& decoder, MatrixView<const T> outputs, const Truth& truth,
                    const ModelData& model, Evaluation& evaluation) {
  std::vector<T> all(static_cast<std::size_t>(outputs.rows() * outputs.columns()));
  const MatrixView<T> probabilities(all.data(), outputs.rows(), outputs.columns());
  for (int64_t row = 0; row < outputs.rows(); ++row) decoder.probabilities<T>(outputs.row(row), probabilities.row(row));
  std::vector<T> values(static_cast<std::size_t>(outputs.rows()) * 2);
  const MatrixView<T> pairs(values.data(), outputs.rows(), 2);
  std::vector<NamedValues> by_target;
  for (std::size_t k = 0; k < truth.numbers.size(); ++k) {
    std::vector<int32_t> labels;
    std::vector<int32_t> predicted;
    for (int64_t row = 0; row < outputs.rows(); ++row) {
      const T p = probabilities(row, static_cast<int64_t>(k));
      pairs(row, 1) = p;
      pairs(row, 0) = T{1} - p;
      predicted.push_back(decoder.predicted_label(p) ? 1 : 0);
      const double truth_value = truth.numbers[k][static_cast<std::size_t>(row)];
      labels.push_back(truth_value == 0.0 ? 0 : truth_value == 1.0 ? 1 : kUnknownClass);
    }
    by_target.push_back(named(class_metrics<T>(pairs, labels, predicted, truth.weights)));
  }
  append(by_target, model.targets, evaluation);
  measure_sets<T>(decoder, outputs, probabilities, truth, evaluation);
}

/// How often the target lies in its interval, and how wide that is.
template <typename T>
NamedValues measure_intervals(const OutputDecoder& decoder, MatrixView<const T> outputs, const Truth& truth,
                              int64_t k) {
  if (decoder.interval_count() == 0) return {};
  const std::vector<double>& actual = truth.numbers[static_cast<std::size_t>(k)];
  WeightedMean covered, width;
  for (int64_t i = 0; i < outputs.rows(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    const auto lower = static_cast<double>(decoder.interval_end<T>(outputs.row(i), 2 * k));
    const auto upper = static_cast<double>(decoder.interval_end<T>(outputs.row(i), 2 * k + 1));
    const double weight = truth.weights.empty() ? 1.0 : truth.weights[row];
    covered.add(lower <= actual[row] && actual[row] <= upper ? 1.0 : 0.0, weight);
    width.add(upper - lower, weight);
  }
  return {{"coverage", covered.value()}, {"mean_width", width.value()}};
}

/// How much of each target lies at or below each of its quantiles: `coverage:<tau>`, tau where a model is calibrated.
template <typename T>
void measure_coverage(const OutputDecoder& decoder, MatrixView<const T> outputs, const Truth& truth,
                      Evaluation& evaluation) {
  const std::vector<std::string> names = decoder.quantile_names();
  const auto each = decoder.quantile_count() / decoder.prediction_count();
  for (int64_t q = 0; q < decoder.quantile_count(); ++q) {
    const std::vector<double>& actual = truth.numbers[static_cast<std::size_t>(q / each)];
    WeightedMean below;
    for (int64_t row = 0; row < outputs.rows(); ++row) {
      const auto i = static_cast<std::size_t>(row);
      const bool covered = actual[i] <= static_cast<double>(decoder.quantile<T>(outputs.row(row), q));
      below.add(covered ? 1.0 : 0.0, truth.weights.empty() ? 1.0 : truth.weights[i]);
    }
    const std::string name = "coverage" + names[static_cast<std::size_t>(q)].substr(std::string("quantile").size());
    evaluation.metrics.emplace_back(name, below.value());
  }
}

template <typename T>
void measure_numbers(const OutputDecoder& decoder, MatrixView<const T> outputs, const Truth& truth,
                     const ModelData& model, Evaluation& evaluation) {
  std::vector<NamedValues> by_target;
  for (int64_t k = 0; k < decoder.prediction_count(); ++k) {
    std::vector<double> predicted;
    for (int64_t row = 0; row < outputs.rows(); ++row) {
      predicted.push_back(static_cast<double>(decoder.number<T>(outputs.row(row), k)));
    }
    by_target.push_back(named(number_metrics(predicted, truth.numbers[static_cast<std::size_t>(k)], truth.weights)));
    const NamedValues intervals = measure_intervals<T>(decoder, outputs, truth, k);
    by_target.back().insert(by_target.back().end(), intervals.begin(), intervals.end());
  }
  append(by_target, model.targets, evaluation);
  measure_coverage(decoder, outputs, truth, evaluation);
}

template <typename T>
Evaluation evaluate_network(const BasicNetwork<T>& network, const ModelData& model, const Table& table,
                            const PredictOptions& options, std::span<const uint32_t> rows) {
  const OutputDecoder decoder(model, options.threshold);
  const Truth truth = read_truth(model.targets, table, options, rows);
  const Outcome<T> outcome = run_network(network, model, table, truth, options);
  Evaluation evaluation;
  evaluation.rows = static_cast<int64_t>(truth.rows.size());
  evaluation.rows_without_target = (rows.empty() ? table.rows() : std::ssize(rows)) - evaluation.rows;
  evaluation.metrics.emplace_back("loss", outcome.loss.value());
  const MatrixView<const T> outputs(outcome.outputs.data(), evaluation.rows, outcome.width);
  switch (model.targets.task) {
    case Task::classification:
      measure_classes(decoder, outputs, truth, model, evaluation);
      break;
    case Task::multilabel:
      measure_labels(decoder, outputs, truth, model, evaluation);
      break;
    case Task::regression:
      measure_numbers(decoder, outputs, truth, model, evaluation);
      break;
  }
  return evaluation;
}

}  // namespace

std::optional<double> Evaluation::find(const std::string& name) const {
  for (const auto& [metric, value] : metrics) {
    if (metric == name) return value;
  }
  return std::nullopt;
}

Evaluation evaluate(const Model& model, const Table& table, const PredictOptions& options) {
  return evaluate_on(model, table, {}, options);
}

Evaluation evaluate_on(const Model& model, const Table& table, std::span<const uint32_t> rows,
                       const PredictOptions& options) {
  const FloatMode float_mode;
  const ModelData& data = model.data();
  if (const auto* network = std::get_if<BasicNetwork<float>>(&data.network)) {
    return evaluate_network(*network, data, table, options, rows);
  }
  return evaluate_network(std::get<BasicNetwork<double>>(data.network), data, table, options, rows);
}

}  // namespace gradus
