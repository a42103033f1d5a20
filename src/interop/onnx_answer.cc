// Outputs to answers in ONNX: labels, probabilities, sets; numbers, quantiles, intervals.
#include <algorithm>
#include <numeric>

#include "interop/onnx_labels.h"
#include "interop/onnx_steps.h"
#include "nn/head.h"

namespace gradus {
namespace {

class AnswerBuilder {
 public:
  AnswerBuilder(const Pipeline& pipeline, std::string outputs, OnnxGraph& graph)
      : pipeline_(pipeline), outputs_(std::move(outputs)), graph_(graph), type_(real_type(pipeline)) {}

  void classes() {
    const auto count = std::ssize(pipeline_.targets.classes);
    const std::string probabilities = has_softmax(pipeline_.head.loss) ? outputs_ : shares();
    const std::string best = graph_.node("ArgMax", {outputs_}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}});
    const std::vector<int64_t> keys = up_to(count);
    const auto numbers = whole_labels(pipeline_.targets);
    const std::string label =
        numbers ? graph_.node("LabelEncoder", {best},
                              {{"keys_int64s", keys}, {"values_int64s", *numbers}, {"default_int64", int64_t{0}}})
                : graph_.node("LabelEncoder", {best},
                              {{"keys_int64s", keys}, {"values_strings", pipeline_.targets.classes}});
    graph_.output(label, "prediction", numbers ? OnnxType::int64 : OnnxType::text, {});
    graph_.output(probabilities, "probabilities", type_, {count});
    if (!pipeline_.has_set()) return;
    const std::string row = graph_.node("Reshape", {best, graph_.constant(std::vector<int64_t>{-1, 1}, {2})});
    const std::string is_best = graph_.node("Equal", {row, graph_.constant(keys, {1, count})});
    graph_.output(graph_.node("Or", {probable(probabilities), is_best}), "set", OnnxType::boolean, {count});
  }

  void labels() {
    const auto count = std::ssize(pipeline_.targets.columns);
    const std::string bounded = graph_.node("Max", {graph_.node("Min", {outputs_, real(1.0)}), real(0.0)});
    const std::string half = graph_.constant(std::vector<double>{0.5}, {});
    const std::string yes = graph_.node("GreaterOrEqual", {graph_.cast(bounded, OnnxType::float64), half});
    graph_.output(graph_.cast(yes, OnnxType::int64), "prediction", OnnxType::int64, {count});
    graph_.output(bounded, "probabilities", type_, {count});
    if (pipeline_.has_set()) graph_.output(probable(bounded), "set", OnnxType::boolean, {count});
  }

  void numbers() {
    const auto targets = std::ssize(pipeline_.targets.columns);
    const int64_t each = outputs_per_target(pipeline_.head);
    const std::string all = in_units(each);
    graph_.output(column(all, each, central_output(pipeline_.head)), "prediction", type_, {targets});
    if (pipeline_.head.loss == Loss::quantile)
      graph_.output(graph_.node("Reshape", {all, graph_.constant(std::vector<int64_t>{-1, targets, each}, {3})}),
                    "quantiles", type_, {targets, each});
    if (pipeline_.calibration.margins.empty()) return;
    const std::string margin = graph_.constant(pipeline_.calibration.margins, {1, targets});
    const auto end = [&](int64_t q, const char* op) {
      return graph_.node(op, {graph_.cast(column(all, each, q), OnnxType::float64), margin});
    };
    const std::string lower = end(0, "Sub");
    const std::string upper = end(each - 1, "Add");
    const std::string middle =
        graph_.node("Mul", {graph_.node("Add", {lower, upper}), graph_.constant(std::vector<double>{0.5}, {})});
    const std::string turned = graph_.node("Greater", {lower, upper});
    graph_.output(graph_.cast(graph_.node("Where", {turned, middle, lower}), type_), "lower", type_, {targets});
    graph_.output(graph_.cast(graph_.node("Where", {turned, middle, upper}), type_), "upper", type_, {targets});
  }

 private:
  std::string real(double value) { return real_constant(pipeline_, {value}, {}, graph_); }

  static std::vector<int64_t> up_to(int64_t count) {
    std::vector<int64_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), int64_t{0});
    return all;
  }

  std::string probable(const std::string& probabilities) {
    const std::string least = graph_.constant(std::vector<double>{pipeline_.calibration.least_probability}, {});
    return graph_.node("GreaterOrEqual", {graph_.cast(probabilities, OnnxType::float64), least});
  }

  /// Outputs that are no softmax: what is above 0 by its share in the sum, equal shares where nothing is.
  std::string shares() {
    const std::string positive = graph_.cast(graph_.node("Relu", {outputs_}), OnnxType::float64);
    const std::string sum =
        graph_.node("ReduceSum", {positive, graph_.constant(std::vector<int64_t>{1}, {1})}, {{"keepdims", int64_t{1}}});
    const std::string some = graph_.node("Greater", {sum, graph_.constant(std::vector<double>{0.0}, {})});
    const double equal = 1.0 / static_cast<double>(pipeline_.outputs());
    const std::string share = graph_.node(
        "Where", {some, graph_.node("Div", {positive, sum}), graph_.constant(std::vector<double>{equal}, {})});
    return graph_.cast(share, type_);
  }

  /// output / scale + mean in double, then in the network's precision.
  std::string in_units(int64_t each) {
    std::vector<double> scale;
    std::vector<double> mean;
    for (const TargetColumn& target : pipeline_.targets.columns) {
      scale.insert(scale.end(), static_cast<std::size_t>(each), target.scale);
      mean.insert(mean.end(), static_cast<std::size_t>(each), target.mean);
    }
    const std::string scaled =
        graph_.node("Div", {graph_.cast(outputs_, OnnxType::float64), graph_.constant(scale, {1, std::ssize(scale)})});
    return graph_.cast(graph_.node("Add", {scaled, graph_.constant(mean, {1, std::ssize(mean)})}), type_);
  }

  /// Output `q` of each target.
  std::string column(const std::string& all, int64_t each, int64_t q) {
    if (each == 1) return all;
    std::vector<int64_t> which;
    for (int64_t k = q; k < pipeline_.outputs(); k += each) which.push_back(k);
    return graph_.node("Gather", {all, graph_.constant(which, {std::ssize(which)})}, {{"axis", int64_t{1}}});
  }

  const Pipeline& pipeline_;
  std::string outputs_;
  OnnxGraph& graph_;
  OnnxType type_;
};

}  // namespace

std::vector<std::string> onnx_output_names(const Pipeline& pipeline) {
  std::vector<std::string> names = {"prediction"};
  if (pipeline.targets.task != Task::regression) names.emplace_back("probabilities");
  if (pipeline.has_set()) names.emplace_back("set");
  if (pipeline.head.loss == Loss::quantile) names.emplace_back("quantiles");
  if (pipeline.targets.task == Task::regression && !pipeline.calibration.margins.empty())
    names.insert(names.end(), {"lower", "upper"});
  return names;
}

void add_onnx_answers(const Pipeline& pipeline, const std::string& outputs, OnnxGraph& graph) {
  AnswerBuilder answer(pipeline, outputs, graph);
  if (pipeline.targets.task == Task::classification) return answer.classes();
  if (pipeline.targets.task == Task::multilabel) return answer.labels();
  answer.numbers();
}

}  // namespace gradus
