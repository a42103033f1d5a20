// gradus inspect: what a model file says of itself.
#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "gradus/model.h"

#include "commands.h"
#include "print.h"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNameWidth = 40;
constexpr std::size_t kListed = 8;
constexpr std::size_t kColumnsShown = 100;

// Numbers that JSON can't hold are null or text there.
std::string number(const Json& value) {
  if (value.is_number_integer()) return fmt::format("{}", value.get<int64_t>());
  if (value.is_number()) return fmt::format("{:.5g}", value.get<double>());
  return value.is_string() ? printable(value.get<std::string>()) : "-";
}

std::string text(const Json& value) {
  return printable(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string names_of(const Json& list) {
  std::string out;
  for (std::size_t i = 0; i < std::min(list.size(), kListed); ++i) {
    const Json& item = list[i].is_object() ? list[i].at("name") : list[i];
    out += (i == 0 ? "" : ", ") + shortened(item.get<std::string>(), kNameWidth);
  }
  return list.size() > kListed ? fmt::format("{}, ... ({} more)", out, list.size() - kListed) : out;
}

struct Embedded {
  int64_t width = 0;
  int64_t parameters = 0;
};

/// What an embed op comes to: docs/model-file.md.
Embedded embedded(const Json& op) {
  Embedded all;
  for (const Json& column : op.at("columns")) {
    if (column.contains("pass")) {
      all.width += column.at("pass").get<int64_t>();
    } else if (column.contains("periodic")) {
      const auto hidden = column.at("periodic")[0].get<int64_t>(), outputs = column.at("periodic")[1].get<int64_t>();
      all.width += outputs;
      all.parameters += 2 * hidden + (outputs - 1) * (hidden + 1);
    } else {
      const auto levels = column.at("category")[0].get<int64_t>(), outputs = column.at("category")[1].get<int64_t>();
      all.width += outputs;
      all.parameters += levels * outputs;
    }
  }
  return all;
}

int64_t parameters(const Json& network) {
  int64_t total = 0;
  int64_t width = network.at("inputs").get<int64_t>();
  for (const Json& op : network.at("ops")) {
    if (op.at("op") == "scale" || op.at("op") == "blend") total += width;
    if (op.at("op") == "embed") {
      total += embedded(op).parameters;
      width = embedded(op).width;
    }
    if (op.at("op") == "batch_norm" || op.at("op") == "layer_norm") total += 2 * width;  // scales and shifts
    if (op.at("op") != "affine") continue;
    const int64_t outputs = op.at("outputs").get<int64_t>();
    total += (width + 1) * outputs;
    width = outputs;
  }
  return total * network.value("members", int64_t{1});
}

std::string network_text(const Json& network) {
  std::string out = fmt::format("{} inputs", network.at("inputs").get<int64_t>());
  for (const Json& op : network.at("ops")) {
    if (op.at("op") == "affine") out += fmt::format(" -> {}", op.at("outputs").get<int64_t>());
    if (op.at("op") == "activation") out += fmt::format(" {}", text(op.at("activation")));
    if (op.at("op") == "batch_norm") out += " (batch norm)";
    if (op.at("op") == "layer_norm") out += " (layer norm)";
    if (op.at("op") == "residual") out += " (residual)";
    if (op.at("op") == "embed") out += fmt::format(" -> {} embedded", embedded(op).width);
    if (op.at("op") == "scale") out += " (scaled)";
    if (op.at("op") == "blend") out += " (parametric)";
    if (op.at("op") == "dropout") out += fmt::format(" (dropout {})", op.at("rate").get<double>());
  }
  const Json& head = network.at("head");
  if (head.at("activation") != "identity") out += fmt::format(" {}", text(head.at("activation")));
  out += fmt::format(", {}", text(head.at("loss")));
  for (const auto& [key, value] : head.items())
    if (key != "loss" && key != "activation" && key != "temperatures")
      out += fmt::format(" ({} {})", printable(key), text(value));
  return fmt::format("{}, {}", out, text(network.at("precision")));
}

std::string column_line(const Json& column) {
  std::string out =
      fmt::format("  {}: {}", shortened(column.at("name").get<std::string>(), kNameWidth), text(column.at("kind")));
  if (column.at("kind") == "numeric") {
    out += fmt::format(", {} to {}, (x - {}) * {}", number(column.at("minimum")), number(column.at("maximum")),
                       number(column.at("mean")), number(column.at("scale")));
  } else {
    out +=
        fmt::format(", {}: {}", counted(static_cast<int64_t>(column.at("categories").size()), "category", "categories"),
                    names_of(column.at("categories")));
  }
  if (column.at("missing") != 0) out += fmt::format(", {} missing", grouped(column.at("missing").get<int64_t>()));
  if (column.at("indicator") == true) out += ", missing indicator";
  if (column.contains("monotone")) out += column.at("monotone") == 1 ? ", increasing" : ", decreasing";
  return out + fmt::format(" -> {}\n", counted(column.at("width").get<int64_t>(), "feature", "features"));
}

std::string history_text(const Json& history) {
  if (history.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"epoch", "loss", "validation loss", "metric", "rate", ""}};
  // Ten epochs spread over the run, the first and the last among them.
  const std::size_t last = history.size() - 1;
  const std::size_t lines = std::min<std::size_t>(history.size(), 10);
  for (std::size_t i = 0; i < lines; ++i) {
    const Json& record = history[lines == 1 ? last : i * last / (lines - 1)];
    rows.push_back({number(record.at("epoch")), number(record.at("train_loss")), number(record.at("validation_loss")),
                    number(record.at("validation_metric")), number(record.at("learning_rate")),
                    record.at("best") == true ? "best so far" : ""});
  }
  return fmt::format("history   {}\n", counted(history[last].at("epoch").get<int64_t>(), "epoch", "epochs")) +
         aligned(rows, true);
}

std::string calibration_text(const Json& model) {
  const Json& head = model.at("network").at("head");
  if (!model.contains("calibration") && !head.contains("temperatures")) return "";
  std::vector<std::vector<std::string>> rows;
  if (head.contains("temperatures")) {
    std::string temperatures;
    for (const Json& value : head.at("temperatures"))
      temperatures += (temperatures.empty() ? "" : ", ") + number(value);
    rows.push_back({"temperature", temperatures});
  }
  if (model.contains("calibration")) {
    for (const auto& [name, value] : model.at("calibration").items()) {
      std::string shown;
      for (const Json& item : value.is_array() ? value : Json::array({value}))
        shown += (shown.empty() ? "" : ", ") + number(item);
      rows.push_back({printable(name), shown});
    }
  }
  return "calibration\n" + aligned(rows, false);
}

std::string report(const Json& model) {
  const Json& training = model.at("training");
  std::string out = fmt::format("written   by {}, format {}.{}\n", text(model.at("program")),
                                number(model.at("format").at("major")), number(model.at("format").at("minor")));
  out += fmt::format("target    {}: {}\n", names_of(model.at("targets")), text(model.at("task")));
  if (!model.at("classes").empty())
    out += fmt::format("classes   {}: {}\n", model.at("classes").size(), names_of(model.at("classes")));
  const Json& network = model.at("network");
  out += fmt::format(
      "network   {}\n          {}{}\n", network_text(network), counted(parameters(network), "parameter", "parameters"),
      network.contains("members") ? fmt::format(" in {} such networks", network.at("members").get<int64_t>()) : "");
  out += fmt::format("columns   {}\n", model.at("columns").size());
  const Json& columns = model.at("columns");
  for (std::size_t i = 0; i < std::min(columns.size(), kColumnsShown); ++i) out += column_line(columns[i]);
  if (columns.size() > kColumnsShown) out += fmt::format("  ... {} more\n", columns.size() - kColumnsShown);
  out +=
      fmt::format("training  {} rows, {} to validate on, seed {}, {} at epoch {}\n",
                  grouped(training.at("rows").get<int64_t>()), grouped(training.at("validation_rows").get<int64_t>()),
                  training.at("seed").dump(), text(training.at("stop_reason")), number(training.at("best_epoch")));
  out += fmt::format("data      SHA-256 {}\noptions\n", text(training.at("fingerprint")));
  std::vector<std::vector<std::string>> options;
  for (const auto& [name, value] : training.at("options").items()) options.push_back({printable(name), text(value)});
  return out + aligned(options, false) + calibration_text(model) + history_text(training.at("history"));
}

}  // namespace

CommandSpec inspect_spec() {
  return {"inspect",
          "Says what a model file holds: network, columns, options, history.",
          {{"MODEL", "a model file that gradus train wrote"}},
          {{"Flags",
            {{"--json", FlagKind::toggle, "", "as JSON, everything but the weights"},
             {"--help", FlagKind::toggle, "", "this text", {"-h"}}}}},
          "gradus inspect digits.safetensors"};
}

int run_inspect(const Flags& flags) {
  const Model model = Model::load(flags.positional(0));
  Json json = Json::parse(model.metadata());
  if (flags.given("--json")) {
    json["parameters"] = parameters(json.at("network"));
    print_out(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    print_out(report(json));
  }
  return 0;
}

}  // namespace gradus::cli
