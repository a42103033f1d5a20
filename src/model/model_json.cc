#include "model/model_json.h"

#include <fmt/format.h>

#include <array>
#include <tuple>
#include <utility>

#include "gradus/error.h"
#include "gradus/info.h"

#include "base/quote.h"
#include "model/calibration_json.h"
#include "nn/head.h"

namespace gradus {
namespace {

/// {"pass": n}, {"periodic": [hidden, outputs]} or {"category": [levels, outputs]} for each run of inputs.
Json embed_json(const Embed& embed) {
  using Kind = ColumnEmbedding::Kind;
  Json columns = Json::array();
  for (const ColumnEmbedding& column : embed.columns) {
    if (column.kind == Kind::pass) {
      columns.push_back({{"pass", column.inputs}});
    } else if (column.kind == Kind::periodic) {
      columns.push_back({{"periodic", {column.hidden, column.outputs}}});
    } else {
      columns.push_back({{"category", {column.levels, column.outputs}}});
    }
  }
  return {{"op", "embed"}, {"columns", std::move(columns)}};
}

Json op_json(const Op& op) {
  if (const auto* affine = std::get_if<Affine>(&op)) return {{"op", "affine"}, {"outputs", affine->outputs}};
  if (const auto* activate = std::get_if<Activate>(&op)) {
    return {{"op", "activation"}, {"activation", name(activate->activation)}};
  }
  if (const auto* norm = std::get_if<BatchNorm>(&op)) return {{"op", "batch_norm"}, {"epsilon", norm->epsilon}};
  if (const auto* norm = std::get_if<LayerNorm>(&op)) return {{"op", "layer_norm"}, {"epsilon", norm->epsilon}};
  if (const auto* residual = std::get_if<Residual>(&op)) return {{"op", "residual"}, {"from", residual->from}};
  if (const auto* embed = std::get_if<Embed>(&op)) return embed_json(*embed);
  if (std::holds_alternative<Scale>(op)) return {{"op", "scale"}};
  if (std::holds_alternative<Blend>(op)) return {{"op", "blend"}};
  return {{"op", "dropout"}, {"rate", std::get<Dropout>(op).rate}};
}

/// A parameter is there where its loss has it; smoothing of 0 is none.
Json head_json(const Head& head) {
  Json json = {{"loss", name(head.loss)}, {"activation", name(head.activation)}};
  if (head.loss == Loss::quantile) json["quantiles"] = head.quantiles;
  if (head.loss == Loss::huber) json["huber_delta"] = head.huber_delta;
  if (head.loss == Loss::focal || head.loss == Loss::sigmoid_focal) json["focal_gamma"] = head.focal_gamma;
  if (head.label_smoothing > 0.0) json["label_smoothing"] = head.label_smoothing;
  if (!head.temperatures.empty()) json["temperatures"] = head.temperatures;
  return json;
}

Json network_json(const ModelData& model) {
  const NetworkSpec& network = spec(model);
  const bool single = std::holds_alternative<BasicNetwork<float>>(model.network);
  Json ops = Json::array();
  for (const Op& op : network.ops) ops.push_back(op_json(op));
  Json json = {{"precision", name(single ? Precision::float32 : Precision::float64)},
               {"inputs", network.inputs},
               {"ops", std::move(ops)},
               {"head", head_json(network.head)}};
  if (network.members > 1) json["members"] = network.members;
  return json;
}

Json column_json(const ColumnEncoding& column) {
  const auto* numeric = std::get_if<NumericEncoding>(&column.encoding);
  Json json = {{"name", column.name},
               {"kind", numeric != nullptr ? "numeric" : "text"},
               {"first", column.first},
               {"width", column.width},
               {"missing", column.training_missing}};
  if (numeric != nullptr) {
    json["indicator"] = numeric->indicator;
    json["mean"] = json_number(numeric->mean);
    json["scale"] = json_number(numeric->scale);
    json["fill"] = json_number(numeric->fill);
    json["minimum"] = json_number(numeric->minimum);
    json["maximum"] = json_number(numeric->maximum);
    json["wide"] = numeric->wide;
    if (numeric->smooth_clip) json["smooth_clip"] = true;
    if (column.monotone != 0) json["monotone"] = column.monotone;
  } else {
    const auto& category = std::get<CategoryEncoding>(column.encoding);
    json["indicator"] = category.indicator;
    json["categories"] = category.categories;
    if (category.form != CategoryEncoding::Form::one_hot)
      json["form"] = category.form == CategoryEncoding::Form::index ? "index" : "sign";
  }
  return json;
}

Json targets_json(const TargetEncoder& targets) {
  Json columns = Json::array();
  for (const TargetColumn& column : targets.columns) {
    columns.push_back({{"name", column.name},
                       {"mean", json_number(column.mean)},
                       {"scale", json_number(column.scale)},
                       {"minimum", json_number(column.minimum)},
                       {"maximum", json_number(column.maximum)}});
  }
  return columns;
}

/// A million epochs of a small table would make a header that no reader takes: then every 2nd, 4th, ... epoch is kept,
/// with the first, the last and the best.
bool keeps_record(const ModelData& model, std::size_t index) {
  std::size_t stride = 1;
  while (model.history.size() / stride > kMostHistory) stride *= 2;
  return (index + 1) % stride == 0 || index == 0 || index + 1 == model.history.size() ||
         model.history[index].epoch == model.best_epoch;
}

Json training_json(const ModelData& model) {
  Json options = Json::object();
  for (const auto& [option, value] : model.options) options[option] = value;
  Json history = Json::array();
  for (std::size_t i = 0; i < model.history.size(); ++i) {
    const EpochRecord& record = model.history[i];
    if (!keeps_record(model, i)) continue;
    history.push_back({{"epoch", record.epoch},
                       {"step", record.step},
                       {"train_loss", json_number(record.train_loss)},
                       {"validation_loss", json_number(record.validation_loss)},
                       {"validation_metric", json_number(record.validation_metric)},
                       {"learning_rate", json_number(record.learning_rate)},
                       {"best", record.best}});
  }
  return {{"options", std::move(options)},    {"seed", model.seed},
          {"l2", json_number(model.l2)},      {"learning_rate", json_number(model.learning_rate)},
          {"rows", model.training_rows},      {"validation_rows", model.validation_rows},
          {"fingerprint", model.fingerprint}, {"stop_reason", name(model.stop_reason)},
          {"best_epoch", model.best_epoch},   {"history", std::move(history)}};
}

/// What only a model of weighted rows has, and L1.
void add_weights(const ModelData& model, Json& json) {
  if (!model.targets.weights.empty()) json["weights"] = model.targets.weights;
  if (!model.targets.class_weights.empty()) json["class_weights"] = model.targets.class_weights;
  if (!model.targets.weights.empty()) json["training"]["weight"] = json_number(model.training_weight);
  if (model.l1 > 0.0) json["training"]["l1"] = json_number(model.l1);
}

/// The value called so, as `parse` in names.h, but a name from a file is data and not usage.
template <typename Enum>
Enum enum_from(const JsonField& field) {
  const std::vector<std::string>& known = names<Enum>();
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (field.text() == known[i]) return static_cast<Enum>(i);
  }
  field.fail(fmt::format("one of {}", fmt::join(known, ", ")));
}

StopReason stop_reason_from(const JsonField& field) {
  constexpr std::array kAll = {StopReason::completed, StopReason::early_stopping, StopReason::interrupted,
                               StopReason::diverged};
  for (const StopReason reason : kAll) {
    if (field.text() == name(reason)) return reason;
  }
  field.fail("completed, early_stopping, interrupted or diverged");
}

Embed embed_from(const JsonField& field) {
  using Kind = ColumnEmbedding::Kind;
  constexpr int64_t kMost = int64_t{1} << 24;
  Embed embed;
  for (const JsonField& item : field.at("columns").items()) {
    const auto pair = [&](const JsonField& sizes) {
      std::vector<JsonField> numbers;
      for (const JsonField& number : sizes.items()) numbers.push_back(number);
      if (numbers.size() != 2) sizes.fail("two sizes");
      return std::pair(numbers[0].integer(1, kMost), numbers[1].integer(1, kMost));
    };
    ColumnEmbedding column;
    if (const auto pass = item.find("pass")) {
      column.inputs = column.outputs = pass->integer(1, INT64_MAX);
    } else if (const auto periodic = item.find("periodic")) {
      column.kind = Kind::periodic;
      std::tie(column.hidden, column.outputs) = pair(*periodic);
    } else {
      column.kind = Kind::category;
      std::tie(column.levels, column.outputs) = pair(item.at("category"));
    }
    embed.columns.push_back(column);
  }
  return embed;
}

Op op_from(const JsonField& field) {
  const JsonField kind = field.at("op");
  if (kind.text() == "affine") return Affine{field.at("outputs").integer(1, INT64_MAX)};
  if (kind.text() == "activation") return Activate{enum_from<Activation>(field.at("activation"))};
  if (kind.text() == "dropout") return Dropout{field.at("rate").finite()};
  if (kind.text() == "batch_norm") return BatchNorm{field.at("epsilon").finite()};
  if (kind.text() == "layer_norm") return LayerNorm{field.at("epsilon").finite()};
  if (kind.text() == "residual") return Residual{field.at("from").integer(0, INT64_MAX)};
  if (kind.text() == "embed") return embed_from(field);
  if (kind.text() == "scale") return Scale{};
  if (kind.text() == "blend") return Blend{};
  kind.fail("affine, activation, dropout, batch_norm, layer_norm, residual, embed, scale or blend");
}

std::vector<double> quantiles_from(const JsonField& field) {
  std::vector<double> quantiles;
  for (const JsonField item : field.items()) {
    const double tau = item.finite();
    if (tau <= 0.0 || tau >= 1.0) item.fail("a number between 0 and 1");
    if (!quantiles.empty() && tau <= quantiles.back()) item.fail(fmt::format("more than {}", quantiles.back()));
    quantiles.push_back(tau);
  }
  if (quantiles.empty()) field.fail("at least one quantile");
  return quantiles;
}

Head head_from(const JsonField& field) {
  Head head;
  head.loss = enum_from<Loss>(field.at("loss"));
  head.activation = enum_from<Activation>(field.at("activation"));
  if (head.loss == Loss::quantile) head.quantiles = quantiles_from(field.at("quantiles"));
  if (head.loss == Loss::huber) {
    head.huber_delta = field.at("huber_delta").finite();
    if (head.huber_delta <= 0.0) field.at("huber_delta").fail("a number above 0");
  }
  if (head.loss == Loss::focal || head.loss == Loss::sigmoid_focal) {
    head.focal_gamma = field.at("focal_gamma").finite();
    if (head.focal_gamma < 0.0 || head.focal_gamma > kMostFocalGamma)
      field.at("focal_gamma").fail(fmt::format("a number from 0 to {}", kMostFocalGamma));
  }
  if (const auto smoothing = field.find("label_smoothing")) {
    head.label_smoothing = smoothing->finite();
    if (head.label_smoothing < 0.0 || head.label_smoothing >= 1.0) smoothing->fail("a number from 0 to less than 1");
  }
  head.temperatures = temperatures_from(field);
  return head;
}

void check_scale(const JsonField& field, double scale, bool zero_allowed) {
  if (scale > 0.0 || (zero_allowed && scale == 0.0)) return;
  field.fail(zero_allowed ? "1 / deviation, or 0 for a constant column" : "a number above 0");
}

NumericEncoding numeric_from(const JsonField& field) {
  NumericEncoding numeric;
  numeric.mean = field.at("mean").finite();
  numeric.scale = field.at("scale").finite();
  check_scale(field.at("scale"), numeric.scale, true);
  numeric.fill = field.at("fill").finite();
  numeric.minimum = field.at("minimum").number();
  numeric.maximum = field.at("maximum").number();
  numeric.indicator = field.at("indicator").boolean();
  numeric.wide = field.at("wide").boolean();
  if (const auto clip = field.find("smooth_clip")) numeric.smooth_clip = clip->boolean();
  return numeric;
}

// Ascending order is what lookups rely on; it also makes each one distinct.
CategoryEncoding category_from(const JsonField& field) {
  CategoryEncoding category;
  category.categories = field.at("categories").texts();
  for (std::size_t i = 1; i < category.categories.size(); ++i) {
    if (category.categories[i - 1] >= category.categories[i]) {
      field.at("categories")
          .fail(in_quotes(category.categories[i]) + " after " + in_quotes(category.categories[i - 1]),
                "distinct categories sorted by bytes");
    }
  }
  category.indicator = field.at("indicator").boolean();
  if (const auto form = field.find("form")) {
    const bool sign = form->text() == "sign" && category.categories.size() == 2;
    if (!sign && form->text() != "index") form->fail("index, or sign for two categories");
    category.form = sign ? CategoryEncoding::Form::sign : CategoryEncoding::Form::index;
  }
  return category;
}

ColumnEncoding column_from(const JsonField& field, int64_t first) {
  ColumnEncoding column;
  column.name = field.at("name").text();
  column.training_missing = field.at("missing").integer(0, INT64_MAX);
  const JsonField kind = field.at("kind");
  if (kind.text() == "numeric") {
    const NumericEncoding numeric = numeric_from(field);
    column.width = 1 + (numeric.indicator ? 1 : 0);
    if (const auto monotone = field.find("monotone")) {
      column.monotone = static_cast<int>(monotone->integer(-1, 1));
      if (column.monotone == 0) monotone->fail("1 or -1");
    }
    column.encoding = numeric;
  } else if (kind.text() == "text") {
    CategoryEncoding category = category_from(field);
    column.width = encoded_width(category);
    column.encoding = std::move(category);
  } else {
    kind.fail("numeric or text");
  }
  column.first = field.at("first").integer(first, first);
  field.at("width").integer(column.width, column.width);
  return column;
}

Encoder encoder_from(const JsonField& columns, int64_t inputs) {
  Encoder encoder;
  encoder.columns.reserve(columns.items().size());
  for (const JsonField field : columns.items()) {
    encoder.columns.push_back(column_from(field, encoder.width));
    encoder.width += encoder.columns.back().width;
  }
  if (encoder.width != inputs) {
    columns.fail(fmt::format("{} features", encoder.width), fmt::format("the network's {} inputs", inputs));
  }
  return encoder;
}

std::vector<TargetColumn> target_columns_from(const JsonField& targets) {
  std::vector<TargetColumn> columns;
  for (const JsonField field : targets.items()) {
    TargetColumn column;
    column.name = field.at("name").text();
    column.mean = field.at("mean").finite();
    column.scale = field.at("scale").finite();
    check_scale(field.at("scale"), column.scale, false);
    column.minimum = field.at("minimum").number();
    column.maximum = field.at("maximum").number();
    columns.push_back(column);
  }
  return columns;
}

void check_classes(const JsonField& field, const TargetEncoder& targets) {
  for (std::size_t i = 1; i < targets.classes.size(); ++i) {
    const std::string& before = targets.classes[i - 1];
    const std::string& after = targets.classes[i];
    const bool ascending = targets.numeric_classes || before < after;
    if (!ascending || before == after) {
      field.fail(in_quotes(after) + " after " + in_quotes(before), "distinct classes in ascending order");
    }
  }
}

std::vector<double> class_weights_from(const JsonField& field, const TargetEncoder& targets) {
  std::vector<double> weights;
  for (const JsonField item : field.items()) {
    weights.push_back(item.finite());
    if (weights.back() <= 0.0) item.fail("a number above 0");
  }
  if (targets.task != Task::classification || weights.size() != targets.classes.size())
    field.fail("one for each class");
  return weights;
}

TargetEncoder targets_from(const JsonField& root, const NetworkSpec& network) {
  TargetEncoder targets;
  targets.task = enum_from<Task>(root.at("task"));
  targets.columns = target_columns_from(root.at("targets"));
  targets.classes = root.at("classes").texts();
  targets.numeric_classes = root.at("numeric_classes").boolean();
  check_classes(root.at("classes"), targets);
  if (const auto weights = root.find("weights")) targets.weights = weights->text();
  if (const auto weights = root.find("class_weights")) targets.class_weights = class_weights_from(*weights, targets);
  const bool classification = targets.task == Task::classification;
  if (classification ? targets.columns.size() != 1 : targets.columns.empty()) {
    root.at("targets").fail(classification ? "one target" : "at least one target");
  }
  const int64_t outputs = std::get<Affine>(network.ops.back()).outputs;
  const int64_t each = outputs_per_target(network.head);
  const int64_t wanted = classification ? std::ssize(targets.classes) : std::ssize(targets.columns) * each;
  if (wanted != outputs) {
    root.at(classification ? "classes" : "targets")
        .fail(fmt::format("one for each {}of the network's {} outputs", each > 1 ? fmt::format("{} ", each) : "",
                          outputs));
  }
  if (targets.task != Task::regression && network.head.loss == Loss::quantile)
    root.at("task").fail("regression, as quantile implies");
  if (!classification && has_softmax(network.head.loss))
    root.at("task").fail(fmt::format("classification, as {} implies", name(network.head.loss)));
  return targets;
}

EpochRecord record_from(const JsonField& field) {
  EpochRecord record;
  record.epoch = field.at("epoch").integer(0, INT64_MAX);
  record.step = field.at("step").integer(0, INT64_MAX);
  record.train_loss = field.at("train_loss").number();
  record.validation_loss = field.at("validation_loss").number();
  record.validation_metric = field.at("validation_metric").number();
  record.learning_rate = field.at("learning_rate").number();
  record.best = field.at("best").boolean();
  return record;
}

void training_from(const JsonField& training, ModelData& model) {
  for (const auto& [option, value] : training.at("options").members()) model.options.emplace_back(option, value.text());
  model.seed = training.at("seed").natural();
  model.l2 = training.at("l2").finite();
  if (const auto l1 = training.find("l1")) model.l1 = l1->finite();
  model.learning_rate = training.at("learning_rate").finite();
  model.training_rows = training.at("rows").integer(0, INT64_MAX);
  model.training_weight = static_cast<double>(model.training_rows);
  if (const auto weight = training.find("weight")) {
    model.training_weight = weight->finite();
    if (model.training_weight <= 0.0) weight->fail("a number above 0");
  }
  model.validation_rows = training.at("validation_rows").integer(0, INT64_MAX);
  model.fingerprint = training.at("fingerprint").text();
  model.stop_reason = stop_reason_from(training.at("stop_reason"));
  model.best_epoch = training.at("best_epoch").integer(0, INT64_MAX);
  for (const JsonField field : training.at("history").items()) model.history.push_back(record_from(field));
}

}  // namespace

std::string model_json(const ModelData& model) {
  Json columns = Json::array();
  for (const ColumnEncoding& column : model.encoder.columns) columns.push_back(column_json(column));
  Json json = {{"format", {{"major", kFormatMajor}, {"minor", kFormatMinor}}},
               {"program", "gradus " + version()},
               {"task", name(model.targets.task)},
               {"targets", targets_json(model.targets)},
               {"classes", model.targets.classes},
               {"numeric_classes", model.targets.numeric_classes},
               {"columns", std::move(columns)},
               {"network", network_json(model)},
               {"training", training_json(model)}};
  add_weights(model, json);
  add_calibration(model.calibration, json);
  try {
    return json.dump();
  } catch (const Json::type_error&) {
    throw Error(ErrorCode::bad_data, "found a column, category or class that is not UTF-8, expected UTF-8");
  }
}

void check_format(const JsonField& root) {
  const JsonField format = root.at("format");
  const int64_t major = format.at("major").integer(0, INT64_MAX);
  const int64_t minor = format.at("minor").integer(0, INT64_MAX);
  if (major != kFormatMajor) {
    format.fail(fmt::format("model format {}.{}, written by {}", major, minor, in_quotes(root.at("program").text())),
                fmt::format("{}.x, which this gradus {} reads", kFormatMajor, version()));
  }
}

NetworkDescription network_from_json(const JsonField& root) {
  const JsonField field = root.at("network");
  NetworkDescription network;
  network.precision = enum_from<Precision>(field.at("precision"));
  network.spec.inputs = field.at("inputs").integer(1, INT64_MAX);
  const JsonItems ops = field.at("ops").items();
  if (ops.size() > kMostOps) field.at("ops").fail(fmt::format("at most {} ops", kMostOps));
  for (const JsonField op : ops) network.spec.ops.push_back(op_from(op));
  network.spec.head = head_from(field.at("head"));
  if (const auto members = field.find("members")) network.spec.members = members->integer(1, 4096);
  try {
    parameter_count(network.spec);
  } catch (const Error& error) {
    field.fail(error.message(), "a network that can be built");
  }
  return network;
}

ModelData model_from_json(const JsonField& root, const NetworkSpec& network) {
  ModelData model;
  model.encoder = encoder_from(root.at("columns"), network.inputs);
  model.targets = targets_from(root, network);
  training_from(root.at("training"), model);
  model.calibration = calibration_from(root, model.targets);
  return model;
}

}  // namespace gradus
