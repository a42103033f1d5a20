#include "gradus/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "gradus/cross_validation.h"
#include "gradus/error.h"
#include "gradus/info.h"

#include "data/fingerprint.h"
#include "model/model_data.h"
#include "train/on_rows.h"
#include "train/prepare.h"
#include "train/search_space.h"
#include "train/side_by_side.h"
#include "train/trials_file.h"

namespace gradus {
namespace {

std::string range_text(const SearchRange& range) {
  if (!range.choices.empty()) {
    std::string text = range.choices[0];
    for (std::size_t k = 1; k < range.choices.size(); ++k) text += "|" + range.choices[k];
    return text;
  }
  return fmt::format("{}..{}{}{}", range.low, range.high, range.logarithmic ? " log" : "", range.whole ? " whole" : "");
}

class Search {
 public:
  Search(const Table& table, const TrainOptions& options, const TuneOptions& search)
      : table_(table), options_(options), search_(search) {
    check_ranges(search.ranges);
    if (search.ranges.empty())
      throw Error(ErrorCode::usage, "--range: found none, expected the options to search over");
    if (search.trials < 1) throw Error(ErrorCode::usage, "--trials: found none, expected at least 1");
    if (search.factor < 2)
      throw Error(ErrorCode::usage, fmt::format("--factor: found {}, expected at least 2", search.factor));
    if (search.folds < 0 || search.folds == 1)
      throw Error(ErrorCode::usage, fmt::format("--folds: found {}, expected at least 2", search.folds));
    check_epochs();
    const Preparation plan = prepare_some_trial();
    if (search.folds == 0 && plan.split.validation.empty())
      throw Error(ErrorCode::usage,
                  "--validation-fraction: found no validation rows, expected some to judge trials by, or --folds");
    task_ = plan.task;
    epochs_ = plan.recipe.epochs;
    metric_ = options.metric.value_or(task_ == Task::regression ? Metric::r2 : Metric::accuracy);
    if (!search.trials_file.empty()) file_ = std::make_unique<TrialsFile>(search.trials_file, identity());
    recall();
  }

  TuneResult run() {
    if (search_.method == SearchMethod::random) {
      run_rung(all_numbers(), 0);
    } else {
      run_halving();
    }
    return result();
  }

 private:
  using Key = std::pair<int64_t, int64_t>;  // number, epochs

  /// Without callbacks: for trials, and to look at the table.
  static TrainOptions quiet(TrainOptions options) {
    options.on_start = {};
    options.on_epoch = {};
    options.on_progress = {};
    options.on_warning = {};
    return options;
  }

  /// Halving deals epochs out itself, and must know how many there are.
  void check_epochs() const {
    if (search_.method != SearchMethod::halving) return;
    for (const SearchRange& range : search_.ranges) {
      if (range.name == "epochs" || (range.name == "preset" && !options_.epochs))
        throw Error(ErrorCode::usage,
                    fmt::format("--range: found {} with --method halving, expected {}", range.name,
                                range.name == "epochs" ? "--epochs, the most a trial gets" : "--epochs as well"));
    }
  }

  /// What all trials share, from the first whose values go together.
  Preparation prepare_some_trial() const {
    std::optional<Error> refusal;
    for (int64_t number = 1; number <= search_.trials; ++number) {
      try {
        TrainOptions options = quiet(search_.apply(draw_values(search_.ranges, options_.seed, number)));
        options.on_warning = options_.on_warning;
        return prepare(table_, options, true);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::usage) throw;
        if (!refusal) refusal = error;
      }
    }
    throw *refusal;
  }

  Assignment identity() const {
    Assignment all = {{"data", fingerprint(table_)},
                      {"version", version()},
                      {"seed", fmt::format("{}", options_.seed)},
                      {"metric", std::string(name(metric_))}};
    if (search_.folds > 0) all.emplace_back("folds", fmt::format("{}", search_.folds));
    for (const SearchRange& range : search_.ranges) all.emplace_back("range " + range.name, range_text(range));
    all.insert(all.end(), search_.identity.begin(), search_.identity.end());
    return all;
  }

  void recall() {
    if (file_ == nullptr) return;
    for (const Trial& trial : file_->trials()) {
      if (trial.values != draw_values(search_.ranges, options_.seed, trial.number))
        throw Error(ErrorCode::bad_data, Place{search_.trials_file},
                    fmt::format("found other values for trial {} than its number gives, expected a file that only "
                                "gradus tune wrote",
                                trial.number));
      known_.emplace(Key(trial.number, trial.epochs), trial);
    }
  }

  std::vector<int64_t> all_numbers() const {
    std::vector<int64_t> numbers;
    for (int64_t k = 1; k <= search_.trials; ++k) numbers.push_back(k);
    return numbers;
  }

  bool before(const Trial& a, const Trial& b) const { return ranks_before(a, b, higher_is_better(metric_)); }

  void run_halving() {
    std::vector<int64_t> numbers = all_numbers();
    for (const Rung& rung : halving_rungs(search_.trials, epochs_, search_.factor)) {
      numbers.resize(static_cast<std::size_t>(rung.trials));
      run_rung(numbers, rung.epochs);
      if (interrupted_) return;
      std::sort(numbers.begin(), numbers.end(), [&](int64_t a, int64_t b) {
        return before(known_.at({a, rung.epochs}), known_.at({b, rung.epochs}));
      });
    }
  }

  void run_rung(const std::vector<int64_t>& numbers, int64_t epochs) {
    std::vector<int64_t> fresh;
    for (const int64_t number : numbers) {
      used_.insert({number, epochs});
      if (known_.count({number, epochs}) == 0) fresh.push_back(number);
    }
    from_file_ += std::ssize(numbers) - std::ssize(fresh);
    const int threads = options_.threads > 0 ? options_.threads : hardware_threads();
    const auto jobs = std::max<int64_t>(std::ssize(fresh), 1);
    const int each = static_cast<int>(std::max<int64_t>(threads / jobs, 1));
    side_by_side(
        std::ssize(fresh), threads, [&](int64_t k) { run_trial(fresh[static_cast<std::size_t>(k)], epochs, each); },
        stop_);
    for (const int64_t number : fresh) interrupted_ = interrupted_ || known_.count({number, epochs}) == 0;
  }

  TrainOptions options_of(const Trial& trial, int threads) {
    TrainOptions options = quiet(search_.apply(trial.values));
    if (trial.epochs > 0) options.epochs = trial.epochs;
    options.threads = threads;
    options.should_stop = stop_;
    return options;
  }

  void run_trial(int64_t number, int64_t epochs, int threads) {
    Trial trial{.number = number, .values = draw_values(search_.ranges, options_.seed, number), .epochs = epochs};
    std::optional<Model> model;
    std::optional<CrossValidation> folds;
    try {
      if (search_.folds > 0) {
        folds = cross_validate(table_, options_of(trial, threads), {.folds = search_.folds});
      } else {
        model = train_on(table_, {}, options_of(trial, threads));
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::usage) throw;
      trial.state = TrialState::refused;
      trial.message = error.message();
    }
    if ((folds && folds->interrupted) || (model && model->stop_reason() == StopReason::interrupted)) return;
    if (folds) judge(*folds, trial);
    if (model) judge(*model, trial);
    keep(std::move(trial), std::move(model));
  }

  void judge(const Model& model, Trial& trial) const {
    if (model.stop_reason() == StopReason::diverged) trial.state = TrialState::diverged;
    trial.best_epoch = model.data().best_epoch;
    for (const EpochRecord& record : model.history()) {
      if (record.epoch != trial.best_epoch) continue;
      trial.score = metric_ == Metric::loss ? record.validation_loss : record.validation_metric;
      trial.validation_loss = record.validation_loss;
    }
  }

  void judge(const CrossValidation& folds, Trial& trial) const {
    double epochs = 0.0;
    for (const FoldResult& fold : folds.folds) {
      if (fold.stop_reason == StopReason::diverged) trial.state = TrialState::diverged;
      epochs += static_cast<double>(fold.best_epoch) / static_cast<double>(folds.folds.size());
    }
    trial.best_epoch = std::llround(epochs);
    for (const MetricSpread& metric : folds.metrics) {
      if (metric.name == name(metric_)) trial.score = metric.mean;
      if (metric.name == name(Metric::loss)) trial.validation_loss = metric.mean;
    }
  }

  void keep(Trial trial, std::optional<Model> model) {
    const std::lock_guard lock(mutex_);
    if (file_) file_->append(trial);
    if (search_.on_trial) search_.on_trial(trial);
    if (model && (!best_ || before(trial, best_->first))) best_.emplace(trial, *model);
    known_.emplace(Key(trial.number, trial.epochs), std::move(trial));
  }

  TuneResult result() {
    TuneResult result;
    result.task = task_;
    result.metric = name(metric_);
    result.interrupted = interrupted_;
    result.trials_from_file = from_file_;
    for (const Key& key : used_) {
      const auto found = known_.find(key);
      if (found != known_.end()) result.trials.push_back(found->second);
    }
    std::sort(result.trials.begin(), result.trials.end(),
              [this](const Trial& a, const Trial& b) { return before(a, b); });
    if (result.trials.empty()) return result;
    const Trial& first = result.trials.front();
    if (first.state == TrialState::refused && !interrupted_)
      throw Error(ErrorCode::usage, fmt::format("found no trial whose values go together, expected one; trial {}: {}",
                                                first.number, first.message));
    take_model(first, result);
    return result;
  }

  /// The best trial's model: the one at hand, or trained anew where the trial comes from the file.
  void take_model(const Trial& first, TuneResult& result) {
    if (best_ && best_->first.number == first.number && best_->first.epochs == first.epochs) {
      result.model = best_->second;
    } else if (!interrupted_ && first.state != TrialState::refused) {
      const int threads = options_.threads;
      Model model = train_on(table_, {}, options_of(first, threads));
      result.interrupted = model.stop_reason() == StopReason::interrupted;
      if (!result.interrupted) result.model = std::move(model);
    }
  }

  const Table& table_;
  const TrainOptions& options_;
  const TuneOptions& search_;
  Task task_ = Task::classification;
  Metric metric_ = Metric::accuracy;
  int64_t epochs_ = 0;
  std::unique_ptr<TrialsFile> file_;
  std::mutex mutex_;
  std::mutex stop_mutex_;
  std::function<bool()> stop_ = [this] {
    const std::lock_guard lock(stop_mutex_);
    return options_.should_stop && options_.should_stop();
  };
  std::map<Key, Trial> known_;
  std::set<Key> used_;
  std::optional<std::pair<Trial, Model>> best_;
  int64_t from_file_ = 0;
  bool interrupted_ = false;
};

}  // namespace

TuneResult tune(const Table& table, const TrainOptions& options, const TuneOptions& search) {
  return Search(table, options, search).run();
}

}  // namespace gradus
