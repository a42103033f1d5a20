// gradus trace: the founding derivation on one row, every quantity under its own name, layer by layer.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "gradus/analysis.h"
#include "gradus/error.h"
#include "gradus/model.h"

#include "commands.h"
#include "json_text.h"
#include "options.h"
#include "print.h"
#include "progress.h"

namespace gradus::cli {
namespace {

// Up to this many units or terms are spelled out; of more, the first kFew.
constexpr std::size_t kSmall = 6;
constexpr std::size_t kFew = 3;

std::size_t shown_of(std::size_t count) {
  return count <= kSmall ? count : kFew;
}

std::string number(double value) {
  return fmt::format("{:.4g}", value);
}

std::string more(const char* indent, std::size_t count, const char* what) {
  const std::size_t left = count - shown_of(count);
  return left == 0 ? "" : fmt::format("{}... {} more {}\n", indent, left, what);
}

/// "0.1*1 - 0.25*0.5 + ... (61 more terms)" for the sum of left(t) * right(t).
template <typename Left, typename Right>
std::string sum_text(std::size_t terms, const Left& left, const Right& right) {
  std::string out;
  for (std::size_t t = 0; t < shown_of(terms); ++t) {
    const double factor = left(t);
    const bool negative = std::signbit(factor);
    out += t == 0 ? (negative ? "-" : "") : (negative ? " - " : " + ");
    out += number(std::fabs(factor)) + "*" + number(right(t));
  }
  const std::size_t rest = terms - shown_of(terms);
  return rest == 0 ? out : fmt::format("{} + ... ({} more terms)", out, rest);
}

class Writer {
 public:
  explicit Writer(const Trace& trace) : trace_(trace) {}

  std::string text() {
    heading();
    out_ += "\nforward\n";
    for (std::size_t l = 0; l < trace_.layers.size(); ++l) forward(l);
    out_ += fmt::format("  J = {} = {}{}\n\nbackward\n", trace_.loss_name, number(trace_.loss),
                        trace_.l1 > 0.0 || trace_.l2 > 0.0 ? " for this row, without its penalty" : " for this row");
    for (std::size_t l = trace_.layers.size(); l-- > 0;) backward(l);
    update();
    return std::move(out_);
  }

 private:
  void heading() {
    out_ += fmt::format("row {}: target {}, predicted {}\n", trace_.row, printable(trace_.target_text),
                        printable(trace_.prediction_text));
    const std::size_t features = trace_.features.size();
    for (std::size_t j = 0; j < shown_of(features); ++j)
      out_ += fmt::format("  a^(0)_{} = {}  ({})\n", j + 1, number(trace_.features[j]),
                          shortened(trace_.feature_names.at(j), 40));
    out_ += more("  ", features, "features");
    const std::size_t outputs = trace_.target.size();
    for (std::size_t i = 0; i < shown_of(outputs); ++i)
      out_ +=
          fmt::format("  d_{} = {}  ({})\n", i + 1, number(trace_.target[i]), shortened(trace_.output_names.at(i), 40));
    out_ += more("  ", outputs, "targets");
  }

  void forward(std::size_t l) {
    const TraceLayer& layer = trace_.layers[l];
    const std::size_t inputs = layer.a_in.size();
    out_ += fmt::format("  layer {}: {} -> {}\n", l + 1, counted(static_cast<int64_t>(inputs), "input", "inputs"),
                        counted(static_cast<int64_t>(layer.z.size()), (layer.activation + " unit").c_str(),
                                (layer.activation + " units").c_str()));
    for (std::size_t i = 0; i < shown_of(layer.z.size()); ++i) {
      const std::string sum = sum_text(
          inputs + 1, [&layer, i](std::size_t j) { return layer.theta[j][i]; },
          [&layer](std::size_t j) { return j == 0 ? 1.0 : layer.a_in[j - 1]; });
      out_ += fmt::format("    z^({0})_{1} = {2} = {3}\n    a^({0})_{1} = {4}(z^({0})_{1}) = {5}\n", l + 1, i + 1, sum,
                          number(layer.z[i]), layer.activation, number(layer.a[i]));
    }
    out_ += more("    ", layer.z.size(), "units");
  }

  void backward(std::size_t l) {
    const TraceLayer& layer = trace_.layers[l];
    const bool output = l + 1 == trace_.layers.size();
    out_ += fmt::format("  layer {}{}\n", l + 1, output ? ", the output" : "");
    for (std::size_t i = 0; i < shown_of(layer.delta.size()); ++i) {
      if (!layer.error.empty())
        out_ += fmt::format("    (1) dJ/da^({})_{} = {} = {}\n", l + 1, i + 1,
                            output ? output_error(layer, i) : hidden_error(l, i), number(layer.error[i]));
      if (!layer.slope.empty())
        out_ += fmt::format("    (2) da/dz^({})_{} = {} = {}\n", l + 1, i + 1, slope_formula(layer.activation),
                            number(layer.slope[i]));
      const char* product = !layer.slope.empty()                          ? "(1) x (2)"
                            : trace_.loss_name == "softmax_cross_entropy" ? "a - d"
                                                                          : "dJ/dz";
      out_ += fmt::format("    delta^({})_{} = {} = {}\n", l + 1, i + 1, product, number(layer.delta[i]));
      gradient(l, i);
    }
    out_ += more("    ", layer.delta.size(), "units");
  }

  std::string output_error(const TraceLayer& layer, std::size_t i) const {
    const std::string a = number(layer.a[i]);
    const std::string d = number(trace_.target[i]);
    const std::string& loss = trace_.loss_name;
    if (loss == "squared_error") return fmt::format("a - d = {} - {}", a, d);
    if (loss == "absolute_error") return fmt::format("sign(a - d), a = {}, d = {}", a, d);
    if (loss == "log_cosh") return fmt::format("tanh(a - d), a = {}, d = {}", a, d);
    if (loss == "poisson") return fmt::format("1 - d / a, a = {}, d = {}", a, d);
    if (loss == "sigmoid_cross_entropy") return fmt::format("(a - d) / (a (1 - a)), a = {}, d = {}", a, d);
    return fmt::format("{}'(a), a = {}, d = {}", loss, a, d);
  }

  std::string hidden_error(std::size_t l, std::size_t i) const {
    const TraceLayer& next = trace_.layers[l + 1];
    const std::string sum = sum_text(
        next.delta.size(), [&next, i](std::size_t k) { return next.theta[i + 1][k]; },
        [&next](std::size_t k) { return next.delta[k]; });
    return fmt::format("sum_k Theta^({})_{{{}k}} delta^({})_k = {}", l + 1, i + 1, l + 2, sum);
  }

  static std::string slope_formula(const std::string& activation) {
    if (activation == "sigmoid") return "a (1 - a)";
    if (activation == "tanh") return "1 - a^2";
    return "g'(z)";
  }

  // Column i of dJ/dTheta^(l): the bias, then one line a unit that enters, with (3) as the second factor.
  void gradient(std::size_t l, std::size_t i) {
    const TraceLayer& layer = trace_.layers[l];
    const std::size_t terms = layer.a_in.size() + 1;
    for (std::size_t j = 0; j < shown_of(terms); ++j) {
      const double entering = j == 0 ? 1.0 : layer.a_in[j - 1];
      std::string product = number(layer.delta[i]) + "*" + number(entering);
      if (trace_.l2 > 0.0 && j > 0)
        product += fmt::format(" + {}/{}*{}", number(trace_.l2), trace_.training_rows, number(layer.theta[j][i]));
      if (trace_.l1 > 0.0 && j > 0 && layer.theta[j][i] != 0.0)
        product +=
            fmt::format(" {} {}/{}", layer.theta[j][i] > 0.0 ? '+' : '-', number(trace_.l1), trace_.training_rows);
      out_ += fmt::format(
          "    (3) dz/dTheta^({0})_{{{1},{2}}} = a^({0})_{1} = {3}, dJ/dTheta^({0})_{{{1},{2}}} = {4} = {5}\n", l, j,
          i + 1, number(entering), product, number(layer.gradient[j][i]));
    }
    out_ += more("    ", terms, "weights into this unit");
  }

  void update() {
    out_ += fmt::format("\nupdate\n  Theta <- Theta - eta dJ/dTheta, eta = {}", number(trace_.learning_rate));
    if (trace_.l2 > 0.0)
      out_ += fmt::format("; L2 adds lambda/m Theta, lambda = {}, m = {}", number(trace_.l2), trace_.training_rows);
    if (trace_.l1 > 0.0)
      out_ +=
          fmt::format("; L1 adds lambda/m sign(Theta), lambda = {}, m = {}", number(trace_.l1), trace_.training_rows);
    out_ += '\n';
    if (trace_.layers.empty()) return;
    const TraceLayer& first = trace_.layers.front();
    const double theta = first.theta[0][0];
    const double gradient = first.gradient[0][0];
    out_ += fmt::format("  Theta^(0)_{{0,1}} <- {} - {}*{} = {}\n", number(theta), number(trace_.learning_rate),
                        number(gradient), number(theta - trace_.learning_rate * gradient));
  }

  const Trace& trace_;
  std::string out_;
};

}  // namespace

CommandSpec trace_spec() {
  std::vector<FlagSpec> trace = {
      {"--row", FlagKind::whole, "N", "the row to follow, counted from 1, the header not counted"},
      {"--json", FlagKind::toggle, "", "as JSON, with every number"},
  };
  return {"trace",
          "Prints the derivation of the gradient on one row, layer by layer.",
          {{"MODEL", "a model file that gradus train wrote"},
           {"DATA", "a CSV or TSV file with the model's columns and its target; - is standard input"}},
          {{"Trace", std::move(trace)}, {"Data", csv_flags()}, {"Running", running_flags()}},
          "gradus trace iris.safetensors data/iris.csv --row 3"};
}

int run_trace(const Flags& flags) {
  apply_simd(flags);
  const auto row = flags.whole("--row", 1, std::numeric_limits<int64_t>::max());
  if (!row) throw Error(ErrorCode::usage, "--row: found none, expected the number of a row, counted from 1");
  Progress progress(flags.given("--quiet"));
  CsvOptions csv = csv_options(flags);
  csv.on_warning = [&progress](const std::string& text) { progress.message("warning: " + text); };
  const Model model = Model::load(flags.positional(0));
  const Table table = read_csv_for(model, flags.positional(1), csv);
  const Trace result = trace(model, table, *row);
  progress.finish();
  print_out(flags.given("--json") ? json_text(result) : Writer(result).text());
  return 0;
}

}  // namespace gradus::cli
