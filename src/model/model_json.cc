#include "model/model_json.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "gradus/error.h"
#include "gradus/info.h"

#include "base/quote.h"
#include "model/calibration_json.h"
#include "model/network_json.h"
#include "nn/head.h"

namespace gradus {
namespace {

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

StopReason stop_reason_from(const JsonField& field) {
  constexpr std::array kAll = {StopReason::completed, StopReason::early_stopping, StopReason::interrupted,
                               StopReason::diverged};
  for (const StopReason reason : kAll) {
    if (field.text() == name(reason)) return reason;
  }
  field.fail("completed, early_stopping, interrupted or diverged");
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
  const bool single = std::holds_alternative<BasicNetwork<float>>(model.network);
  Json columns = Json::array();
  for (const ColumnEncoding& column : model.encoder.columns) columns.push_back(column_json(column));
  Json json = {{"format", {{"major", kFormatMajor}, {"minor", kFormatMinor}}},
               {"program", "gradus " + version()},
               {"task", name(model.targets.task)},
               {"targets", targets_json(model.targets)},
               {"classes", model.targets.classes},
               {"numeric_classes", model.targets.numeric_classes},
               {"columns", std::move(columns)},
               {"network", network_json(spec(model), single ? Precision::float32 : Precision::float64)},
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

ModelData model_from_json(const JsonField& root, const NetworkSpec& network) {
  ModelData model;
  model.encoder = encoder_from(root.at("columns"), network.inputs);
  model.targets = targets_from(root, network);
  training_from(root.at("training"), model);
  model.calibration = calibration_from(root, model.targets);
  return model;
}

}  // namespace gradus
