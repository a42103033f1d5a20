// The network in ONNX. Where standard operators have no float64 in common runtimes, activations are spelled out.
#include <fmt/format.h>

#include <numeric>

#include "interop/onnx_steps.h"
#include "nn/head.h"

namespace gradus {
namespace {

// Klambauer et al. 2017, as in kernels/activation_functors-inl.h.
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kSqrtHalf = 0.70710678118654752440;

class NetworkBuilder {
 public:
  /// `prefix`: of the names of its weights.
  NetworkBuilder(const Pipeline& pipeline, std::string prefix, OnnxGraph& graph)
      : pipeline_(pipeline), prefix_(std::move(prefix)), graph_(graph), kept_(pipeline.slot_widths.size()) {}

  std::string logits(std::string x) {
    for (const Step& step : pipeline_.steps) x = add(step, x);
    return x;
  }

  std::string head(std::string z) {
    const Head& head = pipeline_.head;
    if (!head.temperatures.empty())
      z = node("Div", {z, real_constant(pipeline_, head.temperatures, {1, std::ssize(head.temperatures)}, graph_)});
    if (has_softmax(head.loss)) return node("Softmax", {z}, {{"axis", int64_t{-1}}});
    if (has_sigmoids(head.loss)) return node("Sigmoid", {z});
    if (head.loss == Loss::quantile) return quantiles(z);
    if (head.loss == Loss::poisson) return node("Exp", {z});
    return activation(head.activation, z);
  }

 private:
  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<OnnxAttribute>& attributes = {}) {
    return graph_.node(op, inputs, attributes);
  }
  std::string scalar(double value) { return real_constant(pipeline_, {value}, {}, graph_); }

  std::string add(const Step& step, const std::string& x) {
    if (const auto* affine = std::get_if<AffineStep>(&step.what)) return this->affine(*affine, x);
    if (const auto* activate = std::get_if<ActivateStep>(&step.what)) return activation(activate->activation, x);
    if (const auto* norm = std::get_if<LayerNormStep>(&step.what)) return layer_norm(*norm, step.width, x);
    if (const auto* keep = std::get_if<KeepStep>(&step.what)) return kept_[static_cast<std::size_t>(keep->slot)] = x;
    if (const auto* embed = std::get_if<EmbedStep>(&step.what)) return this->embed(*embed, x);
    if (const auto* scale = std::get_if<ScaleStep>(&step.what))
      return node("Mul", {x, parameters(scale->offset, 1, step.width)});
    if (const auto* blend = std::get_if<BlendStep>(&step.what)) {
      const std::string& z = kept_[static_cast<std::size_t>(blend->slot)];
      const std::string share = parameters(blend->offset, 1, step.width);
      return node("Add", {z, node("Mul", {share, node("Sub", {x, z})})});
    }
    return node("Add", {x, kept_[static_cast<std::size_t>(std::get<AddStep>(step.what).slot)]});
  }

  /// Those of the network from `offset` on.
  std::vector<double> values(int64_t offset, int64_t count) {
    return std::visit(
        [&](const auto& network) {
          const auto part =
              network.parameters().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
          return std::vector<double>(part.begin(), part.end());
        },
        pipeline_.network);
  }
  std::string parameters(int64_t offset, int64_t rows, int64_t columns) {
    return real_constant(pipeline_, values(offset, rows * columns), {rows, columns}, graph_);
  }

  std::string embed(const EmbedStep& step, const std::string& x) {
    std::vector<std::string> parts;
    for (const EmbeddedColumn& embedded : step.columns) parts.push_back(column(embedded, x));
    return parts.size() == 1 ? parts[0] : node("Concat", parts, {{"axis", int64_t{1}}});
  }

  std::string column(const EmbeddedColumn& embedded, const std::string& x) {
    const ColumnEmbedding& column = embedded.column;
    std::vector<int64_t> which(static_cast<std::size_t>(column.inputs));
    std::iota(which.begin(), which.end(), embedded.first_input);
    const std::string in = node("Gather", {x, graph_.constant(which, {column.inputs})}, {{"axis", int64_t{1}}});
    if (column.kind == ColumnEmbedding::Kind::pass) return in;
    if (column.kind == ColumnEmbedding::Kind::periodic) return periodic(embedded, in);
    const std::string level =
        node("Reshape", {graph_.cast(in, OnnxType::int64), graph_.constant(std::vector<int64_t>{-1}, {1})});
    return node("Gather", {parameters(embedded.offset, column.levels, column.outputs), level}, {{"axis", int64_t{0}}});
  }

  /// Runtimes have Cos for floats only.
  std::string periodic(const EmbeddedColumn& embedded, const std::string& x) {
    constexpr double kTurn = 6.28318530717958647693;
    const int64_t hidden = embedded.column.hidden, mixtures = embedded.column.outputs - 1;
    const int64_t phase = embedded.offset + hidden, weight = phase + hidden, bias = weight + mixtures * hidden;
    std::vector<double> frequencies = values(embedded.offset, hidden);
    for (double& frequency : frequencies) frequency *= kTurn;
    const std::string turns = node("Mul", {x, real_constant(pipeline_, frequencies, {1, hidden}, graph_)});
    std::string angle = node("Add", {turns, parameters(phase, 1, hidden)});
    if (!pipeline_.single()) angle = graph_.cast(angle, OnnxType::float32);
    std::string cosines = node("Cos", {angle});
    if (!pipeline_.single()) cosines = graph_.cast(cosines, OnnxType::float64);
    const std::vector<double> rows = values(weight, mixtures * hidden);
    std::vector<double> columns;
    for (int64_t k = 0; k < hidden; ++k)
      for (int64_t o = 0; o < mixtures; ++o) columns.push_back(rows[static_cast<std::size_t>(o * hidden + k)]);
    const std::string product = real_constant(pipeline_, columns, {hidden, mixtures}, graph_);
    const std::string mixed =
        node("Gemm", {cosines, product, real_constant(pipeline_, values(bias, mixtures), {mixtures}, graph_)});
    return node("Concat", {x, mixed}, {{"axis", int64_t{1}}});
  }

  std::string affine(const AffineStep& step, const std::string& x) {
    return std::visit(
        [&](const auto& network) {
          const auto weight = network.weight(step.affine);
          const auto bias = network.bias(step.affine);
          const auto values = std::span(weight.data(), static_cast<std::size_t>(weight.rows() * weight.columns()));
          const std::string name = fmt::format("{}layers.{}", prefix_, step.affine);
          const std::string w = graph_.constant(values, {weight.rows(), weight.columns()}, name + ".weight");
          return node("Gemm", {x, w, graph_.constant(bias, {weight.columns()}, name + ".bias")});
        },
        pipeline_.network);
  }

  std::string layer_norm(const LayerNormStep& step, int64_t width, const std::string& x) {
    return std::visit(
        [&](const auto& network) {
          const auto part = [&](int64_t offset, const char* what) {
            const auto values =
                network.parameters().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(width));
            return graph_.constant(values, {width}, fmt::format("{}norms.{}.{}", prefix_, norms_, what));
          };
          const std::string scale = part(step.scale_offset, "scale");
          const std::string shift = part(step.shift_offset, "shift");
          ++norms_;
          return node("LayerNormalization", {x, scale, shift},
                      {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(step.epsilon)}});
        },
        pipeline_.network);
  }

  std::string activation(Activation activation, const std::string& z) {
    switch (activation) {
      case Activation::identity:
        return z;
      case Activation::sigmoid:
        return node("Sigmoid", {z});
      case Activation::tanh:
        return node("Tanh", {z});
      case Activation::relu:
        return node("Relu", {z});
      case Activation::gelu:
        return gelu(z);
      case Activation::silu:
        return node("Mul", {z, node("Sigmoid", {z})});
      case Activation::mish:
        return node("Mul", {z, node("Tanh", {this->activation(Activation::softplus, z)})});
      default:
        return pipeline_.single() ? standard(activation, z) : spelled_out(activation, z);
    }
  }

  std::string standard(Activation activation, const std::string& z) {
    if (activation == Activation::leaky_relu) return node("LeakyRelu", {z}, {{"alpha", 0.01f}});
    if (activation == Activation::elu) return node("Elu", {z}, {{"alpha", 1.0f}});
    if (activation == Activation::selu)
      return node("Selu", {z}, {{"alpha", static_cast<float>(kSeluAlpha)}, {"gamma", static_cast<float>(kSeluScale)}});
    if (activation == Activation::softplus) return node("Softplus", {z});
    if (activation == Activation::softsign) return node("Softsign", {z});
    return node("HardSigmoid", {z}, {{"alpha", static_cast<float>(1.0 / 6.0)}, {"beta", 0.5f}});
  }

  std::string spelled_out(Activation activation, const std::string& z) {
    if (activation == Activation::leaky_relu) return node("Max", {z, node("Mul", {z, scalar(0.01)})});
    const std::string one = scalar(1.0);
    if (activation == Activation::softsign) return node("Div", {z, node("Add", {one, node("Abs", {z})})});
    if (activation == Activation::softplus) {
      const std::string e = node("Exp", {node("Mul", {node("Abs", {z}), scalar(-1.0)})});
      return node("Add", {node("Relu", {z}), node("Log", {node("Add", {one, e})})});
    }
    if (activation == Activation::hard_sigmoid) {
      const std::string line = node("Add", {node("Div", {z, scalar(6.0)}), scalar(0.5)});
      return node("Relu", {node("Min", {line, one})});
    }
    // elu and selu: max(z, 0) + alpha (exp(min(z, 0)) - 1)
    std::string negative = node("Sub", {node("Exp", {node("Min", {z, scalar(0.0)})}), one});
    if (activation == Activation::selu) negative = node("Mul", {negative, scalar(kSeluAlpha)});
    const std::string sum = node("Add", {node("Relu", {z}), negative});
    return activation == Activation::selu ? node("Mul", {sum, scalar(kSeluScale)}) : sum;
  }

  /// z times the normal distribution function. Runtimes have Erf for floats only.
  std::string gelu(const std::string& z) {
    std::string x = node("Mul", {z, scalar(kSqrtHalf)});
    if (!pipeline_.single()) x = graph_.cast(x, OnnxType::float32);
    std::string erf = node("Erf", {x});
    if (!pipeline_.single()) erf = graph_.cast(erf, OnnxType::float64);
    const std::string half = scalar(0.5);
    return node("Mul", {z, node("Add", {node("Mul", {erf, half}), half})});
  }

  /// The lowest of each target as it is, softplus of the others, then the sums of each target's so far.
  std::string quantiles(const std::string& z) {
    const int64_t width = pipeline_.outputs();
    const int64_t each = outputs_per_target(pipeline_.head);
    std::vector<bool> lowest;
    std::vector<double> sums(static_cast<std::size_t>(width * width));
    for (int64_t k = 0; k < width; ++k) {
      lowest.push_back(k % each == 0);
      for (int64_t j = k - k % each; j <= k; ++j) sums[static_cast<std::size_t>(j * width + k)] = 1.0;
    }
    const std::string steps =
        node("Where", {graph_.constant(lowest, {1, width}), z, activation(Activation::softplus, z)});
    return node("MatMul", {steps, real_constant(pipeline_, sums, {width, width}, graph_)});
  }

  const Pipeline& pipeline_;
  std::string prefix_;
  OnnxGraph& graph_;
  std::vector<std::string> kept_;
  int64_t norms_ = 0;
};

}  // namespace

std::string real_constant(const Pipeline& pipeline, const std::vector<double>& values,
                          const std::vector<int64_t>& shape, OnnxGraph& graph) {
  if (!pipeline.single()) return graph.constant(values, shape);
  std::vector<float> floats;
  for (const double value : values) floats.push_back(static_cast<float>(value));
  return graph.constant(floats, shape);
}

std::string add_onnx_network(const std::vector<Pipeline>& members, const std::string& features, OnnxGraph& graph) {
  const Pipeline& first = members.front();
  NetworkBuilder builder(first, members.size() > 1 ? "members.0." : "", graph);
  std::string sum = builder.logits(features);
  for (std::size_t m = 1; m < members.size(); ++m) {
    const std::string own = NetworkBuilder(members[m], fmt::format("members.{}.", m), graph).logits(features);
    sum = graph.node("Add", {sum, own});
  }
  if (members.size() > 1)
    sum = graph.node("Div", {sum, real_constant(first, {static_cast<double>(members.size())}, {}, graph)});
  return builder.head(sum);
}

}  // namespace gradus
