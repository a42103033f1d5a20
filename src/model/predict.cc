#include <fmt/format.h>

#include <numeric>
#include <optional>
#include <utility>

#include "gradus/error.h"
#include "gradus/model.h"

#include "base/float_mode.h"
#include "data/encoder.h"
#include "data/targets.h"
#include "model/batch_predictor.h"
#include "model/model_data.h"
#include "model/output_decoder.h"
#include "model/predict_on.h"
#include "model/unknown_categories.h"

namespace gradus {

namespace {

void keep_column(const Table& from, int64_t column, std::span<const uint32_t> rows, Table& to) {
  if (from.kind(column) == ColumnKind::numeric) {
    std::vector<double> values;
    for (const uint32_t row : rows) values.push_back(from.number(row, column));
    to.add_column(from.name(column), values);
  } else {
    std::vector<std::string> values;
    for (const uint32_t row : rows) values.emplace_back(from.text(row, column));
    to.add_column(from.name(column), values);
  }
}

/// The columns of the answer, filled row by row.
class Answer {
 public:
  Answer(const ModelData& model, const OutputDecoder& decoder, int64_t rows) : model_(model), decoder_(decoder) {
    const auto size = static_cast<std::size_t>(rows);
    const bool labels = model.targets.task == Task::classification && !model.targets.numeric_classes;
    if (labels) texts_.reserve(size);
    predictions_.resize(labels ? 0 : static_cast<std::size_t>(decoder.prediction_count()));
    probabilities_.resize(static_cast<std::size_t>(decoder.probability_count()));
    quantiles_.resize(static_cast<std::size_t>(decoder.quantile_count()));
    intervals_.resize(static_cast<std::size_t>(decoder.interval_count()));
    for (auto& column : predictions_) column.reserve(size);
    for (auto& column : probabilities_) column.reserve(size);
    for (auto& column : quantiles_) column.reserve(size);
    for (const std::string& label : model.targets.classes) numbers_.push_back(labels ? 0.0 : class_number(label));
  }

  template <typename T>
  void add(std::span<const T> outputs) {
    std::vector<T> p(probabilities_.size());
    if (!p.empty()) decoder_.probabilities<T>(outputs, p);
    for (std::size_t k = 0; k < p.size(); ++k) probabilities_[k].push_back(static_cast<double>(p[k]));
    if (decoder_.has_set()) sets_.push_back(decoder_.set<T>(outputs, p));
    if (model_.targets.task == Task::classification) {
      const auto label = static_cast<std::size_t>(decoder_.predicted_class<T>(outputs, p));
      if (predictions_.empty()) {
        texts_.push_back(model_.targets.classes[label]);
      } else {
        predictions_[0].push_back(numbers_[label]);
      }
      return;
    }
    for (std::size_t k = 0; k < predictions_.size(); ++k) {
      predictions_[k].push_back(model_.targets.task == Task::multilabel
                                    ? (decoder_.predicted_label(p[k]) ? 1.0 : 0.0)
                                    : static_cast<double>(decoder_.number(outputs, static_cast<int64_t>(k))));
    }
    for (std::size_t k = 0; k < quantiles_.size(); ++k)
      quantiles_[k].push_back(static_cast<double>(decoder_.quantile(outputs, static_cast<int64_t>(k))));
    for (std::size_t k = 0; k < intervals_.size(); ++k)
      intervals_[k].push_back(static_cast<double>(decoder_.interval_end(outputs, static_cast<int64_t>(k))));
  }

  void move_into(Table& table) {
    const std::vector<std::string> names = decoder_.prediction_names();
    if (predictions_.empty()) table.add_column(names[0], texts_);
    for (std::size_t k = 0; k < predictions_.size(); ++k) table.add_column(names[k], predictions_[k]);
    const std::vector<std::string> probability_names = decoder_.probability_names();
    for (std::size_t k = 0; k < probabilities_.size(); ++k) table.add_column(probability_names[k], probabilities_[k]);
    const std::vector<std::string> quantile_names = decoder_.quantile_names();
    for (std::size_t k = 0; k < quantiles_.size(); ++k) table.add_column(quantile_names[k], quantiles_[k]);
    const std::vector<std::string> interval_names = decoder_.interval_names();
    for (std::size_t k = 0; k < intervals_.size(); ++k) table.add_column(interval_names[k], intervals_[k]);
    if (decoder_.has_set()) table.add_column("set", sets_);
  }

 private:
  const ModelData& model_;
  const OutputDecoder& decoder_;
  std::vector<double> numbers_;  // the class labels, where they are numbers
  std::vector<std::string> texts_;
  std::vector<std::vector<double>> predictions_;
  std::vector<std::vector<double>> probabilities_;
  std::vector<std::vector<double>> quantiles_;
  std::vector<std::vector<double>> intervals_;
  std::vector<std::string> sets_;
};

template <typename T>
void predict_rows(const BasicNetwork<T>& network, const ModelData& model, const Table& table,
                  std::span<const uint32_t> rows, const PredictOptions& options, Answer& answer) {
  TableEncoder encoder(model.encoder, table, options.strict);
  BatchPredictor<T> predictor(network, options.threads);
  for (int64_t first = 0; first < std::ssize(rows); first += predictor.rows()) {
    const int64_t count = std::min(predictor.rows(), std::ssize(rows) - first);
    const auto batch = rows.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    encoder.encode(batch, predictor.features(count));
    const MatrixView<const T> outputs = predictor.run(count);
    for (int64_t row = 0; row < count; ++row) answer.add<T>(outputs.row(row));
  }
  warn_of_unknown_categories(model.encoder, encoder.unknown(), options.on_warning);
}

}  // namespace

Table Model::predict(const Table& table, const PredictOptions& options) const {
  std::vector<uint32_t> rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0u);
  return predict_on(*this, table, rows, options);
}

Table predict_on(const Model& of, const Table& table, std::span<const uint32_t> rows, const PredictOptions& options) {
  const FloatMode float_mode;
  const ModelData& model = of.data();
  const OutputDecoder decoder(model, options.threshold);
  Table result;
  for (const std::string& name : options.keep) {
    for (const int64_t column : resolve_columns(table, name)) keep_column(table, column, rows, result);
  }
  Answer answer(model, decoder, std::ssize(rows));
  std::visit([&](const auto& network) { predict_rows(network, model, table, rows, options, answer); }, model.network);
  answer.move_into(result);
  return result;
}

}  // namespace gradus
