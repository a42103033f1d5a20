// A search for the options that train best on a table.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gradus/model.h"
#include "gradus/options.h"
#include "gradus/table.h"

namespace gradus {

/// What one option may be: a number from `low` to `high`, evenly or by its logarithm, or one of `choices`.
struct SearchRange {
  std::string name = {};
  double low = 0.0;
  double high = 0.0;
  bool logarithmic = false;
  bool whole = false;  ///< whole numbers only
  std::vector<std::string> choices = {};
};

/// The value of each range in a trial, in their order: names and values as text, numbers to four digits.
using Assignment = std::vector<std::pair<std::string, std::string>>;

enum class TrialState {
  done,
  diverged,  ///< judged by its last good weights all the same, but after every trial that is done
  refused,   ///< the values don't go together
};
std::string_view name(TrialState state) noexcept;

struct Trial {
  int64_t number = 0;  ///< counted from 1; with the seed it settles the values
  Assignment values = {};
  int64_t epochs = 0;  ///< allowed; 0: as many as the options say
  TrialState state = TrialState::done;
  double score = std::numeric_limits<double>::quiet_NaN();            ///< TuneResult::metric at the epoch kept
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< there
  int64_t best_epoch = 0;                                             ///< of folds their mean, rounded
  std::string message = {};                                           ///< why it was refused
};

enum class SearchMethod {
  random,   ///< every trial gets all epochs
  halving,  ///< all get few; the best 1/factor of them factor times as many; and so on up to all epochs
};

struct TuneOptions {
  std::vector<SearchRange> ranges = {};
  /// The options of a trial: those given to `tune` with the values in their place. May throw Error(usage).
  std::function<TrainOptions(const Assignment&)> apply = {};
  int64_t trials = 20;
  SearchMethod method = SearchMethod::random;
  int64_t factor = 3;  ///< of halving
  /// Judges a trial by cross-validation over so many folds, as `cross_validate` cuts them, in place of the validation
  /// rows: the metric's mean over the folds. 0: not.
  int64_t folds = 0;
  /// Where trials are kept as they end, a JSON object a line: those that are there aren't run again. Empty: nowhere.
  std::string trials_file = {};
  /// Names and values of all that a trial's outcome depends on besides the table, the ranges and the seed.
  Assignment identity = {};
  std::function<void(const Trial&)> on_trial = {};  ///< as trials end, in any order; not for those kept from before
};

struct TuneResult {
  Task task = Task::classification;
  std::string metric;          ///< by which trials were judged: options.metric, else accuracy or r2
  std::vector<Trial> trials;   ///< the best first
  std::optional<Model> model;  ///< of the best; none when no trial has one, or when interrupted before it was trained
  int64_t trials_from_file = 0;
  bool interrupted = false;
};

/// Trains trials side by side on options.threads threads (0: all) and judges each on the validation rows, the same for
/// all, or by folds; equal scores by the lower validation loss, then the lower number. The result, its model included,
/// is the same for any number of threads and however often the search was interrupted and taken up again. The model is
/// that of `train` with the trial's options, on all rows whatever the folds. Of the callbacks, `on_warning` hears what
/// the first trial finds in the table, and `should_stop` is asked, from any thread but one at a time. Throws as `train`
/// and with folds `cross_validate` do; Error(usage) when every trial is refused; and for a trials file Error(bad_data)
/// where it is damaged or of another search, naming what differs, Error(cannot_create) while another process writes it.
TuneResult tune(const Table& table, const TrainOptions& options, const TuneOptions& search);

}  // namespace gradus
