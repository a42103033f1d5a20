#include "interop/synthetic_rows.h"

#include <algorithm>
#include <span>

#include "gradus/predictor.h"

#include "base/float_mode.h"
#include "base/random.h"
#include "data/encode_cells.h"
#include "model/output_decoder.h"

namespace gradus {
namespace {

constexpr double kMissing = 0.06;
constexpr double kUnusual = 0.12;  // from kMissing up to this: outside the range, or unseen

bool whole(double value) noexcept {
  return std::fabs(value) < 1e15 && value == std::nearbyint(value);
}

/// `kind` and `place`: uniform draws.
double draw_number(const NumericEncoding& encoding, double kind, double place) {
  if (kind < kMissing) return std::numeric_limits<double>::quiet_NaN();
  double least = encoding.minimum;
  double most = encoding.maximum;
  if (!std::isfinite(least) || !std::isfinite(most)) least = most = encoding.mean;
  double value = least * (1.0 - place) + most * place;
  if (kind < kUnusual) value = place < 0.5 ? least - place * (most - least) : most + (place - 0.5) * (most - least);
  if (whole(least) && whole(most)) value = std::nearbyint(value);
  if (!encoding.wide) value = static_cast<double>(to_feature<float>(value));
  return std::isfinite(value) ? value : encoding.mean;
}

std::optional<std::string> draw_text(const CategoryEncoding& encoding, double kind, double place) {
  if (kind < kMissing) return std::nullopt;
  const auto count = encoding.categories.size();
  if (kind < kUnusual || count == 0) {
    std::string unseen = "unseen";
    while (find_category(encoding, unseen) >= 0) unseen += '_';
    return unseen;
  }
  return encoding.categories[std::min(count - 1, static_cast<std::size_t>(place * static_cast<double>(count)))];
}

template <typename T>
void encode_row(const Encoder& encoder, const RawRow& row, std::span<T> features) {
  for (std::size_t c = 0; c < row.size(); ++c) {
    const ColumnEncoding& column = encoder.columns[c];
    const auto out = features.subspan(static_cast<std::size_t>(column.first), static_cast<std::size_t>(column.width));
    if (column.kind() == ColumnKind::numeric) {
      encode_number(column, row[c].number, !std::isfinite(row[c].number), out);
    } else {
      encode_category(column, row[c].text.value_or(""), !row[c].text, out);
    }
  }
}

template <typename T>
Answer answer_of(const ModelData& model, const OutputDecoder& decoder, std::span<const T> outputs) {
  Answer answer;
  std::vector<T> probabilities(static_cast<std::size_t>(decoder.probability_count()));
  if (!probabilities.empty()) decoder.probabilities<T>(outputs, probabilities);
  for (const T p : probabilities) answer.probabilities.push_back(static_cast<double>(p));
  if (model.targets.task == Task::classification) {
    answer.label = decoder.predicted_class<T>(outputs, probabilities);
  } else if (model.targets.task == Task::multilabel) {
    for (const T p : probabilities) answer.predictions.push_back(decoder.predicted_label(p) ? 1.0 : 0.0);
  } else {
    for (int64_t k = 0; k < decoder.prediction_count(); ++k)
      answer.predictions.push_back(static_cast<double>(decoder.number(outputs, k)));
  }
  for (int64_t k = 0; k < decoder.quantile_count(); ++k)
    answer.quantiles.push_back(static_cast<double>(decoder.quantile(outputs, k)));
  for (int64_t k = 0; k < decoder.interval_count(); ++k)
    answer.intervals.push_back(static_cast<double>(decoder.interval_end(outputs, k)));
  for (std::size_t k = 0; decoder.has_set() && k < probabilities.size(); ++k)
    answer.in_set.push_back(decoder.in_set<T>(outputs, probabilities, k));
  return answer;
}

template <typename T>
std::vector<Answer> answers_of(const ModelData& model, const BasicNetwork<T>& network,
                               const std::vector<RawRow>& rows) {
  const OutputDecoder decoder(model, {});
  BasicPredictor<T> predictor(network);
  std::vector<T> features(static_cast<std::size_t>(network.inputs()));
  std::vector<T> outputs(static_cast<std::size_t>(network.outputs()));
  std::vector<Answer> all;
  for (const RawRow& row : rows) {
    encode_row<T>(model.encoder, row, features);
    predictor.predict(features, outputs);
    all.push_back(answer_of<T>(model, decoder, outputs));
  }
  return all;
}

}  // namespace

std::vector<RawRow> synthetic_rows(const Encoder& encoder, int64_t count, uint64_t seed) {
  std::vector<RawRow> rows(static_cast<std::size_t>(count), RawRow(encoder.columns.size()));
  for (std::size_t c = 0; c < encoder.columns.size(); ++c) {
    const RandomStream draws(seed, Purpose::synthetic_rows, static_cast<uint32_t>(c));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double kind = draws.uniform(2 * i);
      const double place = draws.uniform(2 * i + 1);
      if (const auto* numeric = std::get_if<NumericEncoding>(&encoder.columns[c].encoding)) {
        rows[i][c].number = draw_number(*numeric, kind, place);
      } else {
        rows[i][c].text = draw_text(std::get<CategoryEncoding>(encoder.columns[c].encoding), kind, place);
      }
    }
  }
  return rows;
}

std::vector<Answer> answers(const ModelData& model, const std::vector<RawRow>& rows) {
  const FloatMode float_mode;
  return std::visit([&](const auto& network) { return answers_of(model, network, rows); }, model.network);
}

}  // namespace gradus
