#include "gradus/train.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "gradus/error.h"

#include "data/dataset.h"
#include "data/encoder.h"
#include "data/fingerprint.h"
#include "data/targets.h"
#include "model/model_data.h"
#include "train/fit.h"
#include "train/recipe.h"
#include "train/split.h"

namespace gradus {
namespace {

/// Which rows and columns of the table play which part.
struct Roles {
  std::vector<int64_t> targets;
  std::vector<int64_t> features;
  std::vector<uint32_t> rows;  ///< those with a target
  Split split;                 ///< positions into `rows`
};

std::vector<int64_t> other_columns(const Table& table, const std::vector<int64_t>& targets) {
  std::vector<int64_t> others;
  for (int64_t column = 0; column < table.columns(); ++column)
    if (std::find(targets.begin(), targets.end(), column) == targets.end()) others.push_back(column);
  return others;
}

/// The columns of `table` called as the encoder's are, in the encoder's order.
std::vector<int64_t> columns_like(const Encoder& encoder, const Table& table) {
  std::vector<int64_t> columns;
  for (const ColumnEncoding& column : encoder.columns) {
    const std::optional<int64_t> found = table.find(column.name);
    if (!found)
      throw Error(ErrorCode::bad_data, {.file = table.source()},
                  fmt::format("found no column \"{}\", expected every column of the training data", column.name));
    columns.push_back(*found);
  }
  return columns;
}

class TableTraining {
 public:
  TableTraining(Table table, const Table* validation, const TrainOptions& options)
      : table_(std::move(table)), validation_(validation), options_(options) {}

  Model run() {
    assign_roles();
    learn_encodings();
    recipe_ = resolve(options_, {task_, training_rows(), model_->encoder.width, outputs()});
    if (recipe_.unit_targets) scale_targets_to_unit();
    if (recipe_.batch_clamped)
      warn(fmt::format("--batch-size {} is more than the {} training rows: all rows are used in every step",
                       *options_.batch_size, training_rows()));
    check_memory();
    choose_threads();
    announce();
    if (options_.precision == Precision::float64) {
      learn<double>();
    } else {
      learn<float>();
    }
    return Model(std::move(model_));
  }

 private:
  void warn(const std::string& text) const {
    if (options_.on_warning) options_.on_warning(text);
  }
  int64_t training_rows() const { return static_cast<int64_t>(roles_.split.training.size()); }
  int64_t validation_rows() const {
    return validation_ ? static_cast<int64_t>(validation_rows_.size())
                       : static_cast<int64_t>(roles_.split.validation.size());
  }
  int64_t outputs() const {
    return static_cast<int64_t>(task_ == Task::classification ? model_->targets.classes.size()
                                                              : model_->targets.columns.size());
  }
  bool label_index() const { return recipe_.network.head.loss == Loss::softmax_cross_entropy; }

  void assign_roles() {
    if (options_.target.empty()) throw Error(ErrorCode::usage, "--target: found none, expected the column to learn");
    roles_.targets = resolve_columns(table_, options_.target);
    roles_.features = other_columns(table_, roles_.targets);
    if (roles_.features.empty())
      throw Error(ErrorCode::bad_data, {.file = table_.source()},
                  "found no column besides the target, expected at least one to learn from");
    const TaskDecision decision = decide_task(table_, roles_.targets, options_.task);
    task_ = decision.task;
    start_.task_reason = decision.reason;
    roles_.rows = rows_with_target(table_, roles_.targets);
    if (roles_.rows.empty())
      throw Error(ErrorCode::bad_data, {.file = table_.source()}, "found no row with a target, expected at least one");
  }

  void learn_encodings() {
    TargetEncoder classes;
    std::vector<int32_t> labels;
    if (task_ == Task::classification) {
      classes = fit_targets(table_, roles_.targets, task_, roles_.rows);
      labels = class_indices(table_, roles_.targets.front(), classes, roles_.rows);
    }
    const double fraction = validation_ ? 0.0 : validation_fraction(options_);
    roles_.split = split_rows(static_cast<int64_t>(roles_.rows.size()), labels, fraction, options_.seed);
    const std::vector<uint32_t> training = pick_rows(roles_.rows, roles_.split.training);
    model_->encoder = fit_encoder(table_, roles_.features, training);
    model_->targets = task_ == Task::classification ? classes : fit_targets(table_, roles_.targets, task_, training);
    model_->fingerprint = fingerprint(table_);
    warn_of_constant_columns();
    if (validation_) validation_rows_ = rows_with_target(*validation_, validation_targets());
  }

  void warn_of_constant_columns() const {
    for (const ColumnEncoding& column : model_->encoder.columns) {
      const auto* numeric = std::get_if<NumericEncoding>(&column.encoding);
      if (numeric && column.training_missing == training_rows()) {
        warn(fmt::format("column \"{}\" has no value in any training row: it says nothing", column.name));
      } else if (numeric && numeric->scale == 0.0 && !numeric->indicator) {
        warn(fmt::format("column \"{}\" is constant: it says nothing", column.name));
      }
    }
  }

  std::vector<int64_t> validation_targets() const {
    std::vector<int64_t> columns;
    for (const TargetColumn& target : model_->targets.columns) {
      const std::optional<int64_t> found = validation_->find(target.name);
      if (!found)
        throw Error(ErrorCode::bad_data, {.file = validation_->source()},
                    fmt::format("found no column \"{}\", expected the target", target.name));
      columns.push_back(*found);
    }
    return columns;
  }

  /// Sigmoid outputs can't leave (0, 1): the training range is mapped onto it.
  void scale_targets_to_unit() {
    for (TargetColumn& column : model_->targets.columns) {
      const double range = column.maximum - column.minimum;
      column.mean = column.minimum;
      column.scale = range > 0.0 ? 1.0 / range : 1.0;
    }
  }

  /// Weights, gradients, two moments and the best weights; refused before anything of the size is allocated.
  void check_memory() const {
    const auto count = static_cast<double>(parameter_count(recipe_.network));
    const double bytes = 5.0 * count * (options_.precision == Precision::float64 ? 8.0 : 4.0);
    const double machine = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
    if (bytes > machine)
      throw Error(ErrorCode::usage, fmt::format("--hidden: found {:.3g} parameters, whose training takes {:.3g} GB, "
                                                "expected less than this machine's {:.3g} GB",
                                                count, bytes * 1e-9, machine * 1e-9));
  }

  /// A second thread pays from about a million multiply-adds a step; `threads` only says how many there may be.
  void choose_threads() {
    const double work =
        static_cast<double>(parameter_count(recipe_.network)) * static_cast<double>(recipe_.trainer.batch_size) * 3.0;
    const int available = std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
    recipe_.trainer.threads = options_.threads > 0 ? options_.threads : work > 2e7 ? available : 1;
  }

  void announce() {
    if (!options_.on_start) return;
    start_.task = task_;
    for (const TargetColumn& target : model_->targets.columns) start_.targets.push_back(target.name);
    start_.classes = model_->targets.classes;
    for (const ColumnEncoding& column : model_->encoder.columns) {
      const auto* text = std::get_if<CategoryEncoding>(&column.encoding);
      start_.columns.push_back({column.name, std::string(name(column.kind())), column.training_missing,
                                text ? static_cast<int64_t>(text->categories.size()) : 0, column.width});
    }
    start_.rows = table_.rows();
    start_.rows_without_target = table_.rows() - static_cast<int64_t>(roles_.rows.size());
    start_.training_rows = training_rows();
    start_.validation_rows = validation_rows();
    start_.network = recipe_.network;
    start_.parameters = parameter_count(recipe_.network);
    start_.max_epochs = recipe_.epochs;
    start_.recipe = summarize(recipe_);
    options_.on_start(start_);
  }

  template <typename T>
  void learn() {
    const Dataset<T> data = encode_dataset<T>(std::move(table_), model_->encoder, model_->targets, roles_.features,
                                              roles_.targets, roles_.rows, label_index());
    Dataset<T> held_out(0, model_->encoder.width, 1);
    FitData<T> parts{data.features(), data.targets(), roles_.split.training,
                     data.features(), data.targets(), roles_.split.validation};
    std::vector<uint32_t> all;
    if (validation_) {
      held_out =
          encode_dataset<T>(*validation_, model_->encoder, model_->targets, columns_like(model_->encoder, *validation_),
                            validation_targets(), validation_rows_, label_index());
      all.resize(validation_rows_.size());
      for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint32_t>(i);
      parts.validation_features = std::as_const(held_out).features();
      parts.validation_targets = std::as_const(held_out).targets();
      parts.validation = all;
    }
    BasicNetwork<T> network(recipe_.network);
    if (recipe_.initializer) {
      network.initialize(*recipe_.initializer, options_.seed);
    } else {
      network.initialize(options_.seed);
    }
    FitOutcome outcome = fit<T>(network, parts, recipe_, task_, options_);
    if (!outcome.divergence.empty()) warn(outcome.divergence);
    keep(std::move(network), std::move(outcome));
  }

  template <typename T>
  void keep(BasicNetwork<T> network, FitOutcome outcome) {
    model_->network = std::move(network);
    model_->options = describe(options_, recipe_);
    model_->seed = options_.seed;
    model_->l2 = recipe_.trainer.l2;
    model_->learning_rate = recipe_.trainer.learning_rate;
    model_->training_rows = training_rows();
    model_->validation_rows = validation_rows();
    model_->stop_reason = outcome.reason;
    model_->best_epoch = outcome.best_epoch;
    model_->history = std::move(outcome.history);
  }

  Table table_;
  const Table* validation_;
  const TrainOptions& options_;
  Task task_ = Task::classification;
  Roles roles_;
  std::vector<uint32_t> validation_rows_;
  Recipe recipe_;
  TrainingStart start_;
  std::shared_ptr<ModelData> model_ = std::make_shared<ModelData>();
};

}  // namespace

Model train(Table table, const TrainOptions& options) {
  return TableTraining(std::move(table), nullptr, options).run();
}

Model train(Table table, const Table& validation, const TrainOptions& options) {
  return TableTraining(std::move(table), &validation, options).run();
}

}  // namespace gradus
