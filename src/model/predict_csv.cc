#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "gradus/error.h"
#include "gradus/model.h"
#include "gradus/output_file.h"

#include "base/float_mode.h"
#include "base/quote.h"
#include "data/byte_source.h"
#include "data/csv_header.h"
#include "data/csv_reader.h"
#include "data/read_table.h"
#include "model/batch_predictor.h"
#include "model/csv_row_encoder.h"
#include "model/csv_writer.h"
#include "model/model_data.h"
#include "model/output_decoder.h"
#include "model/unknown_categories.h"

namespace gradus {

namespace {

/// Passes bytes on, and tells just before it may have to wait for more of them.
class WatchedSource : public ByteSource {
 public:
  WatchedSource(ByteSource& source, std::function<void()> before_read)
      : source_(source), before_read_(std::move(before_read)) {}

  std::size_t read(std::span<char> buffer) override {
    before_read_();
    return source_.read(buffer);
  }
  void rewind() override { source_.rewind(); }
  const std::string& name() const noexcept override { return source_.name(); }
  int64_t consumed() const noexcept override { return source_.consumed(); }
  int64_t total() const noexcept override { return source_.total(); }

 private:
  ByteSource& source_;
  std::function<void()> before_read_;
};

/// Columns passed through: their places in the file's rows, and their cells of the batch at hand.
class KeptColumns {
 public:
  KeptColumns(const std::vector<std::string>& names, const std::vector<std::string>& keep,
              const std::vector<std::string>& output_names) {
    for (const std::string& item : keep) {
      const std::size_t field = find_column(names, item, "--keep");
      if (std::find(output_names.begin(), output_names.end(), names[field]) != output_names.end()) {
        throw Error(ErrorCode::usage, fmt::format("--keep: found {}, which is also the name of a column that is "
                                                  "predicted, expected others",
                                                  in_quotes(names[field])));
      }
      fields_.push_back(field);
    }
  }

  void take(const CsvReader& reader) {
    for (const std::size_t field : fields_) cells_.emplace_back(reader.fields()[field]);
  }
  void write_names(const std::vector<std::string>& names, CsvWriter& writer) const {
    for (const std::size_t field : fields_) writer.field(names[field]);
  }
  void write_row(int64_t row, CsvWriter& writer) const {
    const std::size_t first = static_cast<std::size_t>(row) * fields_.size();
    for (std::size_t k = 0; k < fields_.size(); ++k) writer.field(cells_[first + k]);
  }
  void clear() noexcept { cells_.clear(); }

 private:
  std::vector<std::size_t> fields_;
  std::vector<std::string> cells_;  // row after row
};

std::vector<std::string> output_names(const OutputDecoder& decoder) {
  std::vector<std::string> names = decoder.prediction_names();
  for (std::string& name : decoder.probability_names()) names.push_back(std::move(name));
  for (std::string& name : decoder.quantile_names()) names.push_back(std::move(name));
  for (std::string& name : decoder.interval_names()) names.push_back(std::move(name));
  if (decoder.has_set()) names.emplace_back("set");
  return names;
}

// A tab for .tsv, else a comma.
char by_name(const std::string& output) {
  const CsvOptions by_default;
  return csv_delimiter(output, by_default);
}

template <typename T>
class CsvPrediction {
 public:
  CsvPrediction(const BasicNetwork<T>& network, const ModelData& model, const PredictOptions& options,
                const CsvOptions& csv)
      : model_(model),
        options_(options),
        csv_(csv),
        parser_(csv),
        decoder_(model, options.threshold),
        predictor_(network, options.threads),
        features_(predictor_.features(predictor_.rows())),
        probabilities_(static_cast<std::size_t>(decoder_.probability_count())) {}

  PredictSummary run(const std::string& input, const std::string& output) {
    std::unique_ptr<ByteSource> source;
    source = open_source(input, {.max_expansion = csv_.max_expansion, .rewindable = false, .on_signal = [&] {
                                   report_progress(source.get());
                                 }});
    // A pipe's rows are answered before waiting for more.
    const bool pipe = source->total() == 0;
    WatchedSource watched(*source, [&] {
      report_progress(source.get());
      if (pipe) answer(true);
    });
    const char delimiter = csv_delimiter(input, csv_);
    CsvReader reader(watched, delimiter);
    open(reader, source->name(), delimiter, output);
    while (have_row_ || reader.next()) {
      have_row_ = false;
      check_width(reader, names_.size());
      encoder_->encode(reader, features_.row(waiting_));
      kept_->take(reader);
      if (++waiting_ == predictor_.rows()) answer(false);
    }
    answer(false);
    if (summary_.rows == 0) {
      throw Error(ErrorCode::bad_data, Place{.file = source->name()}, "found a header only, expected rows below it");
    }
    report_progress(source.get());
    file_->commit();
    warn_at_end(reader, source->name());
    return summary_;
  }

 private:
  void open(CsvReader& reader, const std::string& source, char delimiter, const std::string& output) {
    const auto matters = [&](std::string_view name, std::size_t number) {
      const auto& columns = model_.encoder.columns;
      return std::any_of(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; }) ||
             std::any_of(options_.keep.begin(), options_.keep.end(),
                         [&](const auto& item) { return item == name || item == std::to_string(number); });
    };
    CsvHeader header = read_header(reader, source, delimiter, csv_, matters);
    names_ = std::move(header.names);
    have_row_ = header.row_is_data;
    const Place place{.file = source, .line = 1};
    encoder_ = std::make_unique<CsvRowEncoder>(model_.encoder, names_, place, parser_, options_.strict);
    kept_ = std::make_unique<KeptColumns>(names_, options_.keep, output_names(decoder_));
    file_ = std::make_unique<OutputFile>(output);
    writer_ = std::make_unique<CsvWriter>(*file_, by_name(output));
  }

  /// `source` may still be waiting for its first bytes: null.
  void report_progress(const ByteSource* source) const {
    const int64_t consumed = source != nullptr ? source->consumed() : 0;
    if (csv_.on_progress && !csv_.on_progress(consumed, source != nullptr ? source->total() : 0)) {
      throw Error(ErrorCode::usage, "interrupted");
    }
  }

  /// Predicts and writes the rows that wait. The header goes out with the first of them.
  void answer(bool flush) {
    if (waiting_ == 0) return;
    if (summary_.rows == 0) {
      kept_->write_names(names_, *writer_);
      for (const std::string& name : output_names(decoder_)) writer_->field(name);
      writer_->end_row();
    }
    const MatrixView<const T> outputs = predictor_.run(waiting_);
    for (int64_t row = 0; row < waiting_; ++row) {
      kept_->write_row(row, *writer_);
      write_prediction(outputs.row(row));
      writer_->end_row();
    }
    kept_->clear();
    summary_.rows += waiting_;
    waiting_ = 0;
    if (flush) file_->flush();
  }

  void write_prediction(std::span<const T> outputs) {
    const TargetEncoder& targets = model_.targets;
    if (targets.task == Task::regression) {
      for (int64_t k = 0; k < decoder_.prediction_count(); ++k) writer_->number(decoder_.number(outputs, k));
      for (int64_t k = 0; k < decoder_.quantile_count(); ++k) writer_->number(decoder_.quantile(outputs, k));
      for (int64_t k = 0; k < decoder_.interval_count(); ++k) writer_->number(decoder_.interval_end(outputs, k));
      return;
    }
    decoder_.template probabilities<T>(outputs, probabilities_);
    if (targets.task == Task::classification) {
      const int32_t label = decoder_.template predicted_class<T>(outputs, probabilities_);
      writer_->field(targets.classes[static_cast<std::size_t>(label)]);
    } else {
      for (const T p : probabilities_) writer_->number(decoder_.predicted_label(p) ? 1 : 0);
    }
    for (const T p : probabilities_) writer_->number(p);
    if (decoder_.has_set()) writer_->field(decoder_.template set<T>(outputs, probabilities_));
  }

  void warn_at_end(const CsvReader& reader, const std::string& source) {
    summary_.unknown_categories = warn_of_unknown_categories(model_.encoder, encoder_->unknown(), options_.on_warning);
    if (!options_.on_warning) return;
    for (std::size_t c = 0; c < encoder_->not_finite().size(); ++c) {
      const int64_t count = encoder_->not_finite()[c];
      if (count == 0) continue;
      options_.on_warning(fmt::format("column {}: {} not finite, read as missing",
                                      in_quotes(model_.encoder.columns[c].name),
                                      count == 1 ? "1 cell is" : fmt::format("{} cells are", count)));
    }
    if (reader.blank_lines() > 0) {
      options_.on_warning(fmt::format("{}: {} blank line{} skipped", source, reader.blank_lines(),
                                      reader.blank_lines() == 1 ? "" : "s"));
    }
  }

  const ModelData& model_;
  const PredictOptions& options_;
  const CsvOptions& csv_;
  CellParser parser_;
  OutputDecoder decoder_;
  BatchPredictor<T> predictor_;
  MatrixView<T> features_;
  std::vector<T> probabilities_;
  std::vector<std::string> names_;
  bool have_row_ = false;
  int64_t waiting_ = 0;  // rows encoded and not yet answered
  PredictSummary summary_;
  std::unique_ptr<CsvRowEncoder> encoder_;
  std::unique_ptr<KeptColumns> kept_;
  std::unique_ptr<OutputFile> file_;
  std::unique_ptr<CsvWriter> writer_;
};

}  // namespace

PredictSummary predict_csv(const Model& model, const std::string& input, const std::string& output,
                           const PredictOptions& options, const CsvOptions& csv) {
  const FloatMode float_mode;
  if (input != "-" && output != "-" && same_file(input, output)) {
    throw Error(ErrorCode::usage, fmt::format("found {} as input and output, expected two files", in_quotes(output)));
  }
  const ModelData& data = model.data();
  if (const auto* network = std::get_if<BasicNetwork<float>>(&data.network)) {
    return CsvPrediction<float>(*network, data, options, csv).run(input, output);
  }
  return CsvPrediction<double>(std::get<BasicNetwork<double>>(data.network), data, options, csv).run(input, output);
}

Table read_csv_for(const Model& model, const std::string& path, const CsvOptions& options) {
  const ModelData& data = model.data();
  std::vector<WantedColumn> wanted;
  for (const ColumnEncoding& column : data.encoder.columns) {
    const auto* numeric = std::get_if<NumericEncoding>(&column.encoding);
    wanted.push_back({column.name, column.kind(), numeric != nullptr && numeric->wide, true});
  }
  // Labels as text even where they are numbers: one that is no number is a class that training never saw, no error.
  const bool text = data.targets.task == Task::classification;
  for (const TargetColumn& target : data.targets.columns) {
    wanted.push_back({target.name, text ? ColumnKind::text : ColumnKind::numeric, true, false});
  }
  const std::string& weights = data.targets.weights;
  if (!weights.empty()) wanted.push_back({weights, ColumnKind::numeric, true, false});
  return read_csv(path, options, wanted);
}

}  // namespace gradus
