// A run that is stopped and gone on from ends in the bits of one that never stopped, wherever it was stopped.
#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/test_files.h"
#include "optim/optimizer.h"
#include "train/checkpointer.h"
#include "train/fit.h"
#include "train/run_identity.h"
#include "train/test_problem.h"

namespace gradus {
namespace {

constexpr int64_t kTrained = 60;

/// Some rows to learn, some to validate on; a batch of 16 makes 4 steps an epoch.
struct Case {
  std::string name;
  std::function<void(Recipe&)> change;
};

Recipe recipe_for(const Case& one) {
  Recipe recipe;
  recipe.network =
      multilayer(2, std::vector<HiddenLayer>{{.width = 7, .activation = Activation::tanh, .dropout = 0.2}}, 1, {});
  recipe.trainer = {.solver = Solver::adamw, .learning_rate = 0.02, .batch_size = 16, .seed = 5};
  recipe.epochs = 5;
  recipe.early_stopping = true;
  recipe.patience = 3;
  one.change(recipe);
  if (!is_elementwise(recipe.trainer.solver))
    recipe.network = multilayer(2, std::vector<HiddenLayer>{{.width = 4, .activation = Activation::tanh}}, 1, {});
  return recipe;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (std::size_t i = 0; i < names<Solver>().size(); ++i)
    all.push_back({names<Solver>()[i], [i](Recipe& r) {
                     r.trainer.solver = static_cast<Solver>(i);
                     if (r.trainer.solver != Solver::adamw) return;
                     r.trainer.weight_decay = 0.01;
                   }});
  for (std::size_t i = 0; i < names<Schedule>().size(); ++i)
    all.push_back({names<Schedule>()[i], [i](Recipe& r) {
                     r.schedule = static_cast<Schedule>(i);
                     r.schedule_settings = {.warmup = 1.0, .decay = 0.5};
                     r.tolerance = 0.5;  // so that the adaptive one falls
                     r.patience = 1;
                   }});
  all.push_back({"ema", [](Recipe& r) { r.ema = 0.9; }});
  all.push_back({"swa", [](Recipe& r) { r.swa = 0.4; }});
  all.push_back({"shards", [](Recipe& r) { r.trainer.shards = 3; }});
  all.push_back({"input noise", [](Recipe& r) { r.trainer.input_noise = 0.1; }});
  all.push_back({"clip", [](Recipe& r) { r.trainer.clip_norm = 0.1; }});
  all.push_back({"batch norm", [](Recipe& r) {
                   r.network = multilayer(
                       2,
                       std::vector<HiddenLayer>{
                           {.width = 7, .activation = Activation::tanh, .normalization = Normalization::batch}},
                       1, {});
                 }});
  return all;
}

template <typename T>
class Rows {
 public:
  Rows() {
    for (uint32_t i = 0; i < 100; ++i) (i < kTrained ? training_ : validation_).push_back(i);
  }
  FitData<T> data() const {
    return {problem_.features(), problem_.targets(), training_, problem_.features(), problem_.targets(), validation_};
  }

 private:
  Problem<T> problem_;
  std::vector<uint32_t> training_, validation_;
};

struct Ended {
  std::vector<uint64_t> weights;  // bits
  FitOutcome outcome;
};

/// `stop_at`: the question of should_stop that is answered with yes; -1: none.
template <typename T>
Ended run(const Recipe& recipe, const std::string& file, int64_t stop_at, double seconds = 1e9) {
  const Rows<T> rows;
  BasicNetwork<T> network(recipe.network);
  network.initialize(3);
  TrainOptions options;
  options.checkpoint = file;
  options.checkpoint_seconds = seconds;
  options.resume = true;
  int64_t asked = 0;
  options.should_stop = [&] { return asked++ == stop_at; };
  std::optional<Checkpointer> keeper;
  if (!file.empty()) keeper.emplace(options, OptionList{}, false);
  Ended ended;
  ended.outcome = fit<T>(network, rows.data(), recipe, Task::regression, options, keeper ? &*keeper : nullptr);
  for (const T value : std::as_const(network).parameters())
    ended.weights.push_back(std::bit_cast<uint64_t>(static_cast<double>(value)));
  return ended;
}

void expect_same(const Ended& ended, const Ended& straight) {
  EXPECT_EQ(ended.weights, straight.weights);
  EXPECT_EQ(ended.outcome.reason, straight.outcome.reason);
  EXPECT_EQ(ended.outcome.best_epoch, straight.outcome.best_epoch);
  ASSERT_EQ(ended.outcome.history.size(), straight.outcome.history.size());
  for (std::size_t i = 0; i < ended.outcome.history.size(); ++i) {
    EXPECT_EQ(ended.outcome.history[i].train_loss, straight.outcome.history[i].train_loss) << i;
    EXPECT_EQ(ended.outcome.history[i].validation_loss, straight.outcome.history[i].validation_loss) << i;
    EXPECT_EQ(ended.outcome.history[i].learning_rate, straight.outcome.history[i].learning_rate) << i;
    EXPECT_EQ(ended.outcome.history[i].step, straight.outcome.history[i].step) << i;
  }
}

template <typename T>
void expect_resumes_at_every_step() {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const Recipe recipe = recipe_for(one);
    const Ended straight = run<T>(recipe, "", -1);
    for (int64_t stop = 0; stop < 20; ++stop) {
      SCOPED_TRACE(stop);
      const TemporaryFolder folder;
      if (run<T>(recipe, folder / "c", stop).outcome.reason != StopReason::interrupted) break;
      expect_same(run<T>(recipe, folder / "c", -1), straight);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(Resume, GivesTheSameBitsFromEveryStep) {
  expect_resumes_at_every_step<float>();
}
TEST(Resume, GivesTheSameBitsFromEveryStepInDouble) {
  expect_resumes_at_every_step<double>();
}

// One step, stop, one step, stop ...
TEST(Resume, GivesTheSameBitsAfterAnyNumberOfInterruptions) {
  const Recipe recipe = recipe_for({"", [](Recipe& r) { r.ema = 0.9; }});
  const Ended straight = run<float>(recipe, "", -1);
  const TemporaryFolder folder;
  Ended ended;
  int runs = 0;
  do ended = run<float>(recipe, folder / "c", 1);
  while (ended.outcome.reason == StopReason::interrupted && ++runs < 100);
  EXPECT_EQ(runs, 19);  // 20 steps
  expect_same(ended, straight);
}

TEST(Resume, ThreadsMayDiffer) {
  Recipe recipe = recipe_for({"", [](Recipe&) {}});
  const Ended straight = run<float>(recipe, "", -1);
  const TemporaryFolder folder;
  recipe.trainer.threads = 2;
  run<float>(recipe, folder / "c", 6);
  recipe.trainer.threads = 3;
  expect_same(run<float>(recipe, folder / "c", -1), straight);
}

TEST(Resume, AFinishedRunGivesItsModelAgainWithoutAStep) {
  const Recipe recipe = recipe_for({"", [](Recipe&) {}});
  const TemporaryFolder folder;
  const Ended straight = run<float>(recipe, folder / "c", -1);
  expect_same(run<float>(recipe, folder / "c", 0), straight);
}

TEST(Resume, MoreEpochsGoOnWhereFewerEnded) {
  Recipe recipe = recipe_for({"", [](Recipe&) {}});
  recipe.patience = 100;
  const Ended straight = run<float>(recipe, "", -1);
  const TemporaryFolder folder;
  recipe.epochs = 2;
  run<float>(recipe, folder / "c", -1);
  recipe.epochs = 5;
  expect_same(run<float>(recipe, folder / "c", -1), straight);
}

TEST(Resume, TakesTheCheckpointBeforeADamagedOne) {
  const Recipe recipe = recipe_for({"", [](Recipe&) {}});
  const Ended straight = run<float>(recipe, "", -1);
  const TemporaryFolder folder;
  run<float>(recipe, folder / "c", 9, 1e-9);
  ASSERT_TRUE(std::filesystem::exists(folder / "c.previous"));
  write_bytes(folder / "c", read_bytes(folder / "c").substr(0, 500));
  TrainOptions options;
  options.checkpoint = folder / "c";
  options.resume = true;
  EXPECT_NE(Checkpointer(options, {}, false).warning().find("c.previous"), std::string::npos);
  const std::string before = read_bytes(folder / "c.previous");
  expect_same(run<float>(recipe, folder / "c", -1), straight);
  EXPECT_EQ(read_bytes(folder / "c.previous"), before);  // and not the damaged one
  write_bytes(folder / "c", "x");
  write_bytes(folder / "c.previous", "y");
  const Error neither = error_of([&] { Checkpointer(options, {}, false); });
  EXPECT_EQ(neither.code(), ErrorCode::bad_data);
  EXPECT_EQ(neither.place().file, folder / "c");
}

TEST(Resume, ASecondWriterIsRefused) {
  const TemporaryFolder folder;
  TrainOptions options;
  options.checkpoint = folder / "c";
  const Checkpointer first(options, {}, false);
  EXPECT_EQ(error_of([&] { Checkpointer(options, {}, false); }).code(), ErrorCode::cannot_create);
}

TEST(Resume, AnotherRunIsRefusedWithWhatDiffers) {
  const TemporaryFolder folder;
  TrainOptions options;
  options.checkpoint = folder / "c";
  options.resume = true;
  const std::string sum(64, 'a'), other_sum(64, 'b');
  Checkpointer(options, {{"data", sum}, {"l2", "0"}, {"epochs", "5"}, {"seed", "1"}}, false).write({}, {});
  const auto message = [&](const OptionList& here, bool may_grow) {
    return error_of([&] { Checkpointer(options, here, may_grow); }).message();
  };
  EXPECT_EQ(message({{"data", other_sum}, {"l2", "0.1"}, {"epochs", "9"}, {"ema", "0.5"}, {"seed", "1"}}, true),
            "found the checkpoint of another run, expected the same data, l2 (\"0\" there, \"0.1\" here), ema (nothing "
            "there, \"0.5\" here); without --resume a run starts anew");
  const OptionList longer = {{"data", sum}, {"l2", "0"}, {"epochs", "9"}, {"seed", "1"}};
  const OptionList shorter = {{"data", sum}, {"l2", "0"}, {"epochs", "4"}, {"seed", "1"}};
  EXPECT_NO_THROW(Checkpointer(options, longer, true));
  EXPECT_NE(message(longer, false).find("epochs (\"5\" there, \"9\" here)"), std::string::npos);
  EXPECT_NE(message(shorter, true).find("epochs (\"5\" there, \"4\" here)"), std::string::npos);
}

TEST(Resume, EpochsMayGrowWhereNoRateDependsOnThem) {
  const auto alike = [](Schedule schedule, int64_t cycle, double swa) {
    Recipe recipe;
    recipe.schedule = schedule;
    recipe.schedule_settings.cycle = cycle;
    recipe.swa = swa;
    return longer_run_starts_alike(recipe);
  };
  for (const Schedule schedule :
       {Schedule::constant, Schedule::exponential, Schedule::invscaling, Schedule::plateau, Schedule::adaptive})
    EXPECT_TRUE(alike(schedule, 0, -1.0)) << name(schedule);
  for (const Schedule schedule : {Schedule::step, Schedule::cosine, Schedule::one_cycle})
    EXPECT_FALSE(alike(schedule, 0, -1.0)) << name(schedule);
  EXPECT_TRUE(alike(Schedule::cosine, 5, -1.0));
  EXPECT_FALSE(alike(Schedule::constant, 0, 0.5));
}

TEST(Resume, EndsOfEpochsAreCounted) {
  const Recipe recipe = recipe_for({"", [](Recipe&) {}});
  const TemporaryFolder folder;
  TrainOptions options;
  options.checkpoint = folder / "c";
  options.checkpoint_epochs = 2;
  const Checkpointer keeper(options, {}, false);
  EXPECT_FALSE(keeper.due());
  EXPECT_FALSE(keeper.due_after(1));
  EXPECT_TRUE(keeper.due_after(2));
  EXPECT_TRUE(keeper.due_after(4));
}

}  // namespace
}  // namespace gradus
