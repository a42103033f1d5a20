// Raw columns to features in ONNX: numbers all at once, texts by a LabelEncoder each.
#include <fmt/format.h>

#include <algorithm>
#include <cfloat>
#include <numeric>

#include "gradus/error.h"

#include "base/quote.h"
#include "data/encode_cells.h"
#include "interop/onnx_steps.h"

namespace gradus {
namespace {

std::string concat(const std::vector<std::string>& values, OnnxGraph& graph) {
  return values.size() == 1 ? values[0] : graph.node("Concat", values, {{"axis", int64_t{1}}});
}

/// Features in the order in which the graph makes them; `places` says where in the encoder's order each belongs.
class FeatureBuilder {
 public:
  FeatureBuilder(const Pipeline& pipeline, OnnxGraph& graph) : pipeline_(pipeline), graph_(graph) {}

  OnnxFeatures run(bool single_input) {
    if (single_input) {
      add_single_input();
    } else {
      add_inputs();
    }
    add_numbers();
    for (std::size_t c = 0; c < columns().size(); ++c)
      if (columns()[c].kind() == ColumnKind::text) add_category(columns()[c], names_[c]);
    return {in_order(concat(parts_, graph_)), std::move(inputs_)};
  }

 private:
  const std::vector<ColumnEncoding>& columns() const { return pipeline_.encoder.columns; }
  static const NumericEncoding& numeric(const ColumnEncoding& column) {
    return std::get<NumericEncoding>(column.encoding);
  }

  void add_single_input() {
    for (const ColumnEncoding& column : columns()) {
      if (column.kind() == ColumnKind::numeric && !numeric(column).wide) continue;
      throw Error(ErrorCode::usage,
                  fmt::format("--single-input: found the column {} of {}, expected columns that fit a float each",
                              in_quotes(column.name), column.kind() == ColumnKind::text ? "texts" : "wide numbers"));
    }
    const auto count = std::ssize(columns());
    narrow_ = graph_.input("columns", OnnxType::float32, count);
    inputs_.push_back({narrow_, OnnxType::float32, 0, count});
    numbers_.resize(columns().size());
    std::iota(numbers_.begin(), numbers_.end(), std::size_t{0});
  }

  void add_inputs() {
    std::vector<std::string> narrow;
    std::vector<std::string> wide;
    std::vector<std::size_t> wide_columns;
    for (std::size_t c = 0; c < columns().size(); ++c) {
      const bool text = columns()[c].kind() == ColumnKind::text;
      const bool is_wide = !text && numeric(columns()[c]).wide;
      const OnnxType type = text ? OnnxType::text : is_wide ? OnnxType::float64 : OnnxType::float32;
      names_.push_back(graph_.input(columns()[c].name, type, 1));
      inputs_.push_back({names_.back(), type, static_cast<int64_t>(c), 1});
      if (text) continue;
      (is_wide ? wide : narrow).push_back(names_.back());
      (is_wide ? wide_columns : numbers_).push_back(c);
    }
    if (!narrow.empty()) narrow_ = concat(narrow, graph_);
    if (!wide.empty()) wide_ = concat(wide, graph_);
    numbers_.insert(numbers_.end(), wide_columns.begin(), wide_columns.end());
  }

  std::string doubles(const std::vector<double>& values) { return graph_.constant(values, {1, std::ssize(values)}); }

  void add_numbers() {
    if (numbers_.empty()) return;
    std::vector<std::string> all;
    if (!narrow_.empty()) all.push_back(graph_.cast(narrow_, OnnxType::float64));
    if (!wide_.empty()) all.push_back(wide_);
    const std::string x = concat(all, graph_);
    const std::string missing = graph_.node("Or", {graph_.node("IsNaN", {x}), graph_.node("IsInf", {x})});
    std::vector<double> mean;
    std::vector<double> scale;
    std::vector<double> fill;
    std::vector<int64_t> with_indicator;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const ColumnEncoding& column = columns()[numbers_[i]];
      mean.push_back(numeric(column).mean);
      scale.push_back(numeric(column).scale);
      fill.push_back(pipeline_.single() ? static_cast<double>(fill_feature<float>(numeric(column)))
                                        : fill_feature<double>(numeric(column)));
      if (numeric(column).indicator) with_indicator.push_back(static_cast<int64_t>(i));
      places_.push_back(column.first);
    }
    const std::string centred = graph_.node("Sub", {x, doubles(mean)});
    const std::string standard = graph_.node("Mul", {centred, doubles(scale)});
    const std::string scaled = clipped(standard);
    const double most = pipeline_.single() ? static_cast<double>(FLT_MAX) : DBL_MAX;
    const std::string bounded = graph_.node("Max", {graph_.node("Min", {scaled, doubles({most})}), doubles({-most})});
    const std::string filled = graph_.node("Where", {missing, doubles(fill), bounded});
    parts_.push_back(pipeline_.single() ? graph_.cast(filled, OnnxType::float32) : filled);
    if (!with_indicator.empty()) add_indicators(missing, with_indicator);
  }

  /// y / sqrt(1 + (y/3)^2) in the columns that have it.
  std::string clipped(const std::string& y) {
    std::vector<bool> clip;
    for (const std::size_t c : numbers_) clip.push_back(numeric(columns()[c]).smooth_clip);
    if (std::find(clip.begin(), clip.end(), true) == clip.end()) return y;
    const std::string third = graph_.node("Div", {y, doubles({3.0})});
    const std::string sum = graph_.node("Add", {graph_.node("Mul", {third, third}), doubles({1.0})});
    const std::string held = graph_.node("Div", {y, graph_.node("Sqrt", {sum})});
    if (std::find(clip.begin(), clip.end(), false) == clip.end()) return held;
    return graph_.node("Where", {graph_.constant(clip, {1, std::ssize(clip)}), held, y});
  }

  void add_indicators(const std::string& missing, const std::vector<int64_t>& which) {
    const std::string flags = graph_.cast(missing, real_type(pipeline_));
    const std::string indices = graph_.constant(which, {std::ssize(which)});
    parts_.push_back(graph_.node("Gather", {flags, indices}, {{"axis", int64_t{1}}}));
    for (const int64_t i : which) places_.push_back(columns()[numbers_[static_cast<std::size_t>(i)]].first + 1);
  }

  void add_category(const ColumnEncoding& column, const std::string& input) {
    const auto& encoding = std::get<CategoryEncoding>(column.encoding);
    std::vector<std::string> keys = encoding.categories;
    std::vector<int64_t> values(keys.size());
    std::iota(values.begin(), values.end(), int64_t{0});
    keys.emplace_back();  // the empty text is a missing cell
    values.push_back(hot_feature(encoding, -1, true));
    const std::string code = graph_.node(
        "LabelEncoder", {input},
        {{"keys_strings", keys}, {"values_int64s", values}, {"default_int64", hot_feature(encoding, -1, false)}});
    if (encoding.form != CategoryEncoding::Form::one_hot) return add_code(column, encoding, code);
    std::vector<int64_t> features(static_cast<std::size_t>(column.width));
    std::iota(features.begin(), features.end(), int64_t{0});
    const std::string hot = graph_.node("Equal", {code, graph_.constant(features, {1, column.width})});
    parts_.push_back(graph_.cast(hot, real_type(pipeline_)));
    for (int64_t k = 0; k < column.width; ++k) places_.push_back(column.first + k);
  }

  /// The place of a category as one feature, or of two categories the sign and perhaps the flag of a missing cell.
  void add_code(const ColumnEncoding& column, const CategoryEncoding& encoding, const std::string& code) {
    const auto is = [&](int64_t place) {
      const std::string hot = graph_.node("Equal", {code, graph_.constant(std::vector<int64_t>{place}, {1, 1})});
      return graph_.cast(hot, real_type(pipeline_));
    };
    places_.push_back(column.first);
    if (encoding.form == CategoryEncoding::Form::index) {
      parts_.push_back(graph_.cast(code, real_type(pipeline_)));
      return;
    }
    parts_.push_back(graph_.node("Sub", {is(1), is(0)}));
    if (!encoding.indicator) return;
    parts_.push_back(is(hot_feature(encoding, -1, true)));
    places_.push_back(column.first + 1);
  }

  std::string in_order(const std::string& made) {
    if (std::is_sorted(places_.begin(), places_.end())) return made;
    std::vector<int64_t> from(places_.size());
    for (std::size_t i = 0; i < places_.size(); ++i)
      from[static_cast<std::size_t>(places_[i])] = static_cast<int64_t>(i);
    return graph_.node("Gather", {made, graph_.constant(from, {std::ssize(from)})}, {{"axis", int64_t{1}}});
  }

  const Pipeline& pipeline_;
  OnnxGraph& graph_;
  std::vector<OnnxInput> inputs_;
  std::vector<std::string> names_;    // of the inputs, column by column
  std::vector<std::size_t> numbers_;  // numeric columns, the narrow ones first
  std::string narrow_, wide_;         // their values, (N, columns)
  std::vector<std::string> parts_;    // features made so far
  std::vector<int64_t> places_;
};

}  // namespace

OnnxFeatures add_onnx_features(const Pipeline& pipeline, bool single_input, OnnxGraph& graph) {
  return FeatureBuilder(pipeline, graph).run(single_input);
}

}  // namespace gradus
