#include "gradus/tune.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "gradus/cross_validation.h"
#include "gradus/train.h"

#include "base/test_files.h"

namespace gradus {
namespace {

Table table() {
  std::vector<double> x, z;
  std::vector<std::string> kind;
  for (int i = 0; i < 90; ++i) {
    const double u = std::sin(12.9898 * (i + 1)), v = std::cos(78.233 * (i + 1)), noise = std::sin(45.1 * i * i);
    x.push_back(u);
    z.push_back(v);
    kind.push_back(u * v + 0.1 * noise > 0.0 ? "a" : "b");
  }
  Table table;
  table.add_column("x", x);
  table.add_column("z", z);
  table.add_column("kind", kind);
  return table;
}

TrainOptions base(int threads = 1) {
  return {.target = "kind", .validation_fraction = 0.3, .hidden = "6 tanh", .epochs = 9, .threads = threads};
}

TrainOptions with_values(const Assignment& values, int threads = 1) {
  TrainOptions options = base(threads);
  for (const auto& [name, value] : values) {
    if (name == "learning-rate") options.learning_rate = std::stod(value);
    if (name == "hidden") options.hidden = value;
    if (name == "solver") options.solver = parse<Solver>(value, "solver");
  }
  return options;
}

TuneOptions search_of(int64_t trials, SearchMethod method = SearchMethod::random) {
  TuneOptions search;
  search.ranges = {{.name = "learning-rate", .low = 1e-4, .high = 0.3, .logarithmic = true},
                   {.name = "hidden", .choices = {"4 tanh", "8 relu", "none"}}};
  search.apply = [](const Assignment& values) { return with_values(values); };
  search.trials = trials;
  search.method = method;
  return search;
}

std::string bytes_of(const Model& model) {
  const TemporaryFolder folder;
  model.save(folder / "m");
  return read_bytes(folder / "m");
}

void expect_same(const TuneResult& a, const TuneResult& b) {
  ASSERT_EQ(a.trials.size(), b.trials.size());
  for (std::size_t k = 0; k < a.trials.size(); ++k) {
    EXPECT_EQ(a.trials[k].number, b.trials[k].number);
    EXPECT_EQ(a.trials[k].epochs, b.trials[k].epochs);
    EXPECT_EQ(a.trials[k].values, b.trials[k].values);
    EXPECT_EQ(a.trials[k].score, b.trials[k].score);
  }
  EXPECT_EQ(bytes_of(*a.model), bytes_of(*b.model));
}

TEST(Tune, TheBestTrialsModelIsWhatTrainGives) {
  const TuneResult result = tune(table(), base(), search_of(6));
  ASSERT_EQ(result.trials.size(), 6u);
  EXPECT_EQ(result.metric, "accuracy");
  double best = -1.0;
  for (const Trial& trial : result.trials) {
    const Model model = train(table(), with_values(trial.values));
    double score = NAN;
    for (const EpochRecord& record : model.history()) score = record.best ? record.validation_metric : score;
    EXPECT_EQ(trial.score, score);
    best = std::max(best, score);
  }
  EXPECT_EQ(result.trials[0].score, best);
  EXPECT_EQ(bytes_of(*result.model), bytes_of(train(table(), with_values(result.trials[0].values))));
}

TEST(Tune, TheSameForAnyThreads) {
  for (const SearchMethod method : {SearchMethod::random, SearchMethod::halving}) {
    const TuneResult one = tune(table(), base(1), search_of(7, method));
    expect_same(one, tune(table(), base(2), search_of(7, method)));
    expect_same(one, tune(table(), base(5), search_of(7, method)));
  }
}

TEST(Tune, HalvingGivesTheBestMoreEpochs) {
  const TuneResult result = tune(table(), base(), search_of(9, SearchMethod::halving));
  std::map<int64_t, std::vector<Trial>> rungs;
  for (const Trial& trial : result.trials) rungs[trial.epochs].push_back(trial);
  ASSERT_EQ(rungs.size(), 3u);
  EXPECT_EQ(rungs[1].size(), 9u);
  EXPECT_EQ(rungs[3].size(), 3u);
  EXPECT_EQ(rungs[9].size(), 1u);
  EXPECT_EQ(result.trials[0].epochs, 9);
  // Those that went on are the first of their rung, in which they stand by score.
  for (const auto& [from, to] : {std::pair(1, 3), std::pair(3, 9)}) {
    const auto& below = rungs[from];
    for (const Trial& chosen : rungs[to]) {
      const auto found =
          std::find_if(below.begin(), below.end(), [&](const Trial& trial) { return trial.number == chosen.number; });
      EXPECT_LT(found - below.begin(), std::ssize(rungs[to]));
    }
  }
  TrainOptions options = with_values(result.trials[0].values);
  EXPECT_EQ(bytes_of(*result.model), bytes_of(train(table(), options)));
}

TEST(Tune, ASearchTakenUpAgainIsTheSearchUninterrupted) {
  for (const SearchMethod method : {SearchMethod::random, SearchMethod::halving}) {
    const TemporaryFolder folder;
    TuneOptions search = search_of(9, method);
    const TuneResult whole = tune(table(), base(), search);
    search.trials_file = folder / "trials.jsonl";
    // Stopped after some trials, again after some more, then left to end.
    int64_t fresh = 0;
    for (const int64_t most : {2, 3, 1000}) {
      std::atomic<int64_t> done{0};
      search.on_trial = [&](const Trial&) { ++done; };
      TrainOptions options = base(2);
      options.should_stop = [&] { return done >= most; };
      const TuneResult part = tune(table(), options, search);
      EXPECT_EQ(part.interrupted, most < 1000);
      fresh += done;
      if (!part.interrupted) expect_same(part, whole);
    }
    EXPECT_EQ(fresh, std::ssize(whole.trials));  // none was run twice
    search.on_trial = [](const Trial&) { ADD_FAILURE() << "all are in the file"; };
    const TuneResult again = tune(table(), base(), search);
    EXPECT_EQ(again.trials_from_file, std::ssize(whole.trials));
    expect_same(again, whole);
  }
}

TEST(Tune, MoreTrialsGoOnFromFewer) {
  const TemporaryFolder folder;
  TuneOptions search = search_of(3);
  search.trials_file = folder / "trials.jsonl";
  tune(table(), base(), search);
  search.trials = 5;
  const TuneResult more = tune(table(), base(), search);
  EXPECT_EQ(more.trials_from_file, 3);
  expect_same(more, tune(table(), base(), search_of(5)));
}

TEST(Tune, AnotherTableOrRangeIsRefusedByName) {
  const TemporaryFolder folder;
  TuneOptions search = search_of(1);
  search.trials_file = folder / "trials.jsonl";
  tune(table(), base(), search);
  Table other = table();
  other.add_column("more", std::vector<double>(90, 0.5));
  EXPECT_NE(error_of([&] { tune(other, base(), search); }).message().find("expected the same data ("),
            std::string::npos);
  search.ranges[0].high = 0.2;
  EXPECT_NE(error_of([&] { tune(table(), base(), search); })
                .message()
                .find("range learning-rate (\"0.0001..0.3 log\" there, \"0.0001..0.2 log\" here)"),
            std::string::npos);
}

TEST(Tune, RefusedAndDivergedTrialsComeLast) {
  TuneOptions search = search_of(12);
  search.ranges = {{.name = "solver", .choices = {"sgd", "lbfgs"}},
                   {.name = "learning-rate", .choices = {"0.01", "1e39"}}};
  const TuneResult result = tune(table(), base(), search);
  for (const Trial& trial : result.trials) {
    const bool refused = trial.values[0].second == "lbfgs";  // it has no learning rate
    const bool diverges = trial.values[1].second == "1e39";
    EXPECT_EQ(trial.state, refused ? TrialState::refused : diverges ? TrialState::diverged : TrialState::done);
    EXPECT_EQ(trial.message.empty(), !refused);
  }
  for (std::size_t k = 1; k < result.trials.size(); ++k) EXPECT_LE(result.trials[k - 1].state, result.trials[k].state);
  EXPECT_EQ(result.trials.back().state, TrialState::refused);
  search.ranges[0].choices = {"lbfgs"};
  EXPECT_TRUE(
      error_of([&] { tune(table(), base(), search); }).message().starts_with("--learning-rate: found with solver"));
}

TEST(Tune, JudgesByTheMetricAskedFor) {
  TrainOptions options = base();
  options.metric = Metric::brier;
  TuneOptions search = search_of(5);
  search.apply = [](const Assignment& values) {
    TrainOptions trial = with_values(values);
    trial.metric = Metric::brier;
    return trial;
  };
  const TuneResult result = tune(table(), options, search);
  EXPECT_EQ(result.metric, "brier");
  for (std::size_t k = 1; k < result.trials.size(); ++k) EXPECT_LE(result.trials[k - 1].score, result.trials[k].score);
}

TEST(Tune, ByFoldsTheScoreIsWhatCrossValidationGives) {
  TuneOptions search = search_of(5);
  search.folds = 3;
  const TuneResult result = tune(table(), base(), search);
  for (const Trial& trial : result.trials) {
    const CrossValidation folds = cross_validate(table(), with_values(trial.values), {.folds = 3});
    for (const MetricSpread& metric : folds.metrics) {
      if (metric.name == "accuracy") {
        EXPECT_EQ(trial.score, metric.mean);
      }
      if (metric.name == "loss") {
        EXPECT_EQ(trial.validation_loss, metric.mean);
      }
    }
    int64_t epochs = 0;
    for (const FoldResult& fold : folds.folds) epochs += fold.best_epoch;
    EXPECT_EQ(trial.best_epoch, std::llround(static_cast<double>(epochs) / 3.0));
  }
  for (std::size_t k = 1; k < result.trials.size(); ++k) EXPECT_GE(result.trials[k - 1].score, result.trials[k].score);
  EXPECT_EQ(bytes_of(*result.model), bytes_of(train(table(), with_values(result.trials[0].values))));
  expect_same(result, tune(table(), base(5), search));
}

TEST(Tune, ByFoldsASearchGoesOnToo) {
  const TemporaryFolder folder;
  TuneOptions search = search_of(6, SearchMethod::halving);
  search.folds = 2;
  const TuneResult whole = tune(table(), base(), search);
  search.trials_file = folder / "trials.jsonl";
  std::atomic<int64_t> done{0};
  search.on_trial = [&](const Trial&) { ++done; };
  TrainOptions options = base();
  options.should_stop = [&] { return done >= 3; };
  EXPECT_TRUE(tune(table(), options, search).interrupted);
  const TuneResult rest = tune(table(), base(), search);
  EXPECT_EQ(done, std::ssize(whole.trials));
  expect_same(rest, whole);
  search.folds = 3;
  EXPECT_NE(error_of([&] { tune(table(), base(), search); }).message().find("folds (\"2\" there, \"3\" here)"),
            std::string::npos);
}

TEST(Tune, FoldsNeedNoValidationRows) {
  TuneOptions search = search_of(2);
  search.folds = 2;
  search.apply = [](const Assignment& values) {
    TrainOptions options = with_values(values);
    options.validation_fraction = 0.0;
    options.early_stopping = false;
    return options;
  };
  const TuneResult result = tune(table(), base(), search);
  EXPECT_EQ(result.trials.size(), 2u);
  EXPECT_FALSE(std::isnan(result.trials[1].score));
  search.folds = 1;
  EXPECT_EQ(error_of([&] { tune(table(), base(), search); }).message(), "--folds: found 1, expected at least 2");
  search.folds = 91;
  EXPECT_TRUE(error_of([&] { tune(table(), base(), search); }).message().starts_with("found 90 rows to learn from"));
}

TEST(Tune, RefusesWhatCannotBeJudged) {
  TuneOptions search = search_of(2);
  search.apply = [](const Assignment& values) {
    TrainOptions options = with_values(values);
    options.validation_fraction = 0.0;
    return options;
  };
  EXPECT_TRUE(
      error_of([&] { tune(table(), base(), search); }).message().starts_with("--validation-fraction: found no"));
  search = search_of(2, SearchMethod::halving);
  search.ranges.push_back({.name = "epochs", .low = 1, .high = 9, .whole = true});
  EXPECT_EQ(error_of([&] { tune(table(), base(), search); }).message(),
            "--range: found epochs with --method halving, expected --epochs, the most a trial gets");
}

}  // namespace
}  // namespace gradus
