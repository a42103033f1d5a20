#include "gradus/train.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "gradus/error.h"
#include "gradus/info.h"

#include "base/float_mode.h"
#include "base/quote.h"
#include "data/dataset.h"
#include "data/encoder.h"
#include "data/fingerprint.h"
#include "data/table_data.h"
#include "data/targets.h"
#include "data/weights.h"
#include "model/model_data.h"
#include "optim/levenberg_marquardt.h"
#include "train/calibrate.h"
#include "train/checkpointer.h"
#include "train/continue.h"
#include "train/fit.h"
#include "train/member_progress.h"
#include "train/member_splits.h"
#include "train/monotone.h"
#include "train/on_rows.h"
#include "train/prepare.h"
#include "train/run_identity.h"

namespace gradus {
namespace {

/// The columns of `table` called as the encoder's are, in the encoder's order.
std::vector<int64_t> columns_like(const Encoder& encoder, const Table& table) {
  std::vector<int64_t> columns;
  for (const ColumnEncoding& column : encoder.columns) {
    const std::optional<int64_t> found = table.find(column.name);
    if (!found)
      throw Error(
          ErrorCode::bad_data, {.file = table.source()},
          fmt::format("found no column {}, expected every column of the training data", in_quotes(column.name)));
    columns.push_back(*found);
  }
  return columns;
}

/// Throws Error(usage) without rows to measure on, Error(bad_data) where `metric` is undefined on them.
void check_metric(Metric metric, const Preparation& plan, const Table& table, std::span<const uint32_t> rows) {
  if (rows.empty())
    throw Error(ErrorCode::usage, fmt::format("--metric: found {} without validation rows, expected "
                                              "--validation-fraction above 0 or --validation",
                                              name(metric)));
  if (metric != Metric::auc) return;
  for (const TargetColumn& target : plan.targets.columns) {
    const int64_t column = *table.find(target.name);
    std::set<double> values;
    if (plan.task == Task::classification) {
      for (const int32_t label : class_indices(table, column, plan.targets, rows)) values.insert(label);
    } else {
      for (const uint32_t row : rows) values.insert(table.number(row, column));
    }
    if (values.size() > 1) return;
  }
  throw Error(ErrorCode::bad_data, {.file = table.source()},
              fmt::format("--metric auc: found one class only in the {} validation rows, expected two", rows.size()));
}

class TableTraining {
 public:
  /// `rows`: as `prepare` takes them.
  TableTraining(Table table, const Table* validation, const TrainOptions& options, std::span<const uint32_t> rows = {})
      : table_(std::move(table)), validation_(validation), options_(completed_by_model(options)), rows_(rows) {}

  Model run() {
    const FloatMode float_mode;
    check_checkpoint_options(options_);
    plan_ = prepare(table_, options_, validation_ == nullptr, rows_);
    if (validation_) validation_rows_ = rows_with_target(*validation_, validation_targets());
    if (validation_ && !plan_.targets.weights.empty())
      validation_rows_ = rows_with_weight(*validation_, plan_.targets.weights, std::move(validation_rows_));
    if (options_.calibrate == true && checked_rows().empty() && validation_rows() == 0)
      throw Error(ErrorCode::usage, "--calibrate: found no validation rows, expected some");
    if (plan_.recipe.metric)
      check_metric(*plan_.recipe.metric, plan_, validation_ ? *validation_ : table_,
                   validation_ ? validation_rows_ : pick_rows(plan_.rows, checked_rows()));
    check_memory();
    choose_threads();
    warn_of_surprises();
    model_->fingerprint = fingerprint(table_);
    if (!options_.checkpoint.empty()) take_up_checkpoint();
    tell_rows();
    announce();
    if (checkpointer_ && !checkpointer_->warning().empty()) warn(checkpointer_->warning());
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
  int64_t validation_rows() const {
    return static_cast<int64_t>(validation_ ? validation_rows_.size() : plan_.split.validation.size());
  }

  /// Of the table's own, what some network is checked on.
  std::vector<uint32_t> checked_rows() const {
    if (plan_.members.empty()) return plan_.split.validation;
    std::vector<uint32_t> all;
    for (const Split& split : plan_.members) all.insert(all.end(), split.validation.begin(), split.validation.end());
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  void warn_of_surprises() const {
    if (plan_.recipe.batch_clamped)
      warn(fmt::format("--batch-size {} is more than the {} training rows: all rows are used in every step",
                       *options_.batch_size, plan_.training_rows()));
    if (plan_.recipe.initializer == Initializer::zeros && plan_.recipe.network.ops.size() > 1)
      warn("--init zeros: the units of a hidden layer start alike and stay alike");
  }

  std::vector<int64_t> validation_targets() const {
    std::vector<int64_t> columns;
    for (const TargetColumn& target : plan_.targets.columns) {
      const std::optional<int64_t> found = validation_->find(target.name);
      if (!found)
        throw Error(ErrorCode::bad_data, {.file = validation_->source()},
                    fmt::format("found no column {}, expected the target", in_quotes(target.name)));
      columns.push_back(*found);
    }
    return columns;
  }

  /// Weights, gradients, two moments and the best weights; refused before anything of the size is allocated.
  void check_memory() const {
    const auto count = static_cast<double>(parameter_count(plan_.recipe.network));
    double bytes = 5.0 * count * (options_.precision == Precision::float64 ? 8.0 : 4.0);
    if (plan_.recipe.trainer.solver == Solver::lm)
      bytes += static_cast<double>(levenberg_marquardt_bytes(parameter_count(plan_.recipe.network)));
    const double machine = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
    if (bytes > machine)
      throw Error(ErrorCode::usage, fmt::format("--hidden: found {:.3g} parameters, whose training takes {:.3g} GB, "
                                                "expected less than this machine's {:.3g} GB",
                                                count, bytes * 1e-9, machine * 1e-9));
  }

  /// A second thread pays from some twenty million multiply-adds a shard; `threads` only says how many there may be.
  void choose_threads() {
    const auto parameters = static_cast<double>(parameter_count(plan_.recipe.network));
    const double work = parameters * static_cast<double>(plan_.recipe.trainer.batch_size) /
                        static_cast<double>(plan_.recipe.trainer.shards) *
                        (plan_.recipe.trainer.solver == Solver::lm ? parameters : 3.0);
    plan_.recipe.trainer.threads = options_.threads > 0 ? options_.threads : work > 2e7 ? hardware_threads() : 1;
  }

  void take_up_checkpoint() {
    checkpointer_.emplace(options_,
                          run_identity(options_, plan_, model_->fingerprint,
                                       validation_ ? fingerprint(*validation_) : std::string(), validation_rows_),
                          longer_run_starts_alike(plan_.recipe));
    start_.resumes = checkpointer_->found() != nullptr;
    if (start_.resumes) start_.resumed = checkpointer_->found()->history();
  }

  void tell_rows() const {
    if (!options_.on_rows) return;
    options_.on_rows({pick_rows(plan_.rows, plan_.split.training),
                      validation_ ? validation_rows_ : pick_rows(plan_.rows, plan_.split.validation),
                      pick_rows(plan_.rows, plan_.split.calibration)});
  }

  void announce() {
    if (!options_.on_start) return;
    start_.task = plan_.task;
    start_.task_reason = plan_.task_reason;
    for (const TargetColumn& target : plan_.targets.columns) start_.targets.push_back(target.name);
    start_.classes = plan_.targets.classes;
    for (const ColumnEncoding& column : plan_.encoder.columns) {
      const auto* text = std::get_if<CategoryEncoding>(&column.encoding);
      start_.columns.push_back({column.name, std::string(name(column.kind())), column.training_missing,
                                text ? static_cast<int64_t>(text->categories.size()) : 0, column.width});
    }
    start_.rows = table_.rows();
    start_.rows_without_target = table_.rows() - static_cast<int64_t>(plan_.rows.size());
    start_.training_rows = plan_.training_rows();
    start_.validation_rows = validation_rows();
    start_.calibration_rows = std::ssize(plan_.split.calibration);
    start_.network = plan_.recipe.network;
    start_.parameters = parameter_count(plan_.recipe.network);
    start_.max_epochs = plan_.recipe.epochs * plan_.recipe.members;
    start_.members = plan_.recipe.members;
    start_.weights = plan_.targets.weights;
    start_.total_weight = plan_.total_weight;
    start_.class_weights = plan_.targets.class_weights;
    start_.metric = name(plan_.recipe.metric.value_or(plan_.task == Task::regression ? Metric::r2 : Metric::accuracy));
    start_.recipe = summarize(plan_.recipe);
    start_.solver_reason = plan_.recipe.solver_reason;
    options_.on_start(start_);
  }

  template <typename T>
  void learn() {
    const Storage storage = table_.data().storage;
    const Dataset<T> data = encode_dataset<T>(std::move(table_), plan_.encoder, plan_.targets, plan_.feature_columns,
                                              plan_.target_columns, plan_.rows, plan_.label_index(), storage);
    plan_.rows = std::vector<uint32_t>();  // freed
    Dataset<T> held_out(0, plan_.encoder.width, 1);
    FitData<T> parts{data.features(),
                     data.targets(),
                     plan_.split.training,
                     data.features(),
                     data.targets(),
                     plan_.split.validation,
                     {plan_.targets.class_weights, plan_.targets.mean_weight},
                     storage,
                     &plan_.targets};
    std::vector<uint32_t> all;
    if (validation_) {
      held_out =
          encode_dataset<T>(*validation_, plan_.encoder, plan_.targets, columns_like(plan_.encoder, *validation_),
                            validation_targets(), validation_rows_, plan_.label_index(), storage);
      all.resize(validation_rows_.size());
      for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint32_t>(i);
      parts.validation_features = std::as_const(held_out).features();
      parts.validation_targets = std::as_const(held_out).targets();
      parts.validation = all;
    }
    Recipe recipe = plan_.recipe;
    // The m of lambda/2m is the rows' total weight, where a step counts rows.
    recipe.trainer.l2 *= static_cast<double>(plan_.training_rows()) / plan_.total_weight;
    recipe.trainer.l1 *= static_cast<double>(plan_.training_rows()) / plan_.total_weight;
    const HeldOutRows<T> calibration = {data.features(), data.targets(), plan_.split.calibration, storage};
    if (plan_.members.empty()) {
      learn_one<T>(parts, recipe, calibration);
    } else {
      learn_members<T>(parts, recipe, calibration);
    }
  }

  template <typename T>
  void learn_one(const FitData<T>& parts, const Recipe& recipe, const HeldOutRows<T>& calibration) {
    BasicNetwork<T> network = options_.init_model ? continued_weights<T>(options_.init_model->data(), recipe.network)
                                                  : initial_network<T>(recipe, parts.features, parts.training);
    impose_signs(network, recipe.trainer);
    FitOutcome outcome =
        fit<T>(network, parts, recipe, plan_.task, options_, checkpointer_ ? &*checkpointer_ : nullptr);
    if (!outcome.divergence.empty()) warn(outcome.divergence);
    keep(std::move(network), std::move(outcome));
    const HeldOutRows<T> validation = {parts.validation_features, parts.validation_targets, parts.validation,
                                       parts.storage};
    calibrate<T>(std::span(&validation, 1), calibration);
  }

  /// One after the other; what ends one early leaves out those after it.
  template <typename T>
  void learn_members(const FitData<T>& parts, const Recipe& recipe, const HeldOutRows<T>& calibration) {
    MemberProgress progress(options_, recipe);
    std::vector<BasicNetwork<T>> networks;
    std::vector<HeldOutRows<T>> validation;
    for (std::size_t m = 0; m < plan_.members.size() && !progress.ended(); ++m) {
      FitData<T> own = parts;
      own.training = plan_.members[m].training;
      if (validation_ == nullptr) own.validation = plan_.members[m].validation;
      Recipe one = recipe;
      one.trainer.seed = member_seed(options_.seed, static_cast<int64_t>(m));
      one.trainer.batch_size = std::min<int64_t>(one.trainer.batch_size, std::ssize(own.training));
      BasicNetwork<T> network = initial_network<T>(one, own.features, own.training);
      impose_signs(network, one.trainer);
      const FitOutcome outcome = fit<T>(network, own, one, plan_.task, progress.options());
      if (!outcome.divergence.empty()) warn(fmt::format("network {}: {}", m + 1, outcome.divergence));
      if (!progress.add(outcome)) break;
      networks.push_back(std::move(network));
      validation.push_back({own.validation_features, own.validation_targets, own.validation, own.storage});
    }
    keep(joined(std::span<const BasicNetwork<T>>(networks)), progress.outcome());
    calibrate<T>(std::span<const HeldOutRows<T>>(validation), calibration);
  }

  /// Temperatures first: sets are made of scaled probabilities.
  template <typename T>
  void calibrate(std::span<const HeldOutRows<T>> validation, const HeldOutRows<T>& calibration) {
    const int threads = plan_.recipe.trainer.threads;
    if (plan_.recipe.calibrate && !validation.front().rows.empty()) learn_temperatures<T>(*model_, validation, threads);
    if (options_.coverage) learn_coverage<T>(*model_, calibration, *options_.coverage, threads);
  }

  template <typename T>
  void keep(BasicNetwork<T> network, FitOutcome outcome) {
    model_->encoder = std::move(plan_.encoder);
    model_->targets = std::move(plan_.targets);
    model_->network = std::move(network);
    model_->options = describe(options_, plan_.recipe);
    model_->seed = options_.seed;
    model_->l2 = plan_.recipe.trainer.l2;
    model_->l1 = plan_.recipe.trainer.l1;
    model_->learning_rate = plan_.recipe.trainer.learning_rate;
    model_->training_rows = plan_.training_rows();
    model_->training_weight = plan_.total_weight;
    model_->validation_rows = validation_rows();
    model_->stop_reason = outcome.reason;
    model_->best_epoch = outcome.best_epoch;
    model_->history = std::move(outcome.history);
  }

  Table table_;
  const Table* validation_;
  const TrainOptions options_;
  std::span<const uint32_t> rows_;
  Preparation plan_;
  std::vector<uint32_t> validation_rows_;
  TrainingStart start_;
  std::optional<Checkpointer> checkpointer_;
  std::shared_ptr<ModelData> model_ = std::make_shared<ModelData>();
};

}  // namespace

Model train(Table table, const TrainOptions& options) {
  return TableTraining(std::move(table), nullptr, options).run();
}

Model train_on(const Table& table, std::span<const uint32_t> rows, const TrainOptions& options) {
  // They would all write the same one.
  if (!options.checkpoint.empty())
    throw Error(ErrorCode::usage, "--checkpoint: found with several trainings side by side, expected one");
  return TableTraining(table, nullptr, options, rows).run();
}

Model train(Table table, const Table& validation, const TrainOptions& options) {
  if (options.in_order || !options.time.empty())
    throw Error(ErrorCode::usage, fmt::format("--{}: found --validation as well, expected one of them",
                                              options.in_order ? "in-order" : "time"));
  return TableTraining(std::move(table), &validation, options).run();
}

}  // namespace gradus
