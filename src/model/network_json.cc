#include "model/network_json.h"

#include <fmt/format.h>

#include <tuple>
#include <utility>

#include "gradus/error.h"

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

}  // namespace

Json network_json(const NetworkSpec& network, Precision precision) {
  Json ops = Json::array();
  for (const Op& op : network.ops) ops.push_back(op_json(op));
  Json json = {{"precision", name(precision)},
               {"inputs", network.inputs},
               {"ops", std::move(ops)},
               {"head", head_json(network.head)}};
  if (network.members > 1) json["members"] = network.members;
  return json;
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

}  // namespace gradus
