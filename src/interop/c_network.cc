#include "interop/c_network.h"

#include <fmt/format.h>

#include <string>
#include <type_traits>
#include <utility>

#include "interop/c_text.h"
#include "nn/head.h"

namespace gradus {
namespace {

/// Of steps that work on units by themselves; named by where they begin.
template <typename T>
void define_unit_parameters(const Step& step, const BasicNetwork<T>& network, const std::string& member,
                            CSource& source) {
  const auto define = [&](const char* name, int64_t offset, int64_t count) {
    const auto values = network.parameters().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
    if (count > 0) source.array<T>(fmt::format("{}_{}{}", name, member, offset), values);
  };
  if (const auto* embed = std::get_if<EmbedStep>(&step.what)) {
    for (const EmbeddedColumn& embedded : embed->columns)
      define("table", embedded.offset, parameter_count(embedded.column));
  } else if (const auto* scale = std::get_if<ScaleStep>(&step.what)) {
    define("factors", scale->offset, step.width);
  } else if (const auto* blend = std::get_if<BlendStep>(&step.what)) {
    define("shares", blend->offset, step.width);
  }
}

template <typename T>
void define_parameters_of(const Pipeline& pipeline, const BasicNetwork<T>& network, const std::vector<Int8Weight>& int8,
                          const std::string& member, CSource& source) {
  int64_t norm = 0;
  for (const Step& step : pipeline.steps) {
    if (const auto* affine = std::get_if<AffineStep>(&step.what)) {
      const auto layer = static_cast<std::size_t>(affine->affine);
      if (int8.empty()) {
        const MatrixView<const T> weight = network.weight(affine->affine);
        const auto count = static_cast<std::size_t>(weight.rows() * weight.columns());
        source.array<T>(fmt::format("weight_{}{}", member, layer), std::span<const T>(weight.data(), count));
      } else {
        const std::vector<T> scales(int8[layer].scales.begin(), int8[layer].scales.end());
        source.int8_array(fmt::format("weight_{}{}", member, layer), int8[layer].values);
        source.array<T>(fmt::format("scale_{}{}", member, layer), scales);
      }
      source.array<T>(fmt::format("bias_{}{}", member, layer), network.bias(affine->affine));
    } else if (const auto* layer_norm = std::get_if<LayerNormStep>(&step.what)) {
      const auto values = [&](int64_t offset) {
        return network.parameters().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(step.width));
      };
      source.array<T>(fmt::format("norm_scale_{}{}", member, norm), values(layer_norm->scale_offset));
      source.array<T>(fmt::format("norm_shift_{}{}", member, norm++), values(layer_norm->shift_offset));
    } else {
      define_unit_parameters(step, network, member, source);
    }
  }
}

std::string number_in(bool single, double value) {
  return single ? c_number(static_cast<float>(value)) : c_number(value);
}

/// Writes the body of @network; `at` is the array that holds the values at hand.
class NetworkBody {
 public:
  NetworkBody(const Pipeline& pipeline, bool int8, std::string member, CSource& source)
      : pipeline_(pipeline), int8_(int8), member_(std::move(member)), source_(source) {}

  void step(const Step& step) {
    if (const auto* affine = std::get_if<AffineStep>(&step.what)) return write(*affine, step.width);
    if (const auto* activate = std::get_if<ActivateStep>(&step.what))
      return activation(activate->activation, step.width);
    if (const auto* norm = std::get_if<LayerNormStep>(&step.what)) {
      line(fmt::format("@layer_norm({0}, {1}, {2}, @norm_scale_{3}{4}, @norm_shift_{3}{4});", at_, step.width,
                       number_in(source_.single(), norm->epsilon), member_, norms_));
      ++norms_;
    } else if (const auto* keep = std::get_if<KeepStep>(&step.what)) {
      line(fmt::format("memcpy(kept_{}, {}, {} * sizeof *{});", keep->slot, at_, step.width, at_));
    } else if (const auto* add = std::get_if<AddStep>(&step.what)) {
      line(fmt::format("@sum({}, kept_{}, {});", at_, add->slot, step.width));
    } else if (const auto* embed = std::get_if<EmbedStep>(&step.what)) {
      for (const EmbeddedColumn& embedded : embed->columns) write(embedded);
      std::swap(at_, other_);
    } else if (const auto* scale = std::get_if<ScaleStep>(&step.what)) {
      line(fmt::format("@scale({}, @factors_{}{}, {});", at_, member_, scale->offset, step.width));
    } else if (const auto* blend = std::get_if<BlendStep>(&step.what)) {
      line(fmt::format("@blend({}, kept_{}, @shares_{}{}, {});", at_, blend->slot, member_, blend->offset, step.width));
    }
  }

  void head() {
    const Head& head = pipeline_.head;
    const int64_t width = pipeline_.outputs();
    for (std::size_t k = 0; k < head.temperatures.size(); ++k) {
      const std::string temperature = number_in(source_.single(), head.temperatures[k]);
      line(head.temperatures.size() == 1 ? fmt::format("for (k = 0; k < {}; ++k) {}[k] /= {};", width, at_, temperature)
                                         : fmt::format("{}[{}] /= {};", at_, k, temperature));
    }
    if (has_softmax(head.loss)) {
      line(fmt::format("@softmax({}, {});", at_, width));
    } else if (has_sigmoids(head.loss)) {
      activation(Activation::sigmoid, width);
    } else if (head.loss == Loss::quantile) {
      line(fmt::format("@quantiles({}, {}, {});", at_, width, outputs_per_target(head)));
    } else if (head.loss == Loss::poisson) {
      line(fmt::format("@exponentials({}, {});", at_, width));
    } else {
      activation(head.activation, width);
    }
  }

  const std::string& at() const noexcept { return at_; }

 private:
  void write(const AffineStep& affine, int64_t width) {
    const std::string layer = fmt::format("{}{}", member_, affine.affine);
    line(fmt::format("@affine{0}({1}, {2}, @weight_{3}, {4}@bias_{3}, {5}, {6});", int8_ ? "_int8" : "", at_,
                     affine.inputs, layer, int8_ ? fmt::format("@scale_{}, ", layer) : "", width, other_));
    std::swap(at_, other_);
  }
  void write(const EmbeddedColumn& embedded) {
    const ColumnEmbedding& column = embedded.column;
    const std::string to = fmt::format("{} + {}", other_, embedded.first_output);
    const std::string bytes = fmt::format("{} * sizeof *{}", column.outputs, other_);
    if (column.kind == ColumnEmbedding::Kind::pass) {
      line(fmt::format("memcpy({}, {} + {}, {});", to, at_, embedded.first_input, bytes));
    } else if (column.kind == ColumnEmbedding::Kind::periodic) {
      line(fmt::format("@periodic({}[{}], {}, {}, @table_{}{}, {});", at_, embedded.first_input, column.hidden,
                       column.outputs - 1, member_, embedded.offset, to));
    } else {
      line(fmt::format("memcpy({}, @level({}[{}], {}, {}, @table_{}{}), {});", to, at_, embedded.first_input,
                       column.levels, column.outputs, member_, embedded.offset, bytes));
    }
  }
  void activation(Activation activation, int64_t width) {
    if (const std::string name = c_activation(activation); !name.empty())
      line(fmt::format("@{}({}, {});", name, at_, width));
  }
  void line(const std::string& text) { source_.add("  " + text + "\n"); }

  const Pipeline& pipeline_;
  bool int8_;
  std::string member_;
  CSource& source_;
  int64_t norms_ = 0;
  std::string at_ = "a";
  std::string other_ = "b";
};

void declare_slots(const Pipeline& pipeline, CSource& source) {
  for (std::size_t slot = 0; slot < pipeline.slot_widths.size(); ++slot)
    source.add(fmt::format("  $real$ kept_{}[{}];\n", slot, pipeline.slot_widths[slot]));
}

void define_member(const Pipeline& pipeline, bool int8, std::size_t index, CSource& source) {
  source.add(fmt::format("\nstatic $real$ *@member_{}($real$ *a, $real$ *b) {{\n", index));
  declare_slots(pipeline, source);
  NetworkBody body(pipeline, int8, fmt::format("{}_", index), source);
  for (const Step& step : pipeline.steps) body.step(step);
  source.add(fmt::format("  return {};\n}}\n", body.at()));
}

/// The mean of the members' logits, in their order, then the head.
void define_mean(const std::vector<Pipeline>& members, bool int8, CSource& source) {
  const Pipeline& first = members.front();
  const int64_t features = first.features(), outputs = first.outputs();
  source.add(
      fmt::format("\n/* Features in `a` to outputs, which are in `a` too. */\n"
                  "static $real$ *@network($real$ *a, $real$ *b) {{\n"
                  "  $real$ features[{}], sum[{}];\n"
                  "  const $real$ *own;\n"
                  "  int k;\n"
                  "  memcpy(features, a, sizeof features);\n",
                  features, outputs));
  for (std::size_t m = 0; m < members.size(); ++m) {
    if (m > 0) source.add("  memcpy(a, features, sizeof features);\n");
    source.add(fmt::format("  own = @member_{}(a, b);\n  for (k = 0; k < {}; ++k) sum[k] {}= own[k];\n", m, outputs,
                           m > 0 ? "+" : ""));
  }
  source.add(fmt::format("  for (k = 0; k < {}; ++k) a[k] = sum[k] / {};\n", outputs,
                         number_in(source.single(), static_cast<double>(members.size()))));
  NetworkBody body(first, int8, "", source);
  body.head();
  source.add("  return a;\n}\n");
}

}  // namespace

int64_t parameter_bytes(const Pipeline& pipeline, const std::vector<Int8Weight>& int8) {
  const int64_t each = pipeline.single() ? 4 : 8;
  int64_t bytes = 0;
  for (const Step& step : pipeline.steps) {
    if (const auto* affine = std::get_if<AffineStep>(&step.what)) {
      bytes += affine->inputs * step.width * (int8.empty() ? each : 1);
      bytes += step.width * each * (int8.empty() ? 1 : 2);
    } else if (std::holds_alternative<LayerNormStep>(step.what)) {
      bytes += 2 * step.width * each;
    } else if (const auto* embed = std::get_if<EmbedStep>(&step.what)) {
      for (const EmbeddedColumn& embedded : embed->columns) bytes += parameter_count(embedded.column) * each;
    } else if (std::holds_alternative<ScaleStep>(step.what) || std::holds_alternative<BlendStep>(step.what)) {
      bytes += step.width * each;
    }
  }
  return bytes;
}

void need_network(const Pipeline& pipeline, bool int8, CFunctions& needed) {
  const auto need_activation = [&](Activation activation) {
    if (activation != Activation::identity) needed.insert(c_activation(activation));
  };
  for (const Step& step : pipeline.steps) {
    if (std::holds_alternative<AffineStep>(step.what)) needed.insert(int8 ? "affine_int8" : "affine");
    if (const auto* activate = std::get_if<ActivateStep>(&step.what)) need_activation(activate->activation);
    if (std::holds_alternative<LayerNormStep>(step.what)) needed.insert("layer_norm");
    if (std::holds_alternative<AddStep>(step.what)) needed.insert("sum");
    if (std::holds_alternative<ScaleStep>(step.what)) needed.insert("scale");
    if (std::holds_alternative<BlendStep>(step.what)) needed.insert("blend");
    if (const auto* embed = std::get_if<EmbedStep>(&step.what)) {
      for (const EmbeddedColumn& embedded : embed->columns) {
        if (embedded.column.kind == ColumnEmbedding::Kind::periodic) needed.insert("periodic");
        if (embedded.column.kind == ColumnEmbedding::Kind::category) needed.insert("level");
      }
    }
  }
  const Head& head = pipeline.head;
  if (has_softmax(head.loss)) {
    needed.insert("softmax");
  } else if (has_sigmoids(head.loss)) {
    needed.insert("sigmoid");
  } else if (head.loss == Loss::quantile) {
    needed.insert("quantiles");
  } else if (head.loss == Loss::poisson) {
    needed.insert("exponentials");
  } else {
    need_activation(head.activation);
  }
}

std::string c_member(const std::vector<Pipeline>& members, std::size_t index) {
  return members.size() == 1 ? "" : fmt::format("{}_", index);
}

void define_parameters(const Pipeline& pipeline, const std::vector<Int8Weight>& int8, const std::string& member,
                       CSource& source) {
  std::visit([&](const auto& network) { define_parameters_of(pipeline, network, int8, member, source); },
             pipeline.network);
}

void define_network(const std::vector<Pipeline>& members, bool int8, CSource& source) {
  const Pipeline& first = members.front();
  if (members.size() > 1) {
    for (std::size_t m = 0; m < members.size(); ++m) define_member(members[m], int8, m, source);
    define_mean(members, int8, source);
    return;
  }
  source.add(
      "\n/* Features in `a` to outputs; returns which of both arrays they are in. */\n"
      "static $real$ *@network($real$ *a, $real$ *b) {\n");
  declare_slots(first, source);
  if (first.head.temperatures.size() == 1) source.add("  int k;\n");
  NetworkBody body(first, int8, "", source);
  for (const Step& step : first.steps) body.step(step);
  body.head();
  source.add(fmt::format("  return {};\n}}\n", body.at()));
}

}  // namespace gradus
