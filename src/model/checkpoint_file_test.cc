#include "model/checkpoint_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/test_files.h"
#include "model/model_file.h"
#include "model/test_models.h"

namespace gradus {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A run's state with something of every kind.
struct State {
  std::vector<float> weights = {1.5f, -0.0f, 1e-42f};
  std::vector<double> losses = {0.1, kInfinity};
  double rate = 0.1, best = kInfinity, started = 1.0;
  int64_t steps = 42;
  bool converged = true;
  std::vector<float> none = {};

  RunState state() {
    RunState all;
    all.add("weights", std::span<float>(weights));
    all.add("losses", std::span<double>(losses));
    all.add("none", std::span<float>(none));
    all.add("rate", rate);
    all.add("best", best);
    all.add("started", started, 2.0);
    all.add("steps", steps, 100);
    all.add("converged", converged);
    return all;
  }
};

const OptionList kOptions = {{"seed", "7"}, {"loss", "\"quoted\""}};

std::vector<EpochRecord> history() {
  return {{.epoch = 1, .step = 9, .train_loss = 0.25, .validation_loss = std::nan(""), .seconds = 1.5, .best = true},
          {.epoch = 2, .step = 18, .train_loss = 0.1}};
}

std::string written(const TemporaryFolder& folder, State run = {}) {
  write_checkpoint(CheckpointNames(folder / "c"), kOptions, history(), run.state());
  return read_bytes(folder / "c");
}

TEST(CheckpointFile, GivesBackEveryBit) {
  const TemporaryFolder folder;
  written(folder);
  const Checkpoint found = Checkpoint::read(folder / "c");
  State run{.weights = {0, 0, 0}, .losses = {0, 0}, .rate = 0, .best = 0, .started = 0, .steps = 0, .converged = false};
  found.restore(run.state());
  EXPECT_EQ(run.weights, State().weights);
  EXPECT_TRUE(std::signbit(run.weights[1]));
  EXPECT_EQ(run.losses, State().losses);
  EXPECT_EQ(run.rate, 0.1);
  EXPECT_EQ(run.best, kInfinity);
  EXPECT_EQ(run.started, 1.0);
  EXPECT_EQ(run.steps, 42);
  EXPECT_TRUE(run.converged);
  EXPECT_EQ(found.run(), kOptions);
  ASSERT_EQ(found.history().size(), 2u);
  EXPECT_TRUE(found.history()[0].best);
  EXPECT_TRUE(std::isnan(found.history()[0].validation_loss));
  EXPECT_EQ(found.history()[1].step, 18);
  EXPECT_EQ(found.history()[0].seconds, 1.5);
}

TEST(CheckpointFile, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  const std::string whole = written(folder);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(error_of([&] { Checkpoint(whole.substr(0, size), "c"); }).code(), ErrorCode::bad_data) << size;
  EXPECT_EQ(error_of([&] { Checkpoint(whole + "x", "c"); }).code(), ErrorCode::bad_data);
}

TEST(CheckpointFile, EveryFlippedBitIsRefused) {
  const TemporaryFolder folder;
  const std::string whole = written(folder);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(error_of([&] { Checkpoint(changed, "c"); }).code(), ErrorCode::bad_data) << bit;
  }
}

/// The error of reading and restoring `bytes`, `from` replaced by `to` of the same length and the sum made good.
std::string refusal(std::string bytes, const std::string& from, const std::string& to) {
  const std::size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  EXPECT_EQ(from.size(), to.size());
  bytes.replace(at, from.size(), to);
  bytes.replace(kSumOffset, kSumSize, model_sum(bytes));
  State run;
  return error_of([&] { Checkpoint(bytes, "c").restore(run.state()); }).message();
}

TEST(CheckpointFile, AForgedStateIsRefusedByName) {
  const TemporaryFolder folder;
  const std::string whole = written(folder);
  EXPECT_NE(refusal(whole, R"(\"steps\":42)", R"(\"steps\":-2)").find("state.steps"), std::string::npos);
  EXPECT_NE(refusal(whole, R"(\"started\":1.0)", R"(\"started\":9.0)").find("from 0 to 2"), std::string::npos);
  EXPECT_NE(refusal(whole, R"(\"started\":1.0)", R"(\"started\":0.5)").find("from 0 to 2"), std::string::npos);
  EXPECT_NE(refusal(whole, R"(\"converged\":true)", R"(\"converged\":1234)").find("state.converged"),
            std::string::npos);
  EXPECT_NE(refusal(whole, R"(\"rate\")", R"(\"rite\")").find("rate"), std::string::npos);
  EXPECT_NE(refusal(whole, R"("weights":)", R"("wrights":)").find("weights"), std::string::npos);
  EXPECT_NE(refusal(whole, R"("history":)", R"("mystery":)").find("history"), std::string::npos);
  EXPECT_NE(refusal(whole, R"(\"major\":1)", R"(\"major\":2)").find("format 1.x"), std::string::npos);
}

TEST(CheckpointFile, AnotherSizeOrPrecisionIsRefused) {
  const TemporaryFolder folder;
  const std::string whole = written(folder);
  State longer;
  longer.weights.push_back(0.0f);
  EXPECT_EQ(error_of([&] { Checkpoint(whole, "c").restore(longer.state()); }).code(), ErrorCode::bad_data);
  std::vector<double> doubles = {1.0, 2.0, 3.0};
  RunState state;
  state.add("weights", std::span<double>(doubles));
  EXPECT_EQ(error_of([&] { Checkpoint(whole, "c").restore(state); }).code(), ErrorCode::bad_data);
}

TEST(CheckpointFile, IsNoModelAndAModelIsNoCheckpoint) {
  const TemporaryFolder folder;
  written(folder);
  EXPECT_NE(error_of([&] { read_model(folder / "c"); }).message().find("found a checkpoint"), std::string::npos);
  write_model(small_regression(), folder / "m");
  EXPECT_NE(error_of([&] { Checkpoint::read(folder / "m"); }).message().find("found a model"), std::string::npos);
}

}  // namespace
}  // namespace gradus
