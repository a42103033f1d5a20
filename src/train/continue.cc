#include "train/continue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/error.h"
#include "gradus/model.h"

#include "base/quote.h"
#include "data/encode_cells.h"
#include "data/table_data.h"
#include "data/targets.h"
#include "optim/settings.h"

namespace gradus {
namespace {

std::string hidden_text(const std::vector<HiddenLayer>& layers) {
  if (layers.empty()) return "none";
  std::vector<std::string> parts;
  for (const HiddenLayer& layer : layers) parts.push_back(fmt::format("{} {}", layer.width, name(layer.activation)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// The affine ops before the last, each with the activation behind it.
std::vector<HiddenLayer> hidden_layers(const NetworkSpec& spec) {
  std::vector<HiddenLayer> layers;
  for (const Op& op : spec.ops) {
    if (const auto* affine = std::get_if<Affine>(&op)) layers.push_back({affine->outputs, Activation::identity, 0.0});
    const auto* activate = std::get_if<Activate>(&op);
    if (activate != nullptr && !layers.empty()) layers.back().activation = activate->activation;
  }
  layers.pop_back();
  return layers;
}

Error another(std::string_view flag, std::string_view found, std::string_view expected) {
  return {ErrorCode::usage,
          fmt::format("{}: found {}, expected {}, as the model of --init-model has", flag, found, expected)};
}

/// Takes `own` where nothing was given.
template <typename Value>
void take(std::string_view flag, std::optional<Value>& given, const Value& own) {
  if (given && *given != own) {
    if constexpr (std::is_enum_v<Value>) {
      throw another(flag, name(*given), name(own));
    } else {
      throw another(flag, fmt::format("{}", *given), fmt::format("{}", own));
    }
  }
  given = own;
}

void take_hidden(const NetworkSpec& spec, TrainOptions& options) {
  const std::vector<HiddenLayer> own = hidden_layers(spec);
  const std::string own_text = hidden_text(own);
  const Activation usual = own.empty() ? Activation::identity : own.front().activation;
  if (options.activation) {
    for (const HiddenLayer& layer : own)
      if (layer.activation != *options.activation && !options.hidden)
        throw another("--activation", name(*options.activation), own_text);
  }
  if (options.hidden) {
    const std::string found = hidden_text(parse_hidden(*options.hidden, options.activation.value_or(usual), 0.0));
    if (found != own_text) throw another("--hidden", found, own_text);
  }
  options.hidden = own_text;
}

void take_head(const Head& head, TrainOptions& options) {
  const bool by_label = options.loss == Loss::focal && head.loss == Loss::sigmoid_focal;
  if (by_label) options.loss = head.loss;
  take("--loss", options.loss, head.loss);
  if (!options.quantiles.empty() && options.quantiles != head.quantiles)
    throw another("--loss", fmt::format("quantile:{}", fmt::join(options.quantiles, ",")),
                  fmt::format("quantile:{}", fmt::join(head.quantiles, ",")));
  options.quantiles = head.quantiles;
  const bool focal = head.loss == Loss::focal || head.loss == Loss::sigmoid_focal;
  const bool cross_entropy = head.loss == Loss::softmax_cross_entropy || head.loss == Loss::sigmoid_cross_entropy;
  if (head.loss == Loss::huber) take("--huber-delta", options.huber_delta, head.huber_delta);
  if (focal) take("--focal-gamma", options.focal_gamma, head.focal_gamma);
  if (cross_entropy) take("--label-smoothing", options.label_smoothing, head.label_smoothing);
  if (has_output_activation(head.loss)) take("--output-activation", options.output_activation, head.activation);
}

void refuse_decided(const TrainOptions& options) {
  const auto decided = [](bool given, std::string_view flag, std::string_view what) {
    if (given)
      throw Error(ErrorCode::usage,
                  fmt::format("{}: found with --init-model, whose {} kept, expected none", flag, what));
  };
  decided(options.initializer.has_value(), "--init", "weights are");
  decided(options.init_scale.has_value(), "--init-scale", "weights are");
  decided(!options.target_scaling.empty(), "--target-scaling", "scaling is");
  decided(!options.monotone.empty(), "--monotone", "monotone columns are");
}

/// What the model's layers are made of besides widths and activations.
void take_layers(const NetworkSpec& spec, TrainOptions& options) {
  Normalization normalization = Normalization::none;
  bool residual = false;
  for (const Op& op : spec.ops) {
    if (std::holds_alternative<BatchNorm>(op)) normalization = Normalization::batch;
    if (std::holds_alternative<LayerNorm>(op)) normalization = Normalization::layer;
    residual = residual || std::holds_alternative<Residual>(op);
  }
  take("--normalization", options.normalization, normalization);
  if (options.residual && !residual) throw another("--residual", "it", "none");
  options.residual = residual;
}

/// The model's constraints in the words of an option, so that whatever can't keep them is refused.
std::string monotone_text(const Encoder& encoder) {
  std::string text;
  for (const ColumnEncoding& column : encoder.columns) {
    if (column.monotone == 0) continue;
    text += fmt::format("{}{}={}1", text.empty() ? "" : ",", column.name, column.monotone > 0 ? "+" : "-");
  }
  return text;
}

std::string list_of(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(in_quotes(name));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

void match_features(const Table& table, const ModelData& model, Preparation& p) {
  std::vector<std::string> absent, besides;
  std::vector<bool> known(static_cast<std::size_t>(table.columns()));
  for (const ColumnEncoding& column : model.encoder.columns) {
    if (const std::optional<int64_t> found = table.find(column.name)) {
      p.feature_columns.push_back(*found);
      known[static_cast<std::size_t>(*found)] = true;
    } else {
      absent.push_back(column.name);
    }
  }
  for (const int64_t target : p.target_columns) known[static_cast<std::size_t>(target)] = true;
  for (int64_t column = 0; column < table.columns(); ++column)
    if (!known[static_cast<std::size_t>(column)] && table.name(column) != p.targets.weights)
      besides.push_back(table.name(column));
  if (absent.empty() && besides.empty()) return;
  const std::string found = absent.empty()    ? list_of(besides) + " besides"
                            : besides.empty() ? "no " + list_of(absent)
                                              : "no " + list_of(absent) + ", but " + list_of(besides);
  throw Error(ErrorCode::bad_data, {.file = table.source()},
              fmt::format("found {}, expected the columns of --init-model{}", found,
                          besides.empty() ? "" : "; --ignore leaves others out"));
}

void warn_of_new_categories(const Table& table, const TrainOptions& options, const ModelData& model,
                            const Preparation& p) {
  if (!options.on_warning) return;
  for (std::size_t c = 0; c < model.encoder.columns.size(); ++c) {
    const auto* categories = std::get_if<CategoryEncoding>(&model.encoder.columns[c].encoding);
    if (categories == nullptr) continue;
    const auto& texts = table.data().columns[static_cast<std::size_t>(p.feature_columns[c])].dictionary;
    const auto unseen = std::count_if(texts.begin(), texts.end(),
                                      [&](const std::string& text) { return find_category(*categories, text) < 0; });
    if (unseen > 0)
      options.on_warning(fmt::format("column {}: {} that the model doesn't know, taken as `unknown`",
                                     in_quotes(model.encoder.columns[c].name),
                                     unseen == 1 ? "1 category" : fmt::format("{} categories", unseen)));
  }
}

/// A residual names an op by its place, so dropouts stay where they are and take another rate.
NetworkSpec with_rates(NetworkSpec network, double rate) {
  bool found = false;
  for (Op& op : network.ops) {
    if (auto* dropout = std::get_if<Dropout>(&op)) {
      dropout->rate = rate;
      found = true;
    }
  }
  if (rate > 0.0 && !found)
    throw Error(ErrorCode::usage,
                fmt::format("--dropout: found {}, expected 0, as the residual network of --init-model has none", rate));
  return network;
}

}  // namespace

TrainOptions completed_by_model(TrainOptions options) {
  if (!options.init_model) return options;
  const ModelData& model = options.init_model->data();
  if (spec(model).members > 1)
    throw Error(ErrorCode::usage, fmt::format("--init-model: found an ensemble of {} networks, expected one by itself",
                                              spec(model).members));
  refuse_decided(options);
  const bool wide = std::holds_alternative<BasicNetwork<double>>(model.network);
  if (options.precision == Precision::float64 && !wide) throw another("--precision", "float64", "float32");
  options.precision = wide ? Precision::float64 : Precision::float32;
  take("--task", options.task, model.targets.task);
  take_hidden(spec(model), options);
  take_layers(spec(model), options);
  options.monotone = monotone_text(model.encoder);
  take_head(spec(model).head, options);
  if (options.weights.empty()) options.weights = model.targets.weights;
  if (!options.dropout && options.solver && needs_all_rows(*options.solver)) options.dropout = 0.0;
  return options;
}

std::vector<int64_t> continued_targets(const Table& table, const TrainOptions& options, const ModelData& model) {
  std::vector<std::string> wanted;
  for (const TargetColumn& target : model.targets.columns) wanted.push_back(target.name);
  if (!options.target.empty()) {
    std::vector<std::string> found;
    for (const int64_t column : resolve_columns(table, options.target)) found.push_back(table.name(column));
    if (found != wanted) throw another("--target", list_of(found), list_of(wanted));
  }
  std::vector<int64_t> columns;
  for (const std::string& name : wanted) {
    const std::optional<int64_t> column = table.find(name);
    if (!column)
      throw Error(ErrorCode::bad_data, {.file = table.source()},
                  fmt::format("found no column {}, expected the target of --init-model", in_quotes(name)));
    columns.push_back(*column);
  }
  return columns;
}

void adopt_model(const Table& table, const TrainOptions& options, const ModelData& model, Preparation& p) {
  p.task = model.targets.task;
  p.task_reason = "as in the model that training starts from";
  const std::string weights = p.targets.weights;
  p.encoder = model.encoder;
  for (ColumnEncoding& column : p.encoder.columns) column.monotone = 0;  // the options say so again
  p.targets = model.targets;
  p.targets.weights = weights;
  p.targets.mean_weight = 1.0;
  match_features(table, model, p);
  TableEncoder(p.encoder, table, p.feature_columns);  // says where a column is of another kind
  warn_of_new_categories(table, options, model, p);
}

void check_classes_known(const Table& table, const Preparation& p) {
  const std::vector<int32_t> labels = class_indices(table, p.target_columns.front(), p.targets, p.rows);
  const auto unknown = std::find(labels.begin(), labels.end(), -1);
  if (unknown == labels.end()) return;
  const uint32_t row = p.rows[static_cast<std::size_t>(unknown - labels.begin())];
  const int64_t column = p.target_columns.front();
  const std::string label = table.kind(column) == ColumnKind::text ? std::string(table.text(row, column))
                                                                   : number_text(table.number(row, column));
  throw Error(ErrorCode::bad_data, {.file = table.source()},
              fmt::format("target {}: found the class {} in row {}, expected one of the {} classes of --init-model, "
                          "whose network has an output for each of them and none for others",
                          in_quotes(table.name(column)), in_quotes(label), row + 1, p.targets.classes.size()));
}

NetworkSpec continued_network(const ModelData& model, const TrainOptions& options) {
  NetworkSpec network = spec(model);
  network.head.temperatures.clear();
  if (!options.dropout) return network;
  if (options.residual) return with_rates(std::move(network), *options.dropout);
  const bool blended = std::ranges::any_of(network.ops, [](const Op& op) { return std::holds_alternative<Blend>(op); });
  std::vector<Op> ops;
  for (const Op& op : network.ops) {
    if (std::holds_alternative<Dropout>(op)) continue;
    ops.push_back(op);
    const bool ends_layer = std::holds_alternative<Activate>(op) ? !blended : std::holds_alternative<Blend>(op);
    if (*options.dropout > 0.0 && ends_layer) ops.push_back(Dropout{*options.dropout});
  }
  network.ops = std::move(ops);
  return network;
}

template <typename T>
BasicNetwork<T> continued_weights(const ModelData& model, const NetworkSpec& spec) {
  const auto* from = std::get_if<BasicNetwork<T>>(&model.network);
  if (from == nullptr) throw Error(ErrorCode::internal, "--init-model: found another precision than its own");
  BasicNetwork<T> network(spec);
  std::copy(from->parameters().begin(), from->parameters().end(), network.parameters().begin());
  return network;
}
template BasicNetwork<float> continued_weights(const ModelData&, const NetworkSpec&);
template BasicNetwork<double> continued_weights(const ModelData&, const NetworkSpec&);

}  // namespace gradus
