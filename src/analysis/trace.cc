#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "gradus/analysis.h"
#include "gradus/error.h"

#include "analysis/float64_network.h"
#include "base/float_mode.h"
#include "base/quote.h"
#include "data/dataset.h"
#include "data/targets.h"
#include "kernels/activations.h"
#include "model/output_decoder.h"
#include "nn/fold.h"
#include "nn/l1.h"
#include "nn/l2.h"
#include "nn/loss.h"
#include "nn/pass.h"
#include "train/metrics.h"

namespace gradus {
namespace {

std::vector<double> to_vector(std::span<const double> values) {
  return {values.begin(), values.end()};
}

/// The row's features and targets as the network sees them: the table cut down to that row, encoded.
Dataset<double> encode_row(const Model& model, const Table& table, uint32_t row) {
  const ModelData& data = model.data();
  const auto find = [&](const std::string& name) {
    const std::optional<int64_t> column = table.find(name);
    if (!column)
      throw Error(ErrorCode::bad_data, {.file = table.source()},
                  fmt::format("found no column \"{}\", expected every column of the model, its target included", name));
    return *column;
  };
  std::vector<int64_t> features, targets;
  for (const ColumnEncoding& column : data.encoder.columns) features.push_back(find(column.name));
  for (const TargetColumn& column : data.targets.columns) targets.push_back(find(column.name));
  const uint32_t rows[] = {row};
  for (const int64_t column : targets)
    if (table.missing(row, column))
      throw Error(ErrorCode::bad_data, {.file = table.source()},
                  fmt::format("row {}: found no value in the target {}, expected one to learn from", row + 1,
                              in_quotes(table.name(column))));
  const bool label_index = has_softmax(spec(data).head.loss);
  TargetEncoder unweighted = data.targets;  // one row, whatever it counts among others
  unweighted.weights.clear();
  unweighted.class_weights.clear();
  return encode_dataset<double>(table, data.encoder, unweighted, features, targets, rows, label_index);
}

class Tracer {
 public:
  Tracer(const Model& model, const Dataset<double>& row)
      : network_(fold_batch_norms(float64_network(model.data()))),
        plan_(compile(network_.spec())),
        x_(row.features()),
        y_(row.targets()),
        workspace_(plan_, 1, true),
        gradients_(plan_.parameters) {
    const std::span<const double> parameters = std::as_const(network_).parameters();
    const DeltaObserver<double> record = [this](int64_t index, MatrixView<const double> delta) {
      deltas_[index] = to_vector(delta.row(0));
    };
    forward<double>(plan_, parameters, x_, nullptr, workspace_, pool_);
    backward<double>(plan_, parameters, x_, y_, 1.0, false, workspace_, gradients_.span(), pool_, &record);
    loss_ = workspace_.losses(1)[0];
    head_outputs<double>(plan_.head, workspace_.value(last_op(), 1), workspace_.outputs(1));
    const double m = std::max(1e-300, model.data().training_weight);
    add_l2_gradient<double>(plan_, parameters, model.data().l2 / m, 1, gradients_.span());
    add_l1_gradient<double>(plan_, parameters, model.data().l1 / m, 1, gradients_.span());
  }

  double loss() const { return loss_; }
  std::vector<double> outputs() { return to_vector(workspace_.outputs(1).row(0)); }

  std::vector<TraceLayer> layers() {
    std::vector<TraceLayer> layers;
    for (int64_t index = 0; index <= last_op(); ++index)
      if (op(index).affine >= 0) layers.push_back(layer(index));
    return layers;
  }

 private:
  int64_t last_op() const { return static_cast<int64_t>(plan_.ops.size()) - 1; }
  const PlannedOp& op(int64_t index) const { return plan_.ops[static_cast<std::size_t>(index)]; }

  TraceLayer layer(int64_t index) {
    const AffineLayout& layout = plan_.affines[static_cast<std::size_t>(op(index).affine)];
    TraceLayer layer;
    layer.a_in = to_vector(index == 0 ? x_.row(0) : std::span<const double>(workspace_.value(index - 1, 1).row(0)));
    layer.theta = theta(affine_view<const double>(layout, std::as_const(network_).parameters()));
    layer.gradient = theta(affine_view<const double>(layout, std::as_const(gradients_).span()));
    layer.z = to_vector(workspace_.value(index, 1).row(0));
    layer.delta = deltas_.at(index);
    if (index == last_op()) {
      add_output(layer);
    } else {
      add_hidden(layer, index + 1);
    }
    return layer;
  }

  /// [0] the bias row, [j] the weights of unit j.
  static std::vector<std::vector<double>> theta(AffineView<const double> view) {
    std::vector<std::vector<double>> rows = {to_vector(view.bias)};
    for (int64_t j = 0; j < view.weight.rows(); ++j) rows.push_back(to_vector(view.weight.row(j)));
    return rows;
  }

  void add_hidden(TraceLayer& layer, int64_t activation_index) {
    const auto* activate = std::get_if<Activate>(&op(activation_index).op);
    const Activation g = activate ? activate->activation : Activation::identity;
    layer.activation = std::string(name(g));
    layer.a = activate ? to_vector(workspace_.value(activation_index, 1).row(0)) : layer.z;
    layer.error = activate ? deltas_.at(activation_index) : layer.delta;
    add_slopes(layer, g);
  }

  void add_output(TraceLayer& layer) {
    const Head& head = plan_.head;
    layer.a =
        head.loss == Loss::hinge ? layer.z : outputs();  // the hinge sees the logits; sigmoids are for predictions
    if (has_softmax(head.loss)) {
      layer.activation = "softmax";  // dJ/da and da/dz are not unit by unit: delta straight from the logits
      return;
    }
    if (head.loss == Loss::quantile) {
      layer.activation = "quantile";  // as are these: every quantile above a step moves with it
      return;
    }
    if (head.loss == Loss::poisson) {
      layer.activation = "exp";
      layer.slope = layer.a;
    } else {
      const bool sigmoid = has_sigmoids(head.loss) && head.loss != Loss::hinge;
      const Activation g = sigmoid ? Activation::sigmoid : head.activation;
      layer.activation = std::string(name(g));
      add_slopes(layer, g);
    }
    layer.error = has_output_activation(head.loss) ? error_by_outputs(layer.a) : quotients(layer.delta, layer.slope);
  }

  /// dJ/da of a loss of numbers: its delta where g is the identity.
  std::vector<double> error_by_outputs(const std::vector<double>& a) {
    Head head = plan_.head;
    head.activation = Activation::identity;
    const auto outputs = static_cast<int64_t>(a.size());
    std::vector<double> scratch(a.size()), error(a.size()), loss(1);
    loss_and_delta<double>(head, {a.data(), 1, outputs}, y_, 1.0, {scratch.data(), 1, outputs},
                           {error.data(), 1, outputs}, loss);
    return error;
  }

  static std::vector<double> quotients(const std::vector<double>& delta, const std::vector<double>& slope) {
    std::vector<double> error(delta.size());
    for (std::size_t i = 0; i < delta.size(); ++i) error[i] = delta[i] / slope[i];
    return error;
  }

  static void add_slopes(TraceLayer& layer, Activation g) {
    for (std::size_t i = 0; i < layer.z.size(); ++i)
      layer.slope.push_back(kernels::slope<double>(g, layer.z[i], layer.a[i]));
  }

  BasicNetwork<double> network_;
  Plan plan_;
  MatrixView<const double> x_;
  MatrixView<const double> y_;
  Workspace<double> workspace_;
  AlignedBuffer<double> gradients_;
  ThreadPool pool_;
  std::map<int64_t, std::vector<double>> deltas_;
  double loss_ = 0.0;
};

std::vector<std::string> output_names(const TargetEncoder& targets) {
  if (targets.task == Task::classification) return targets.classes;
  std::vector<std::string> names;
  for (const TargetColumn& column : targets.columns) names.push_back(column.name);
  return names;
}

std::string cell_text(const Table& table, int64_t row, int64_t column) {
  return table.kind(column) == ColumnKind::text ? std::string(table.text(row, column))
                                                : number_text(table.number(row, column));
}

std::string joined_cells(const Table& table, int64_t row, const std::vector<TargetColumn>& columns) {
  std::string text;
  for (const TargetColumn& column : columns)
    text += (text.empty() ? "" : ", ") + cell_text(table, row, *table.find(column.name));
  return text;
}

std::string prediction_text(const ModelData& data, const std::vector<double>& outputs) {
  if (data.targets.task == Task::classification)
    return data.targets.classes[static_cast<std::size_t>(largest_index<double>(outputs))];
  const OutputDecoder decoder(data, {});
  std::string text;
  for (int64_t k = 0; k < decoder.prediction_count(); ++k) {
    const double value = data.targets.task == Task::regression
                             ? decoder.number<double>(outputs, k)
                             : static_cast<double>(outputs[static_cast<std::size_t>(k)] >= 0.5);
    text += (k == 0 ? "" : ", ") + number_text(value);
  }
  return text;
}

/// The target as the output units are asked for it: one-hot for classes.
std::vector<double> target_values(const ModelData& data, MatrixView<const double> y) {
  if (!has_softmax(spec(data).head.loss)) return to_vector(y.row(0));
  std::vector<double> one_hot(data.targets.classes.size(), 0.0);
  one_hot[static_cast<std::size_t>(y(0, 0))] = 1.0;
  return one_hot;
}

}  // namespace

Trace trace(const Model& model, const Table& table, int64_t row) {
  const FloatMode float_mode;
  if (row < 1 || row > table.rows())
    throw Error(ErrorCode::usage, fmt::format("--row: found {}, expected 1 to {}", row, table.rows()));
  const ModelData& data = model.data();
  if (spec(data).members > 1)
    throw Error(ErrorCode::usage,
                fmt::format("trace: found a model of {} networks, expected one by itself", spec(data).members));
  for (const Op& op : spec(data).ops)
    if (std::holds_alternative<LayerNorm>(op) || std::holds_alternative<Residual>(op) ||
        std::holds_alternative<Blend>(op))
      throw Error(
          ErrorCode::usage,
          "trace: found a model with layer norms, residuals or parametric activations, expected one whose units "
          "are joined by weights alone");
  const Dataset<double> encoded = encode_row(model, table, static_cast<uint32_t>(row - 1));
  Tracer tracer(model, encoded);
  Trace trace;
  trace.row = row;
  trace.feature_names = feature_names(data.encoder);
  trace.features = to_vector(encoded.features().row(0));
  trace.output_names = output_names(data.targets);
  trace.target = target_values(data, encoded.targets());
  trace.target_text = joined_cells(table, row - 1, data.targets.columns);
  trace.loss_name = std::string(name(spec(data).head.loss));
  trace.loss = tracer.loss();
  trace.l1 = data.l1;
  trace.l2 = data.l2;
  trace.training_rows = data.training_weight;
  trace.learning_rate = data.learning_rate;
  trace.layers = tracer.layers();
  trace.prediction_text = prediction_text(data, tracer.outputs());
  return trace;
}

}  // namespace gradus
