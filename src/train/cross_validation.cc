#include "gradus/cross_validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <set>
#include <utility>

#include "gradus/error.h"
#include "gradus/info.h"

#include "base/quote.h"
#include "data/targets.h"
#include "model/model_data.h"
#include "model/predict_on.h"
#include "model/write_csv.h"
#include "train/folds.h"
#include "train/on_rows.h"
#include "train/prepare.h"
#include "train/row_order.h"
#include "train/side_by_side.h"

namespace gradus {
namespace {

Error too_few(const Table& table, std::string_view found, int64_t folds) {
  return {ErrorCode::bad_data, Place{table.source()},
          fmt::format("found {}, expected at least {} for --folds {}", found, folds, folds)};
}

std::vector<Split> cut(const Table& table, const TrainOptions& options, const CrossValidationOptions& validation,
                       const Preparation& roles) {
  const RowOrder order = row_order(table, options, roles.rows);
  const auto rows = std::ssize(roles.rows);
  const int64_t folds = validation.folds;
  if (rows < folds) throw too_few(table, fmt::format("{} rows to learn from", rows), folds);
  if (!order.times.empty()) {
    std::vector<Split> windows = expanding_windows(order.times, folds);
    if (windows.empty())
      throw Error(
          ErrorCode::bad_data, Place{table.source()},
          fmt::format("found too few rows or times for {} windows of time, expected rows of one time to fill no "
                      "more than one of them, or a smaller --folds",
                      folds + 1));
    return windows;
  }
  std::vector<int32_t> classes;
  if (roles.task == Task::classification && validation.stratify)
    classes = row_groups(table, roles.target_columns.front(), roles.rows);
  if (order.groups.empty()) return deal_folds(rows, classes, folds, options.seed);
  std::vector<Split> dealt = deal_groups(order.groups, classes, folds, options.seed);
  if (dealt.empty()) {
    const int32_t groups = *std::max_element(order.groups.begin(), order.groups.end()) + 1;
    throw too_few(table, fmt::format("{} groups in column \"{}\"", groups, options.group), folds);
  }
  return dealt;
}

/// Before any work is spent: what is kept must be there, and not called as a column of the answer is.
void check_kept(const Table& table, const std::vector<std::string>& keep) {
  for (const std::string& item : keep) {
    for (const int64_t column : resolve_columns(table, item)) {
      const std::string& name = table.name(column);
      const std::string first = name.substr(0, name.find(':'));
      const std::vector<std::string_view> written = {"prediction", "probability", "quantile", "lower", "upper"};
      if (name != "row" && name != "fold" && name != "set" &&
          std::find(written.begin(), written.end(), first) == written.end())
        continue;
      throw Error(ErrorCode::usage,
                  fmt::format("--keep: found {}, which is also the name of a column that is written, expected others",
                              in_quotes(name)));
    }
  }
}

/// One callback for all folds: sums their progress, passes each warning on once.
class Listener {
 public:
  Listener(const TrainOptions& options, int64_t folds)
      : options_(options), progress_(static_cast<std::size_t>(folds)) {}

  void progress(std::size_t fold, int64_t done, int64_t total) {
    const std::lock_guard lock(mutex_);
    progress_[fold] = {done, total};
    std::pair<int64_t, int64_t> sum;
    for (const auto& [rows, of] : progress_) {
      sum.first += rows;
      sum.second += of > 0 ? of : total;  // one that hasn't started will take about as long
    }
    if (options_.on_progress) options_.on_progress(sum.first, sum.second);
  }
  void ended(std::size_t fold) {
    const std::lock_guard lock(mutex_);
    progress_[fold].first = progress_[fold].second;
  }
  void warn(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (warned_.count(text) > 0) return;
    if (options_.on_warning) options_.on_warning(text);  // may throw, and then for every fold that warns
    warned_.insert(text);
  }
  void fold(const CrossValidationOptions& validation, const FoldResult& result) {
    const std::lock_guard lock(mutex_);
    if (validation.on_fold) validation.on_fold(result);
  }

 private:
  const TrainOptions& options_;
  std::mutex mutex_;
  std::vector<std::pair<int64_t, int64_t>> progress_;
  std::set<std::string> warned_;
};

class Folds {
 public:
  Folds(const Table& table, const TrainOptions& options, const CrossValidationOptions& validation)
      : table_(table), options_(options), validation_(validation), listener_(options, validation.folds) {
    if (validation.folds < 2)
      throw Error(ErrorCode::usage, fmt::format("--folds: found {}, expected at least 2", validation.folds));
    check_kept(table, validation.predict.keep);
    roles_ = assign_roles(table, options);
    splits_ = cut(table, options, validation, roles_);
    results_.resize(splits_.size());
    answers_.resize(splits_.size());
    done_.resize(splits_.size());
  }

  CrossValidation run() {
    const int threads = options_.threads > 0 ? options_.threads : hardware_threads();
    threads_each_ = std::max(1, threads / static_cast<int>(splits_.size()));
    side_by_side(
        std::ssize(splits_), threads, [this](int64_t fold) { run_fold(static_cast<std::size_t>(fold)); }, stop_);
    CrossValidation result;
    result.task = roles_.task;
    result.task_reason = roles_.task_reason;
    for (const int64_t column : roles_.target_columns) result.targets.push_back(table_.name(column));
    result.rows = std::ssize(roles_.rows);
    result.rows_without_target = table_.rows() - result.rows;
    for (std::size_t k = 0; k < results_.size(); ++k) {
      if (done_[k]) result.folds.push_back(std::move(results_[k]));
    }
    result.interrupted = result.folds.size() < results_.size();
    if (result.interrupted) return result;
    result.metrics = spreads(result.folds);
    result.predictions = gather();
    return result;
  }

 private:
  void run_fold(std::size_t k) {
    const std::vector<uint32_t> training = pick_rows(roles_.rows, splits_[k].training);
    const std::vector<uint32_t> held_out = pick_rows(roles_.rows, splits_[k].validation);
    try {
      const Model model = train_on(table_, training, fold_options(k));
      if (model.stop_reason() == StopReason::interrupted) return;
      PredictOptions predict = validation_.predict;
      predict.threads = threads_each_;
      predict.on_warning = {};
      answers_[k] = predict_on(model, table_, held_out, predict);
      record(k, model, evaluate_on(model, table_, held_out, predict));
    } catch (const Error& error) {
      throw Error(error.code(), error.place(), fmt::format("fold {}: {}", k + 1, error.message()));
    }
  }

  TrainOptions fold_options(std::size_t k) {
    TrainOptions options = options_;
    options.task = roles_.task;  // of the whole table, whatever a fold's rows would look like
    options.threads = threads_each_;
    options.should_stop = stop_;
    options.on_start = {};
    options.on_epoch = {};
    options.on_progress = [this, k](int64_t done, int64_t total) { listener_.progress(k, done, total); };
    options.on_warning = [this](const std::string& text) { listener_.warn(text); };
    return options;
  }

  void record(std::size_t k, const Model& model, Evaluation evaluation) {
    FoldResult& result = results_[k];
    result.fold = static_cast<int64_t>(k) + 1;
    result.training_rows = model.data().training_rows;
    result.validation_rows = model.data().validation_rows;
    result.epochs = std::ssize(model.history());
    result.best_epoch = model.data().best_epoch;
    result.stop_reason = model.stop_reason();
    result.evaluation = std::move(evaluation);
    done_[k] = 1;
    listener_.ended(k);
    listener_.fold(validation_, result);
  }

  static std::vector<MetricSpread> spreads(const std::vector<FoldResult>& folds) {
    std::vector<MetricSpread> all;
    for (const auto& [name, unused] : folds[0].evaluation.metrics) {
      std::vector<double> values;
      for (const FoldResult& fold : folds) {
        const double value = fold.evaluation.find(name).value_or(NAN);
        if (!std::isnan(value)) values.push_back(value);
      }
      const auto count = static_cast<double>(values.size());
      const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
      double squares = 0.0;
      for (const double value : values) squares += (value - mean) * (value - mean);
      all.push_back({name, values.empty() ? NAN : mean, values.size() < 2 ? NAN : std::sqrt(squares / (count - 1.0))});
    }
    return all;
  }

  /// The rows held out in order, each with what its fold's model says of it.
  Table gather() const {
    std::vector<std::pair<uint32_t, std::pair<std::size_t, int64_t>>> places;  // row; fold, row of its answer
    for (std::size_t k = 0; k < splits_.size(); ++k) {
      for (std::size_t i = 0; i < splits_[k].validation.size(); ++i)
        places.push_back({roles_.rows[splits_[k].validation[i]], {k, static_cast<int64_t>(i)}});
    }
    std::sort(places.begin(), places.end());
    std::vector<double> rows, folds;
    for (const auto& [row, place] : places) {
      rows.push_back(static_cast<double>(row) + 1.0);
      folds.push_back(static_cast<double>(place.first) + 1.0);
    }
    Table table;
    table.add_column("row", rows);
    table.add_column("fold", folds);
    for (const std::string& name : column_names()) {
      std::vector<double> numbers;
      std::vector<std::string> texts;
      for (const auto& [row, place] : places) {
        const Table& answer = answers_[place.first];
        const auto column = answer.find(name);
        if (column && answer.kind(*column) == ColumnKind::text) {
          texts.emplace_back(answer.text(place.second, *column));
        } else {
          numbers.push_back(column ? answer.number(place.second, *column) : 0.0);
        }
      }
      if (texts.empty()) {
        table.add_column(name, numbers);
      } else {
        table.add_column(name, texts);
      }
    }
    return table;
  }

  /// Those of the answer with the most columns; then classes that it lacks.
  std::vector<std::string> column_names() const {
    const auto most = std::max_element(answers_.begin(), answers_.end(),
                                       [](const Table& a, const Table& b) { return a.columns() < b.columns(); });
    std::vector<std::string> names;
    const auto add = [&names](const Table& answer) {
      for (int64_t c = 0; c < answer.columns(); ++c)
        if (std::find(names.begin(), names.end(), answer.name(c)) == names.end()) names.push_back(answer.name(c));
    };
    add(*most);
    for (const Table& answer : answers_) add(answer);
    return names;
  }

  const Table& table_;
  const TrainOptions& options_;
  const CrossValidationOptions& validation_;
  Listener listener_;
  std::mutex stop_mutex_;
  std::function<bool()> stop_ = [this] {
    const std::lock_guard lock(stop_mutex_);
    return options_.should_stop && options_.should_stop();
  };
  Preparation roles_;
  std::vector<Split> splits_;
  int threads_each_ = 1;
  std::vector<FoldResult> results_;
  std::vector<Table> answers_;
  std::vector<uint8_t> done_;
};

}  // namespace

CrossValidation cross_validate(const Table& table, const TrainOptions& options,
                               const CrossValidationOptions& validation) {
  return Folds(table, options, validation).run();
}

void write_predictions(const CrossValidation& result, const std::string& path) {
  write_csv(result.predictions, path);
}

}  // namespace gradus
